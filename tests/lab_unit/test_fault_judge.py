"""The judge of faults, tried on runs that lie, or leave a cloud without service."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from lab.accept.fault_judge import Agents, End, Outcome, Truth, outcome, wrongs
from lab.accept.kill_points import FULL, PARTIAL

OLD, NEW = "9.0.6", "9.0.7"
ROLES = {"collector": ("ctl1", "ctl2"), "polling": ("ctl1", "ctl2", "pol1")}


def running(release: str, *without: str) -> dict[tuple[str, str], tuple[str, ...]]:
    return {
        (host, kind): (release,)
        for kind, hosts in ROLES.items()
        for host in hosts
        if f"{host} {kind}" not in without
    }


def end(code: int, nodes: dict[str, str], now: Agents, said: str = "", **more: Any) -> End:  # noqa: ANN401 - a report's field
    """A run whose report tells what `now` runs, every agent of ROLES with a line of its own."""
    report = {
        "outcome": {0: "done", 1: "failed", 4: "paused"}.get(code, "done"),
        "next_command": "ceilift resume",
        "nodes": [
            {
                "node": node,
                "status": status,
                "host": node.split("/")[-1] if status != "not started" else "",
            }
            for node, status in nodes.items()
        ],
        "hosts": [
            {"host": host, "component": kind, "now": (now.get((host, kind)) or ("",))[0]}
            for kind, hosts in ROLES.items()
            for host in hosts
        ],
    }
    return End(code, report | more, said, 60.0)


def truth(now: Agents, *broken: str, log: Counter[str] | None = None, schema: str = NEW) -> Truth:
    was = started("ctl1", "ctl2") if log is None else log
    return Truth([now], now, frozenset(broken), ROLES, was, schema)


def started(*hosts: str) -> Counter[str]:
    return Counter(f"{host} started ceilometer-collector {NEW}" for host in hosts)


DONE = {"collector/start/ctl1": "done", "collector/start/ctl2": "done"}
HALF = {
    "collector/stop/ctl1": "done",
    "collector/start/ctl1": "failed",
    "collector/stop/ctl2": "not started",
    "collector/start/ctl2": "not started",
}


def test_a_run_that_ended_well_was_healed() -> None:
    found = end(0, DONE, running(NEW))
    assert wrongs(found, truth(running(NEW)), PARTIAL, NEW) == []
    assert outcome(found, ()) is Outcome.HEALED


def test_a_run_that_stopped_with_the_service_kept_is_stopped() -> None:
    now = running(OLD, "ctl1 collector")
    found = end(1, HALF, now)
    told = truth(now, log=started("ctl1"))
    assert wrongs(found, told, PARTIAL, NEW) == []
    assert outcome(found, ()) is Outcome.STOPPED


def test_a_host_that_failed_within_the_budget_is_set_aside() -> None:
    nodes = {
        "collector/start/ctl1": "failed",
        "collector/enable/ctl1": "not started",
        "collector/start/ctl2": "done",
        "polling/start/pol1": "not started",
    }
    now = running(OLD) | {("ctl2", "collector"): (NEW,)}
    found = end(1, nodes, now, "stage collector failed on ctl1, within its budget of 1: ...")
    assert wrongs(found, truth(now, "ctl1", log=started("ctl2")), PARTIAL, NEW) == []
    assert outcome(found, ()) is Outcome.ASIDE


def test_another_host_that_was_left_is_not_within_the_budget() -> None:
    now = running(OLD, "ctl1 collector")
    found = end(1, HALF, now, "within its budget of 1")
    [wrong] = wrongs(found, truth(now, log=started("ctl1")), PARTIAL, NEW)[:1]
    assert wrong == "within the budget, and collector/stop/ctl2 was not started"


@pytest.mark.parametrize("code", [2, 3, -9, 130])
def test_an_exit_code_that_no_begun_run_has_is_wrong(code: int) -> None:
    found = wrongs(end(code, {}, {}), truth({}), FULL, NEW)
    assert found == [f"exit code {code}"]
    assert outcome(end(code, {}, {}), found) is Outcome.WRONG


def test_a_traceback_is_wrong_whatever_else() -> None:
    said = "Traceback (most recent call last):\n"
    assert wrongs(end(0, DONE, running(NEW), said), truth(running(NEW)), FULL, NEW) == [
        "a traceback"
    ]


def test_a_report_that_ends_otherwise_than_the_command_is_wrong() -> None:
    found = end(0, DONE, running(NEW), outcome="failed")
    assert wrongs(found, truth(running(NEW)), FULL, NEW) == [
        "exit code 0, and the report says failed"
    ]
    assert wrongs(End(1, {}, "", 1.0), truth({}), FULL, NEW) == [
        "exit code 1, and the report says nothing"
    ]


def test_a_release_that_does_not_run_is_a_lie() -> None:
    now = running(NEW, "ctl2 collector")
    found = end(1, HALF, running(NEW))
    lies = wrongs(found, truth(now, "ctl2", log=started("ctl1")), FULL, NEW)
    assert lies == [
        "the report says that collector on ctl2 runs 9.0.7, and it runs nothing",
    ]


def test_nothing_is_a_lie_about_a_host_that_runs_and_not_reached_is_none() -> None:
    now = running(NEW)
    told = now | {("ctl1", "collector"): ("",)}
    assert wrongs(end(0, DONE, told), truth(now), FULL, NEW) == [
        "the report says that collector on ctl1 runs nothing, and it runs 9.0.7"
    ]
    told = now | {("ctl1", kind): ("not reached",) for kind in ROLES}
    assert wrongs(end(0, DONE, told), truth(now, "ctl1"), FULL, NEW) == []


def test_what_was_seen_while_the_report_was_made_is_true() -> None:
    before, now = running(NEW, "ctl2 collector"), running(NEW)
    seen = Truth([before, now], now, frozenset(), ROLES, started("ctl1", "ctl2"), NEW)
    assert wrongs(end(0, DONE, before), seen, FULL, NEW) == []


def test_done_with_a_step_that_is_not_is_wrong() -> None:
    found = end(0, {**DONE, "polling/start/pol1": "unknown"}, running(NEW))
    assert wrongs(found, truth(running(NEW)), FULL, NEW) == ["done, and polling/start/pol1 is not"]


def test_a_stopped_run_that_tells_no_next_command_is_wrong() -> None:
    now = running(OLD, "ctl1 collector")
    found = end(1, HALF, now, next_command="")
    assert wrongs(found, truth(now, log=started("ctl1")), FULL, NEW) == ["no next command is told"]


@pytest.mark.parametrize(
    ("node", "status", "log", "schema", "lie"),
    [
        ("collector/start/ctl1", "done", {}, NEW, True),
        ("collector/start/ctl1", "not started", started("ctl1"), NEW, True),
        ("collector/start/ctl1", "failed", started("ctl1"), NEW, False),
        ("database/dbsync", "done", {}, "", True),
        ("database/dbsync", "done", {}, NEW, False),
        ("database/dbsync", "not started", {f"ctl1 dbsync {NEW}": 1}, "", True),
        ("database/dbsync", "unknown", {f"ctl1 dbsync {NEW}": 1}, "", False),
        ("database/backup", "done", {}, "", True),
        ("database/backup", "done", {"ctl1 dump": 1}, "", False),
    ],
)
def test_steps_are_held_against_what_was_done(
    node: str,
    status: str,
    log: dict[str, int],
    schema: str,
    lie: bool,  # noqa: FBT001 - a case
) -> None:
    now = running(OLD)
    found = wrongs(
        end(1, {node: status}, now), truth(now, log=Counter(log), schema=schema), FULL, NEW
    )
    assert bool(found) is lie, found


def test_an_agent_beside_is_no_start_of_the_host_s_own() -> None:
    now = running(OLD)
    nodes = {"polling/beside/pol1": "done", "polling/start/pol1": "not started"}
    log = Counter({f"pol1 started ceilometer-polling {NEW}": 1})
    assert wrongs(end(1, nodes, now), truth(now, log=log), PARTIAL, NEW) == []


def test_a_service_that_nobody_touched_has_to_run() -> None:
    now = running(OLD, "pol1 polling")
    assert wrongs(end(1, HALF, now), truth(now, log=started("ctl1")), FULL, NEW) == [
        "no polling agent runs on pol1"
    ]
    assert wrongs(end(1, HALF, now), truth(now, "pol1", log=started("ctl1")), FULL, NEW) == []


def test_a_stage_under_way_may_be_down_on_the_full_path_alone() -> None:
    now = running(OLD, "ctl1 collector", "ctl2 collector")
    told = truth(now, log=started("ctl1"))
    assert wrongs(end(1, HALF, now), told, FULL, NEW) == []
    assert wrongs(end(1, HALF, now), told, PARTIAL, NEW) == [
        "no collector agent runs on ctl2",
        "no collector agent runs on any host that is whole",
    ]
