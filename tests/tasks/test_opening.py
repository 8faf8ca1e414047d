"""An upgrade is opened whole or not at all, whenever its process is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event

from ceilift.ledger.store import Ledger
from ceilift.plan import Plan
from tasks.run import Consent, approved_before
from tests.fakes import fake_ledger
from tests.tasks.conftest import Runs

FORK = multiprocessing.get_context("fork")
EXCEPTIONS = {"without": {"pol1": "its disk died"}, "accept": {"busy": "at night"}}


def killed_before(statement: str, work: Callable[[], object]) -> None:
    """Do it in a process that gets SIGKILL when it is about to execute that statement."""

    def kill(_on: Connection, _cursor: object, text: str, *_more: object) -> None:
        if text.startswith(statement):
            os.kill(os.getpid(), signal.SIGKILL)

    def dying() -> None:
        event.listen(Engine, "before_cursor_execute", kill)
        work()

    child = FORK.Process(target=dying)
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL


def opening(runs: Runs, folder: Path, plan: Plan) -> Callable[[], object]:
    """A run of that plan, with a connection to the ledger that is the process's own."""

    def work() -> object:
        runs.cloud.ledger = fake_ledger(folder)
        return runs.open(plan)

    return work


@pytest.mark.parametrize(
    "table", ["upgrades", "baselines", "accepted_findings", "hosts_aside", "approvals", "runs"]
)
def test_killed_while_it_opens_none_is_open_that_nobody_approved(
    runs: Runs, tmp_path: Path, table: str
) -> None:
    plan = runs.plan(**EXCEPTIONS)
    runs.cloud.ledger.open_upgrade("test")

    killed_before(f"INSERT INTO {table}", opening(runs, tmp_path, plan))

    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db")
    found = ledger.open_upgrade("test")
    assert (found is not None) == (table == "runs")
    if found is not None:
        assert ledger.approved(found.id, plan.hash) is not None
        assert [one.host for one in ledger.aside("test")] == ["pol1"]
        assert [one.id for one in ledger.accepted(found.id)] == ["busy"]
    ledger.dispose()


@pytest.mark.parametrize("table", ["documents", "approvals"])
def test_killed_while_it_changes_the_plan_the_approved_one_stays(
    runs: Runs, tmp_path: Path, table: str
) -> None:
    plan = runs.plan()
    runs.open(plan)
    runs.close()
    later = runs.plan(first="pol1")

    killed_before(f"INSERT INTO {table}", opening(runs, tmp_path, later))

    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db")
    before = approved_before(ledger, "test")
    assert before is not None
    assert before[1] == plan
    assert ledger.approved(before[0].id, later.hash) is None
    ledger.dispose()


def test_a_run_after_the_killed_one_opens_it_with_its_approval(runs: Runs, tmp_path: Path) -> None:
    plan = runs.plan()
    runs.cloud.ledger.open_upgrade("test")
    killed_before("INSERT INTO approvals", opening(runs, tmp_path, plan))
    later = Ledger(
        f"sqlite:///{tmp_path}/ledger.db", now=lambda: 4e9
    )  # the dead one's lease is over
    runs.cloud.ledger = later

    session = runs.open(replace(plan), Consent("ann", "terminal", "", plan.hash))

    assert session.upgrade is not None
    assert later.approved(session.upgrade, plan.hash) is not None
