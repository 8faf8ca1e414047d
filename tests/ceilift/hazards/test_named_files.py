"""What options name: compared with what the releases bring, and told where it is not there."""

from __future__ import annotations

from collections.abc import Callable

from ceilift.host_files import ConfigFile, HostFiles, NamedFile
from ceilift.packages import load_package
from ceilift.pipeline import read_pipelines
from ceilift.plan_files import FileKind, NewFile
from ceilift.state import NewFiles
from tests.cases import not_told, told
from tests.crossing import EVENTS, going, pipeline
from tests.troubled import BLOCKER, INFO, WARNING, Cloud, Fires, Silent

OLD, NEW = "25.0.0", "26.0.0"
EVENTS_OPTION, RESOURCES = "definitions_cfg_file", "resources_definition_file"
METERS, PIPELINE = "meter_definitions_dirs", "pipeline_cfg_file"
ROOTWRAP = ("9.0.7", "27.0.0")  # between which rootwrap.conf changes
BOTH = "on ctl1, ctl2"
GIVEN = NewFile(FileKind.PIPELINE, "/new.yaml", "d")


def packaged(release: str, name: str) -> str:
    package = load_package(release)
    assert package is not None
    return next(digest for path, digest in package.files.items() if path.endswith(f"/{name}"))


def naming(
    *files: NamedFile, pair: tuple[str, str] = (OLD, NEW), store: str = "gnocchi", option: str = ""
) -> Callable[[], Cloud]:
    configs = (ConfigFile("/etc/ceilometer/ceilometer.conf", (option,)),) if option else ()
    found = HostFiles(configs, named=files)
    return lambda: going(*pair, store).host("ctl1", files=found).host("ctl2", files=found)


def copy(option: str, path: str, name: str, of: str = OLD) -> NamedFile:
    return NamedFile(option, path, "file", packaged(of, name))


def gone(option: str, path: str = "/nowhere/x.yaml", there: str = "missing") -> NamedFile:
    return NamedFile(option, path, there)


def given_anew() -> Cloud:
    new = NewFiles(pipeline=read_pipelines(pipeline("gnocchi://"), EVENTS))
    return naming(gone(PIPELINE))().asked(to=NEW, files=(GIVEN,)).seen(new_files=new)


FIRES: Fires = {
    "the old release's, under another name": (
        naming(copy(RESOURCES, "/srv/r.yaml", "gnocchi_resources.yaml")),
        "data-file-outdated",
        WARNING,
        f"/srv/r.yaml {BOTH}",
    ),
    "the old release's own folder": (
        naming(copy(METERS, "/opt/ceilometer/25.0.0/meters.yaml", "meters.yaml")),
        "data-file-outdated",
        WARNING,
        f"/opt/ceilometer/25.0.0/meters.yaml {BOTH}",
    ),
    "the operator's own": (
        naming(NamedFile(EVENTS_OPTION, "/srv/e.yaml", "file", "0" * 64)),
        "data-file-customised",
        INFO,
        f"/srv/e.yaml {BOTH}",
    ),
    "an older rootwrap": (
        naming(copy("rootwrap_config", "/etc/r", "rootwrap.conf", "9.0.7"), pair=ROOTWRAP),
        "data-file-outdated",
        WARNING,
        f"/etc/r {BOTH}",
    ),
    "definitions that are not there": (
        naming(gone(EVENTS_OPTION)),
        "data-file-missing",
        WARNING,
        f"/nowhere/x.yaml {BOTH}",
    ),
    "a folder that is closed to the agents": (
        naming(gone("pollsters_definitions_dirs", "/srv/p", "closed")),
        "data-file-missing",
        WARNING,
        f"/srv/p {BOTH}",
    ),
    "a pipeline that is not there": (
        naming(gone(PIPELINE)),
        "data-file-missing",
        BLOCKER,
        f"/nowhere/x.yaml {BOTH}",
    ),
    "a name that is found nowhere": (
        naming(gone(PIPELINE, "own.yaml")),
        "data-file-missing",
        BLOCKER,
        f"own.yaml {BOTH}",
    ),
}
SILENT: Silent = {
    "the target's": (
        naming(copy(RESOURCES, "/srv/r.yaml", "gnocchi_resources.yaml", NEW)),
        "data-file-outdated",
    ),
    "resources of a store that is not used": (
        naming(copy(RESOURCES, "/srv/r.yaml", "gnocchi_resources.yaml"), store="other"),
        "data-file-outdated",
    ),
    "definitions of their own, beside": (
        naming(NamedFile(METERS, "/srv/m/own.yaml", "file", "0" * 64)),
        "data-file-customised",
    ),
    "there": (naming(copy(EVENTS_OPTION, "/srv/e", "event_definitions.yaml")), "data-file-missing"),
    "the packaged pipeline, by its usual name": (
        naming(gone(PIPELINE, "pipeline.yaml")),
        "data-file-missing",
    ),
    "a pipeline that is given anew": (given_anew, "data-file-missing"),
    "an option that the target has not": (
        naming(gone("meter_definitions_file"), pair=("18.1.0", "19.1.0")),
        "data-file-missing",
    ),
    "no dynamic pollsters yet": (
        naming(gone("pollsters_definitions_dirs"), pair=("12.1.1", "13.1.2")),
        "data-file-missing",
    ),
}


test_it_is_told = told(FIRES)
test_it_is_not_told = not_told(SILENT)


def test_the_option_is_what_is_to_be_taken_out() -> None:
    option = "[event] definitions_cfg_file"
    file = copy(EVENTS_OPTION, "/srv/e.yaml", "event_definitions.yaml", "22.0.1")

    cloud = naming(file, pair=("22.0.1", "23.0.2"), option=option)()

    (finding,) = cloud.found("data-file-outdated")

    assert finding.remedy.startswith(f"Take {option} out when all agents run 23.0.2")
