"""What is said of pollsters that come, go, or cannot be told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ceilift.finding import Severity
from ceilift.pollsters import PollingSource, PollstersSeen
from tests.cases import not_told
from tests.troubled import BLOCKER, INFO, WARNING, Cloud, modern

LOGIN = (PollingSource("s", 10.0, ("*",), ("snmp://***@192.0.2.7", "r2")),)
SOURCES = (PollingSource("s", 10.0, ("*",), ("r1", "r2")),)


def rolling(
    *pollsters: PollstersSeen,
    group: str = "",
    sources: tuple[PollingSource, ...] = SOURCES,
    **asked: object,
) -> Cloud:
    made = modern().polling(
        group_prefix=group, resources=("r1", "r2"), polling_sources=sources, coordinated=True
    )
    return made.seen(pollsters=pollsters).asked(**{"to": "17.0.2", "path": "partial", **asked})


def loads(release: str, *names: str, fault: str = "") -> PollstersSeen:
    return PollstersSeen("ctl1", release, ("central",), names, fault=fault)


OLD = loads("16.0.1", "cpu", "disk")
FIRES: dict[str, tuple[Callable[[], Cloud], str, Severity, str]] = {
    "new": (
        lambda: rolling(OLD, loads("17.0.2", "cpu", "disk", "x")),
        "pollsters-new",
        INFO,
        "(x)",
    ),
    "gone": (lambda: rolling(OLD, loads("17.0.2", "cpu")), "pollsters-removed", WARNING, "disk"),
    "silent": (
        lambda: rolling(OLD, loads("17.0.2", fault="no python")),
        "pollsters-unknown",
        BLOCKER,
        "17.0.2 on ctl1: no python",
    ),
    "login": (
        lambda: rolling(OLD, loads("17.0.2", "cpu", "disk", "x"), sources=LOGIN),
        "pollsters-login",
        BLOCKER,
        "not kept",
    ),
    "saved": (rolling, "pollsters-not-compared", WARNING, "was not asked"),
}
SILENT: dict[str, tuple[Callable[[], Cloud], str]] = {
    "same": (lambda: rolling(OLD, loads("17.0.2", "cpu", "disk")), "pollsters-new"),
    "a login, the same pollsters": (
        lambda: rolling(OLD, loads("17.0.2", "cpu", "disk"), sources=LOGIN),
        "pollsters-login",
    ),
    "a login, stopped first": (
        lambda: rolling(OLD, loads("17.0.2", "cpu", "x"), sources=LOGIN, stop_all=("polling",)),
        "pollsters-login",
    ),
    "no login": (lambda: rolling(OLD, loads("17.0.2", "cpu", "x")), "pollsters-login"),
    "stopped first": (
        lambda: rolling(OLD, loads("17.0.2", fault="no python"), stop_all=("polling",)),
        "pollsters-unknown",
    ),
    "not polling": (lambda: rolling(only=("notification",)), "pollsters-not-compared"),
    "the full path": (lambda: rolling(path="full"), "pollsters-not-compared"),
    "more, none fewer": (
        lambda: rolling(OLD, loads("17.0.2", "cpu", "disk", "x")),
        "pollsters-removed",
    ),
}


@pytest.mark.parametrize("name", FIRES)
def test_it_is_said(name: str) -> None:
    cloud, finding_id, severity, words = FIRES[name]

    (finding,) = cloud().found(finding_id)

    assert finding.severity is severity
    assert words in finding.what
    assert finding.where == "ctl1, ctl2"


test_it_is_not_told = not_told(SILENT)


def test_what_cannot_be_told_may_be_accepted() -> None:
    cloud = rolling(OLD, loads("17.0.2", fault="no python"), accept={"pollsters-unknown": "same"})

    (finding,) = cloud.found("pollsters-unknown")

    assert finding.severity is WARNING
