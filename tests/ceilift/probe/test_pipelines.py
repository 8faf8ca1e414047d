"""A notification agent's pipelines: of its own files, or of those that its release brings."""

from __future__ import annotations

import hashlib

import pytest

from ceilift.config_files import Options
from ceilift.pipeline import Pipelines
from ceilift.probe.pipelines import DEFAULT_SECRET, PACKAGED, pipelines_of
from ceilift.probe.records import File
from tests.ceilift.probe.test_host import LIBS, NEW, OLD, Host

CONF = "/etc/ceilometer/ceilometer.conf"
PYTHON = "/lib/python3.11"


def pipeline(name: str, key: str = "meters") -> str:
    return (
        f"sources: [{{name: {name}, {key}: ['*'], sinks: [{name}]}}]\n"
        f"sinks: [{{name: {name}, publishers: ['notifier://']}}]\n"
    )


FILES = {
    "/etc/ceilometer/pipeline.yaml": pipeline("usual"),
    "/etc/ceilometer/own.yaml": pipeline("own"),
    "/etc/other/own.yaml": pipeline("other"),
    "/etc/ceilometer/event_pipeline.yaml": pipeline("event", "events"),
    f"{NEW}{PYTHON}{PACKAGED}pipeline.yaml": pipeline("packaged"),
    f"{NEW}{PYTHON}{PACKAGED}event_pipeline.yaml": pipeline("packaged", "events"),
    f"{NEW}0{PYTHON}{PACKAGED}pipeline.yaml": pipeline("wrong"),
}


def seen(text: str = "", *missing: str, folder: str = NEW, also: str = "") -> Pipelines:
    files = {name: File(text, 0.0) for name, text in FILES.items() if name not in missing}
    return pipelines_of(files, [CONF, also] if also else [CONF], Options(text), folder)


def names(found: Pipelines) -> list[str]:
    return [pipe.name for pipe in found.pipes]


@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("", "usual"),
        ("pipeline_cfg_file = own.yaml", "own"),
        ("pipeline_cfg_file = /etc/other/own.yaml", "other"),
    ],
)
def test_the_file_that_the_configuration_names(option: str, name: str) -> None:
    found = seen(f"[DEFAULT]\n{option}\n")

    assert names(found) == ["event:event", name]
    assert (found.origin, found.fault) == ("file", "")


def test_the_last_of_several_configuration_files_is_where_it_is_looked_for_first() -> None:
    found = seen("[DEFAULT]\npipeline_cfg_file = own.yaml\n", also="/etc/other/x.conf")

    assert names(found) == ["event:event", "other"]


def test_what_the_release_brings_stands_in_for_a_missing_file() -> None:
    found = seen("", "/etc/ceilometer/event_pipeline.yaml")

    assert (names(found), found.origin) == (["event:packaged", "usual"], "packaged")


def test_a_release_that_brings_none_lacks_it() -> None:
    found = seen("", "/etc/ceilometer/pipeline.yaml", folder=OLD)

    assert (names(found), found.origin) == (["event:event"], "missing")
    assert found.fault == "pipeline.yaml: is missing or empty"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("", DEFAULT_SECRET),
        ("[publisher]\ntelemetry_secret = new\nmetering_secret = old\n", "new"),
        ("[DEFAULT]\nmetering_secret = old\n", "old"),
        ("[publisher_rpc]\nmetering_secret = old\n", "old"),
        ("[publisher]\nmetering_secret = old\n", "old"),
    ],
)
def test_only_a_digest_of_the_secret_is_kept(text: str, secret: str) -> None:
    found = seen(text)

    assert found.secret_digest == hashlib.sha256(secret.encode()).hexdigest()


def test_signing_that_is_off_has_no_digest() -> None:
    assert seen("[publisher]\ntelemetry_secret =\n").secret_digest == ""


@pytest.mark.parametrize(("value", "count"), [("4", 4), ("", 10), ("many", 10)])
def test_the_number_of_queues(value: str, count: int) -> None:
    text = f"[notification]\npipeline_processing_queues = {value}\n"

    assert seen(text).processing_queues == count


REFRESH = """\
[DEFAULT]
refresh_pipeline_cfg = True
refresh_event_pipeline_cfg = yes
[publisher]
telemetry_secret = hunter2
"""


def agent(unit: str, release: str = OLD) -> Host:
    host = Host().program(unit, release)
    host.file(CONF, REFRESH)
    for name, text in FILES.items():
        host.file(name, text.replace("notifier://", "https://me:hunter3@host"))
    return host


def test_a_notification_agent_has_pipelines_and_no_secret() -> None:
    found = agent("ceilometer-agent-notification").one()
    config = found.config

    assert config.pipelines is not None
    assert names(config.pipelines) == ["event:event", "usual"]
    assert (config.refresh_pipeline_cfg, config.refresh_event_pipeline_cfg) == (True, True)
    assert "hunter" not in repr(found)


def test_other_agents_have_none() -> None:
    config = agent("ceilometer-collector").one().config

    assert (config.pipelines, config.refresh_pipeline_cfg) == (None, False)


def test_an_agent_whose_configuration_was_not_read_has_none() -> None:
    assert Host().program("ceilometer-agent-notification").one().config.pipelines is None


MASTER = f"ceilometer-agent-notification: master process [{NEW}/bin/x --config-file {CONF}]"


def test_a_running_agent_has_the_pipelines_of_the_release_that_it_runs() -> None:
    host = Host().program("ceilometer-agent-notification").file(CONF, "")
    for name, text in FILES.items():
        if not name.startswith("/etc/ceilometer"):
            host.file(name, text)
    stopped = host.one().config.pipelines
    running = host.process(20, MASTER, loaded=NEW + LIBS).one().config.pipelines

    assert stopped is not None
    assert running is not None
    assert (stopped.origin, running.origin) == ("missing", "packaged")
