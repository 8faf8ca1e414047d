"""A host that fails within the budget of its stage: its own nodes stop, those of others go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ceilift.errors import CeiliftError, PausedError, StepFailedError, TransientError
from ceilift.policy import policy_from_text
from tasks.carry_out import NotStartedError, carry_out
from tasks.session import Session
from tests.tasks.conftest import Runs

Work = Callable[[Session, Any], str]
STOP1, START1, GATE1 = "collector/stop/ctl1", "collector/start/ctl1", "collector/proven/ctl1"
STOP2, START2 = "collector/stop/ctl2", "collector/start/ctl2"


def rolling(runs: Runs, *policies: str) -> Session:
    chosen = tuple(policy_from_text(text) for text in policies)
    session = runs.open(runs.plan(path="partial", policies=chosen))
    for node in ("database/backup", "database/dbsync"):
        carry_out([node], lambda _session, _node: "fine")
    return session


def failing(error: CeiliftError) -> Work:
    def work(_session: Session, _node: object) -> str:
        raise error

    return work


def test_within_the_budget_the_other_hosts_go_on(runs: Runs, work: Work) -> None:
    session = rolling(runs, "collector=failures=1")

    with pytest.raises(StepFailedError):
        carry_out([STOP1], failing(StepFailedError("no disk")))
    for node in (START1, GATE1):
        with pytest.raises(NotStartedError):
            carry_out([node], work)

    assert session.error is None
    assert session.failed_hosts("collector") == ("ctl1",)
    assert carry_out([STOP2], work)
    assert carry_out([START2], work)


def test_beyond_it_nothing_more_begins(runs: Runs, work: Work) -> None:
    session = rolling(runs, "collector=failures=1")

    for node in (STOP1, STOP2):
        with pytest.raises(StepFailedError):
            carry_out([node], failing(StepFailedError("no disk")))
        if node == STOP1:
            for after in (START1, GATE1):
                with pytest.raises(NotStartedError):
                    carry_out([after], work)

    assert session.error is not None
    with pytest.raises(NotStartedError):
        carry_out([START2], work)


def test_two_failures_of_one_host_count_once(runs: Runs) -> None:
    session = rolling(runs, "collector=failures=1")

    for node in (STOP1, "collector/enable/ctl1"):
        with pytest.raises(CeiliftError):
            carry_out([node], failing(StepFailedError("no disk")))

    assert session.error is None


@pytest.mark.parametrize("budget", ["collector=failures=0", "notification=failures=1"])
def test_without_a_budget_of_its_own_the_first_failure_ends_the_run(
    runs: Runs, budget: str
) -> None:
    session = rolling(runs, budget)

    with pytest.raises(StepFailedError):
        carry_out([STOP1], failing(StepFailedError("no disk")))

    assert session.error is not None


def test_a_gate_that_cannot_tell_pauses_all_the_same(runs: Runs, work: Work) -> None:
    session = rolling(runs, "collector=failures=1")
    carry_out([STOP1], work)
    carry_out([START1], work)

    with pytest.raises(PausedError):
        carry_out([GATE1], failing(PausedError("nothing seen")))

    assert isinstance(session.error, PausedError)


def test_a_failure_that_may_pass_is_none_yet(runs: Runs) -> None:
    session = rolling(runs, "collector=failures=1")

    with pytest.raises(TransientError):
        carry_out([STOP1], failing(TransientError("timed out")))

    assert session.undone == {}
