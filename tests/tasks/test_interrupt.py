"""Ctrl-C: nothing new is begun, what was begun is finished, and the run says what is left."""

from __future__ import annotations

import pytest

from ceilift.errors import CeiliftError, InterruptedRunError
from ceilift.plan_nodes import plan_nodes
from tasks.guard import PieceGuard
from tasks.interrupt import INTERRUPT, Interrupt, InterruptRule
from tasks.run import Consent
from tests.tasks.conftest import Runs


def guarded(runs: Runs, interrupt: Interrupt) -> PieceGuard:
    plan = runs.plan(path="partial")
    return PieceGuard(plan, dict.fromkeys(plan_nodes(plan), 1.0), [InterruptRule(interrupt)])


def test_what_was_begun_is_brought_to_its_end_and_nothing_else_begins(runs: Runs) -> None:
    interrupt = Interrupt()
    guard = guarded(runs, interrupt)
    first, second = guard.pieces[1:3]
    assert guard.bars(first.nodes[0]) == ""

    interrupt.asked.set()

    assert [guard.bars(node) for node in first.nodes] == [""] * len(first.nodes)
    assert "Ctrl-C" in guard.bars(second.nodes[0])


def test_the_run_ends_paused_and_says_what_is_left(runs: Runs) -> None:
    interrupt = Interrupt()
    guard = guarded(runs, interrupt)
    interrupt.asked.set()
    guard.bars(guard.pieces[0].nodes[0])

    ended = guard.ended(["collector/stop/ctl1", "collector/start/ctl1"])

    assert isinstance(ended, InterruptedRunError)
    assert (ended.exit_code, ended.next_command) == (4, "ceilift resume")
    assert "2 steps and gates are left, from collector/stop/ctl1 on" in str(ended)


def test_at_once_it_is_written_down_that_the_run_was_interrupted(runs: Runs) -> None:
    interrupt = Interrupt()
    token = INTERRUPT.set(interrupt)
    plan = runs.plan()
    runs.open(plan, Consent("ann", "terminal", "", plan.hash))
    INTERRUPT.reset(token)

    for say in interrupt.at_once:
        say()

    found = runs.cloud.ledger.open_upgrade("test")
    assert found is not None
    assert found.state == "interrupted"
    with pytest.raises(CeiliftError, match="run_ends"):  # nothing is written twice
        runs.close()


def test_the_point_of_no_return_is_not_passed_any_more(runs: Runs) -> None:
    interrupt = Interrupt()
    guard = guarded(runs, interrupt)
    assert guard.bars("database/backup") == ""

    interrupt.asked.set()

    assert "Ctrl-C" in guard.bars("database/dbsync")
