"""Rules about hosts: each on a case that fires it, and on a near miss."""

from __future__ import annotations

from dataclasses import replace

from ceilift.state import HostState
from tests.cases import not_told, told
from tests.clouds import agent, begun, request
from tests.troubled import (
    BLOCKER,
    ROLES,
    WARNING,
    Cloud,
    Fires,
    Silent,
    quiet,
)


def opened(cloud: Cloud) -> Cloud:
    return cloud.seen(baseline=cloud.state.instances)


FIRES: Fires = {
    "a host that does not answer": (
        lambda: quiet().host("ctl2", reachable=False, problem_kind="unreachable", instances=()),
        "host-unreachable",
        BLOCKER,
        "ctl2",
    ),
    "a host that was not looked at": (
        lambda: quiet().without_host("ctl2"),
        "host-unreachable",
        BLOCKER,
        "ctl2",
    ),
    "a changed host key": (
        lambda: quiet().host("ctl2", reachable=False, problem_kind="host-key"),
        "host-key",
        BLOCKER,
        "ctl2",
    ),
    "a refused login": (
        lambda: quiet().host("pol1", reachable=False, problem_kind="login"),
        "login",
        BLOCKER,
        "pol1",
    ),
    "no way to become root": (
        lambda: quiet().host("pol1", reachable=False, problem_kind="become"),
        "become",
        BLOCKER,
        "pol1",
    ),
    "a unit that would start another release": (
        lambda: quiet().agent("collector", "ctl2", defined_release="9.0.6"),
        "unit-otherwise",
        WARNING,
        "ceilometer-collector on ctl2",
    ),
    "the target is not installed": (
        lambda: quiet().host("pol1", installed=("8.1.5",)),
        "target-not-installed",
        BLOCKER,
        "pol1",
    ),
    "a unit that is not there": (
        lambda: quiet().no_agent("polling", "pol1"),
        "unit-not-defined",
        BLOCKER,
        "pol1",
    ),
    "an API behind an unknown web server": (
        lambda: quiet(wsgi=None),
        "unit-not-defined",
        BLOCKER,
        "inventory: wsgi",
    ),
    "a process of no unit": (
        lambda: quiet().agent("collector", "ctl2", unit=""),
        "stray-process",
        BLOCKER,
        "ctl2",
    ),
    "an agent on a host the inventory has not": (
        lambda: quiet().seen(
            hosts=(
                *quiet().state.hosts,
                HostState("old", instances=(agent("collector", "old", "8.1.5"),)),
            )
        ),
        "host-not-in-inventory",
        BLOCKER,
        "old",
    ),
    "an agent that came up during the upgrade": (
        lambda: replace(
            quiet().agent("collector", "ctl2", release="9.0.6"), request=request()
        ).seen(baseline=quiet().state.instances),
        "changed-since-start",
        BLOCKER,
        "ctl2",
    ),
    "a host set aside": (
        lambda: quiet().asked(without={"pol1": "broken disk"}),
        "set-aside",
        WARNING,
        "pol1",
    ),
    "a clock that is off": (
        lambda: quiet().host("pol1", clock_skew_s=-7.5),
        "clock-skew",
        WARNING,
        "pol1",
    ),
    "a unit that polls something else": (
        lambda: quiet().agent("polling", "pol1", namespaces=("central", "compute")),
        "namespaces-differ",
        WARNING,
        "pol1",
    ),
}

SILENT: Silent = {
    "a unit that starts what runs": (quiet, "unit-otherwise"),
    "a unit of nobody knows what": (
        lambda: quiet().agent("collector", "ctl2", defined_release=None),
        "unit-otherwise",
    ),
    "a unit that an open upgrade has changed": (
        lambda: opened(quiet().agent("collector", "ctl2", defined_release="9.0.7")),
        "unit-otherwise",
    ),
    "not installed where nothing starts": (
        lambda: quiet({**ROLES, "spare": []}).host("spare", installed=()),
        "target-not-installed",
    ),
    "a stopped agent of no unit": (
        lambda: quiet().agent("collector", "ctl2", unit="", release=None),
        "stray-process",
    ),
    "what ran before the upgrade": (
        lambda: Cloud(quiet().inventory, begun(quiet().state), request()),
        "changed-since-start",
    ),
    "a small skew": (lambda: quiet().host("pol1", clock_skew_s=1.5), "clock-skew"),
}


test_it_is_told = told(FIRES, alone=False)
test_it_is_not_told = not_told(SILENT)
