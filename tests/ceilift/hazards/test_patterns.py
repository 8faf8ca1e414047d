"""Polling files before another release: T11, and meters that come or go on the full path."""

from __future__ import annotations

from ceilift.plan_files import FileKind, NewFile
from ceilift.pollsters import PollingFile, PollingSource, PollstersSeen
from ceilift.state import NewFiles
from tests.cases import not_told, told
from tests.clouds import Field
from tests.crossing import going
from tests.troubled import INFO, WARNING, Cloud, Fires, Silent

FILE = "/etc/ceilometer/polling.yaml"
SNMP = "hardware.cpu.load.1min"


def source(*meters: str) -> PollingSource:
    return PollingSource("s", 10.0, meters)


def polling(old: str, new: str, *meters: str) -> Cloud:
    return going(old, new).polling(polling_sources=(source(*meters),), polling_file=FILE)


def loads(release: str, *names: str) -> PollstersSeen:
    return PollstersSeen("ctl1", release, ("central",), names)


def asked(old: tuple[str, ...], new: tuple[str, ...], *meters: str, **request: Field) -> Cloud:
    cloud = polling("16.0.1", "17.0.2", *meters)
    seen = (loads("16.0.1", *old), loads("17.0.2", *new))
    return cloud.seen(pollsters=seen).asked(**{"to": "17.0.2", **request})


GIVEN = NewFile(FileKind.POLLING, "/new.yaml", "d")
NEW_FILE = NewFiles(polling=PollingFile((source("image.size"),)))
FIRES: Fires = {
    "a name that is gone": (
        lambda: polling("18.1.0", "19.1.0", SNMP, "image.size"),
        "T11",
        WARNING,
        f"{FILE} on ctl1, ctl2",
    ),
    "a pattern that is left with nothing": (
        lambda: polling("18.1.0", "19.1.0", "hardware.*"),
        "T11",
        WARNING,
        f"{FILE} on ctl1, ctl2",
    ),
    "on the partial path, too": (
        lambda: asked(("cpu", "disk"), ("cpu",), "cpu", "disk", path="partial"),
        "T11",
        WARNING,
        f"{FILE} on ctl1, ctl2",
    ),
    "meters of a wildcard": (
        lambda: polling("18.1.0", "19.1.0", "*"),
        "meters-gone",
        WARNING,
        "ctl1, ctl2",
    ),
    "as the releases themselves say": (
        lambda: asked(("cpu", "disk"), ("cpu",), "*"),
        "meters-gone",
        WARNING,
        "ctl1, ctl2",
    ),
    "meters that a wildcard takes from now on": (
        lambda: polling("25.0.0", "26.0.0", "*"),
        "meters-come",
        INFO,
        "ctl1, ctl2",
    ),
}
SILENT: Silent = {
    "a pattern that has something left": (lambda: polling("18.1.0", "19.1.0", "*"), "T11"),
    "a name that stays": (lambda: polling("18.1.0", "19.1.0", "image.size"), "T11"),
    "what was as silent before": (lambda: polling("18.1.0", "19.1.0", "my.own.meter"), "T11"),
    "what is excluded": (lambda: polling("18.1.0", "19.1.0", f"!{SNMP}"), "T11"),
    "what the release itself still loads": (lambda: asked((SNMP,), (SNMP,), SNMP), "T11"),
    "a given file without it": (
        lambda: (
            polling("18.1.0", "19.1.0", SNMP)
            .asked(to="19.1.0", files=(GIVEN,))
            .seen(new_files=NEW_FILE)
        ),
        "T11",
    ),
    "nothing new": (lambda: polling("16.0.1", "17.0.2", "*"), "meters-come"),
    "nothing gone": (lambda: polling("16.0.1", "17.0.2", "*"), "meters-gone"),
    "rolling agents, of which another rule tells": (
        lambda: asked(("cpu", "disk"), ("cpu",), "*", path="partial"),
        "meters-gone",
    ),
}


test_it_is_told = told(FIRES)
test_it_is_not_told = not_told(SILENT)


def test_the_patterns_are_named_and_the_meters_of_others_are_not() -> None:
    (finding,) = polling("18.1.0", "19.1.0", SNMP, "image.size").found("T11")

    assert finding.what.startswith(f"{SNMP} in the polling file")
    assert "image.size" not in finding.what
    assert "ceilift releases diff 18.1.0 19.1.0" in finding.remedy


def test_a_given_file_is_named_where_it_loses_a_meter() -> None:
    new = NewFiles(polling=PollingFile((source(SNMP),)))
    cloud = polling("18.1.0", "19.1.0", "*").asked(to="19.1.0", files=(GIVEN,)).seen(new_files=new)

    (finding,) = cloud.found("T11")

    assert finding.where == "/new.yaml"


def test_what_an_agent_of_another_namespace_does_not_poll_is_not_told_of_it() -> None:
    """One file for all kinds of agents: `cpu` stands for nothing to an agent of central."""
    cloud = polling("18.1.0", "19.1.0", "cpu", SNMP)

    (finding,) = cloud.found("T11")

    assert "cpu in" not in finding.what.replace(SNMP, "")
