"""What a run says at its end; hosts set aside stay open until they are seen at the release."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ceilift.component import Component
from ceilift.errors import StepFailedError
from ceilift.ledger.store import Ledger
from ceilift.record import NodeStatus
from ceilift.state import HostState
from tasks import reporting
from tasks.reporting import bring_back, finish
from tasks.session import Begun
from tests.clouds import agent
from tests.tasks.conftest import Runs

PLAN = json.dumps({"hash": "abc123", "path": "full", "from": ["8.1.5"], "to": "9.0.7"})
KINDS = (Component.POLLING, Component.COLLECTOR)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger of an upgrade to 9.0.7 in which pol1 and pol2 are set aside."""
    found = Ledger(f"sqlite:///{tmp_path}/ledger.db")
    upgrade = found.begin(found.leases.take("demo", "alice@ctl", 60), PLAN, "[]")
    for host in ("pol1", "pol2"):
        found.set_aside(upgrade, host, "its disk died")
    yield found
    found.dispose()


def seen(name: str, *releases: str | None, reachable: bool = True) -> HostState:
    pairs = zip(KINDS, releases, strict=False)
    agents = tuple(agent(component, name, release) for component, release in pairs)
    return HostState(name, reachable=reachable, instances=agents)


def still_open(ledger: Ledger) -> list[str]:
    return [aside.host for aside in ledger.aside("demo")]


def test_a_host_seen_at_the_release_is_back(ledger: Ledger) -> None:
    bring_back(ledger, "demo", [seen("pol1", "9.0.7"), seen("pol2", "8.1.5")])
    assert still_open(ledger) == ["pol2"]


def test_a_host_that_left_the_inventory_is_retired(ledger: Ledger) -> None:
    bring_back(ledger, "demo", [seen("ctl1", "9.0.7"), seen("pol1", "8.1.5")])
    assert still_open(ledger) == ["pol1"]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(seen("pol1", reachable=False), id="not reached"),
        pytest.param(seen("pol1"), id="nothing there"),
        pytest.param(seen("pol1", None), id="nothing runs"),
        pytest.param(seen("pol1", "9.0.7", "8.1.5"), id="something older runs"),
    ],
)
def test_anything_else_stays_open(ledger: Ledger, found: HostState) -> None:
    bring_back(ledger, "demo", [found, seen("pol2", "8.1.5")])
    assert still_open(ledger) == ["pol1", "pol2"]


def test_what_nobody_saw_the_end_of_is_unknown_in_the_report_of_its_own_run(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease is still held then, which means running to everybody else."""
    silent = HostState("ctl1", reachable=False)
    monkeypatch.setattr(reporting, "observe_hosts", lambda *_: (silent,))
    session = runs.open()
    session.before = runs.state().instances
    node, upgrade = session.plan.steps[0].id, session.upgrade or 0
    session.journal.intend(node, "ctl1", "dump")
    assert session.cloud.ledger.status(upgrade, [node])[0].status is NodeStatus.RUNNING

    report = finish(session, upgrade, StepFailedError("gone"), None, Begun(0.0), "x.yaml")

    assert [one.status for one in report.nodes if one.node == node] == [NodeStatus.UNKNOWN]
    assert "running" not in report.counts
    assert {line.now for line in report.hosts if line.host == "ctl1"} == {"not reached"}
