"""Publishers, data files and programs that the target has not, or has otherwise."""

from __future__ import annotations

from ceilift.host_files import Call, ConfigFile, DataFile, HostFiles
from ceilift.packages import load_package
from ceilift.pipeline import read_pipelines
from ceilift.plan_files import FileKind, NewFile
from ceilift.state import NewFiles
from tests.cases import not_told, told
from tests.crossing import EVENTS, going, notifying, pipeline, publishing
from tests.troubled import BLOCKER, INFO, WARNING, Cloud, Fires, Silent

FOLDER = "/etc/ceilometer"


def packaged(release: str, name: str) -> str:
    package = load_package(release)
    assert package is not None
    return next(digest for path, digest in package.files.items() if path.endswith(f"/{name}"))


def keeping(cloud: Cloud, name: str, digest: str, *options: str) -> Cloud:
    for host in ("ctl1", "ctl2"):
        configs = (ConfigFile(f"{FOLDER}/ceilometer.conf", options),) if options else ()
        files = HostFiles(configs, data=(DataFile(f"{FOLDER}/{name}", digest),))
        cloud = cloud.host(host, files=files)
    return cloud


def copied(old: str, new: str, name: str, of: str, *options: str, store: str = "gnocchi") -> Cloud:
    """A cloud with a copy of what the release `of` brings."""
    return keeping(going(old, new, store), name, packaged(of, name.rpartition("/")[2]), *options)


def calling(old: str, new: str, path: str, program: str) -> Cloud:
    files = HostFiles(calls=(Call(path, program),))
    return going(old, new).host("ctl1", files=files).host("ctl2", files=files)


def pipeline_of(old: str, new: str, of: str) -> Cloud:
    path, digest = f"{FOLDER}/pipeline.yaml", packaged(of, "pipeline.yaml")
    return notifying(going(old, new), pipeline_path=path, pipeline_digest=digest)


RESOURCES, DEFINITIONS = "gnocchi_resources.yaml", "event_definitions.yaml"
CRON = "/etc/cron.d/ceilometer"
BOTH = "on ctl1, ctl2"
GIVEN = NewFile(FileKind.PIPELINE, "/new.yaml", "d")
NEW_FILE = NewFiles(pipeline=read_pipelines(pipeline("gnocchi://"), EVENTS))
FIRES: Fires = {
    "the only publisher goes": (
        lambda: publishing("21.0.1", "22.0.1", "monasca://host"),
        "publisher-removed",
        BLOCKER,
        "ctl1, ctl2",
    ),
    "one of two goes": (
        lambda: publishing("21.0.1", "22.0.1", "monasca://host", "gnocchi://"),
        "publisher-removed",
        WARNING,
        "ctl1, ctl2",
    ),
    "a copy of the old release's": (
        lambda: copied("25.0.0", "26.0.0", RESOURCES, "25.0.0"),
        "data-file-outdated",
        WARNING,
        f"{FOLDER}/{RESOURCES} {BOTH}",
    ),
    "a copy in the folder of definitions": (
        lambda: copied("25.0.0", "26.0.0", "meters.d/meters.yaml", "25.0.0"),
        "data-file-outdated",
        WARNING,
        f"{FOLDER}/meters.d/meters.yaml {BOTH}",
    ),
    "one of the operator's own": (
        lambda: keeping(going("25.0.0", "26.0.0"), DEFINITIONS, "0" * 64),
        "data-file-customised",
        INFO,
        f"{FOLDER}/{DEFINITIONS} {BOTH}",
    ),
    "a pipeline as it was shipped": (
        lambda: pipeline_of("8.1.5", "9.0.7", "8.1.5"),
        "data-file-outdated",
        WARNING,
        f"{FOLDER}/pipeline.yaml {BOTH}",
    ),
    "a program for old samples": (
        lambda: calling("9.0.7", "10.0.1", CRON, "ceilometer-expirer"),
        "script-removed",
        WARNING,
        f"{CRON} {BOTH}",
    ),
    "the former name of the migration": (
        lambda: calling("7.1.1", "8.1.5", "/etc/systemd/system/x.service", "ceilometer-dbsync"),
        "script-removed",
        WARNING,
        f"/etc/systemd/system/x.service {BOTH}",
    ),
}
SILENT: Silent = {
    "publishers that stay": (
        lambda: publishing("21.0.1", "22.0.1", "gnocchi://", "file:///x"),
        "publisher-removed",
    ),
    "a plug-in's publisher, which no package has": (
        lambda: publishing("21.0.1", "22.0.1", "ours://x"),
        "publisher-removed",
    ),
    "before it goes": (
        lambda: publishing("20.0.0", "21.0.1", "monasca://host"),
        "publisher-removed",
    ),
    "a given pipeline without it": (
        lambda: (
            publishing("21.0.1", "22.0.1", "monasca://host")
            .asked(to="22.0.1", files=(GIVEN,))
            .seen(new_files=NEW_FILE)
        ),
        "publisher-removed",
    ),
    "already the target's": (
        lambda: copied("25.0.0", "26.0.0", RESOURCES, "26.0.0"),
        "data-file-outdated",
    ),
    "the same in both releases": (
        lambda: copied("16.0.1", "17.0.2", RESOURCES, "16.0.1"),
        "data-file-outdated",
    ),
    "own, and the same in both releases": (
        lambda: keeping(going("16.0.1", "17.0.2"), RESOURCES, "0" * 64),
        "data-file-customised",
    ),
    "of a store that is not used": (
        lambda: copied("25.0.0", "26.0.0", RESOURCES, "25.0.0", store="other"),
        "data-file-outdated",
    ),
    "another file may be named": (
        lambda: copied("25.0.0", "26.0.0", DEFINITIONS, "25.0.0", "[event] definitions_cfg_file"),
        "data-file-outdated",
    ),
    "a place that is not read any more": (
        lambda: copied("25.0.0", "26.0.0", "meters.yaml", "25.0.0"),
        "data-file-outdated",
    ),
    "nothing is known of the old files": (
        lambda: keeping(going("7.1.1", "8.1.5"), DEFINITIONS, "0" * 64),
        "data-file-customised",
    ),
    "a pipeline that is given anew": (
        lambda: pipeline_of("8.1.5", "9.0.7", "8.1.5").asked(to="9.0.7", files=(GIVEN,)),
        "data-file-outdated",
    ),
    "a program that stays": (
        lambda: calling("9.0.7", "10.0.1", CRON, "ceilometer-upgrade"),
        "script-removed",
    ),
    "an agent, whose unit is switched": (
        lambda: calling("9.0.7", "10.0.1", CRON, "ceilometer-collector"),
        "script-removed",
    ),
    "gone before": (
        lambda: calling("16.0.1", "17.0.2", CRON, "ceilometer-expirer"),
        "script-removed",
    ),
}


test_it_is_told = told(FIRES)
test_it_is_not_told = not_told(SILENT)


def test_what_the_targets_own_file_brings_is_told() -> None:
    (finding,) = copied("25.0.0", "26.0.0", RESOURCES, "25.0.0").found("data-file-outdated")

    assert "is that of 25.0.0, unchanged" in finding.what
    assert "dns_zone: dns.zone.status" in finding.what
    assert "Remove it when all agents run 26.0.0" in finding.remedy


def test_a_polling_file_is_replaced_and_not_removed() -> None:
    """No release falls back to a polling file of its own (T12)."""
    digest = packaged("20.0.0", "polling.yaml")
    cloud = going("20.0.0", "21.0.1").polling(
        polling_digest=digest, polling_path=f"{FOLDER}/polling.yaml"
    )

    (finding,) = cloud.found("data-file-outdated")

    assert "with volume.backup.size" in finding.what
    assert "/opt/ceilometer/21.0.1/etc/ceilometer/polling.yaml" in finding.remedy


def test_who_published_by_the_old_pipeline_may_go_on() -> None:
    (finding,) = pipeline_of("8.1.5", "9.0.7", "8.1.5").found("data-file-outdated")

    assert finding.remedy.startswith("Nothing, if agents shall publish as before; else: remove it")
