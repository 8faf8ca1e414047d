"""How nodes are carried out: announced first, ended once, halted by what does not pass."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier
from typing import Any

import pytest

from ceilift.errors import PausedError, RefusedError, StepFailedError, TransientError
from ceilift.record import NodeStatus
from tasks.carry_out import NotStartedError, carry_out
from tasks.session import Session
from tests.fakes import FakeProgress
from tests.tasks.conftest import Runs

FIRST, SECOND = "collector/stop/ctl1", "collector/stop/ctl2"
ENABLE = "collector/enable/ctl1"

Work = Callable[[Session, Any], str]


def failing(error: Exception, *hosts: str) -> Work:
    """Work that fails so on these hosts (on all, when none is named)."""

    def work(_session: Session, node: Any) -> str:  # noqa: ANN401 - step or gate
        if not hosts or node.host in hosts:
            raise error
        return "fine"

    return work


def together(work: Work) -> Work:
    """Work of two nodes of which none ends before both have begun."""
    both = Barrier(2)

    def waiting(session: Session, node: Any) -> str:  # noqa: ANN401 - step or gate
        both.wait(30)
        return work(session, node)

    return waiting


def status(runs: Runs, session: Session, node: str) -> NodeStatus:
    assert session.upgrade is not None
    return runs.cloud.ledger.status(session.upgrade, [node])[0].status


def test_a_node_that_was_done_is_evidence(runs: Runs, work: Work) -> None:
    session = runs.open()

    assert carry_out([FIRST], work) == [{"node": FIRST, "detail": "fine"}]

    assert status(runs, session, FIRST) is NodeStatus.DONE
    assert session.upgrade is not None
    assert [one.node for one in runs.cloud.ledger.evidence(session.upgrade)] == [FIRST]
    assert runs.progress == FakeProgress(begun=[FIRST], ended=[(FIRST, "done")])


def test_killed_before_its_end_is_written_down_what_is_done_is_proven(
    runs: Runs, work: Work
) -> None:
    session = runs.open()
    ledger = runs.cloud.ledger

    def dies(intent_id: int, status: str, detail: str) -> None:
        raise KeyboardInterrupt(f"no {status} of {intent_id}: {detail}")

    session.journal.outcome = dies  # type: ignore[method-assign] # as by kill -9
    with pytest.raises(KeyboardInterrupt):
        carry_out([FIRST], work)

    assert session.upgrade is not None
    assert [one.status for one in ledger.intents(session.upgrade)] == [""]
    assert [one.node for one in ledger.evidence(session.upgrade)] == [FIRST]
    assert status(runs, session, FIRST) is NodeStatus.DONE


def test_a_failure_halts_the_run_and_nothing_new_begins(runs: Runs, work: Work) -> None:
    session = runs.open()

    with pytest.raises(StepFailedError, match="no disk"):
        carry_out([FIRST], failing(StepFailedError("no disk")))
    with pytest.raises(NotStartedError, match=SECOND):
        carry_out([SECOND], work)

    assert str(session.error) == f"{FIRST}: no disk"
    assert status(runs, session, FIRST) is NodeStatus.FAILED
    assert status(runs, session, SECOND) is NodeStatus.NOT_STARTED


def test_what_was_begun_is_still_secured_after_a_failure(runs: Runs, work: Work) -> None:
    runs.open().halt(StepFailedError("elsewhere"))

    assert carry_out([ENABLE], work) == [{"node": ENABLE, "detail": "fine"}]


def test_a_fault_of_our_own_is_a_failed_step_too(runs: Runs) -> None:
    session = runs.open()

    with pytest.raises(StepFailedError, match=r"KeyError in test_session\.py") as told:
        carry_out([FIRST], failing(KeyError("password=hunter2")))

    assert session.error is told.value
    assert "hunter2" not in str(told.value)
    assert status(runs, session, FIRST) is NodeStatus.FAILED
    assert runs.progress.ended == [(FIRST, "failed")]


def test_a_lost_lease_halts_the_run_before_anything_is_sent(runs: Runs) -> None:
    session = runs.open()
    lost = runs.cloud.ledger.leases.holder("test")
    assert lost is not None
    runs.cloud.ledger.leases.release(lost)

    def work(_session: Session, _node: object) -> str:
        raise AssertionError("it acted without a lease")

    with pytest.raises(RefusedError, match="given back"):
        carry_out([FIRST], work)

    assert isinstance(session.error, RefusedError)
    assert runs.progress.begun == []


def test_a_transient_error_leaves_the_run_open_and_the_journal_tells_both_tries(
    runs: Runs, work: Work
) -> None:
    session = runs.open()

    with pytest.raises(TransientError):
        carry_out([FIRST], failing(TransientError("timed out")))
    assert session.error is None
    carry_out([FIRST], work)

    assert session.upgrade is not None
    intents = runs.cloud.ledger.intents(session.upgrade)
    assert [(one.node, one.status) for one in intents] == [(FIRST, "failed"), (FIRST, "done")]
    assert status(runs, session, FIRST) is NodeStatus.DONE


def test_a_batch_finishes_all_its_nodes_before_it_fails(runs: Runs) -> None:
    session = runs.open()

    with pytest.raises(StepFailedError, match="no disk"):
        carry_out([FIRST, SECOND], together(failing(StepFailedError("no disk"), "ctl1")))

    assert status(runs, session, FIRST) is NodeStatus.FAILED
    assert status(runs, session, SECOND) is NodeStatus.DONE


def test_a_batch_that_is_tried_again_leaves_alone_what_is_done(runs: Runs, work: Work) -> None:
    session = runs.open()

    with pytest.raises(TransientError):
        carry_out([FIRST, SECOND], failing(TransientError("timed out"), "ctl1"))
    again = carry_out([FIRST, SECOND], work)

    assert [one["node"] for one in again] == [FIRST, SECOND]
    assert session.upgrade is not None
    told = [(one.node, one.status) for one in runs.cloud.ledger.intents(session.upgrade)]
    assert sorted(told) == [(FIRST, "done"), (FIRST, "failed"), (SECOND, "done")]


@pytest.mark.parametrize(
    ("errors", "ends"),
    [
        ((TransientError("a"), TransientError("b")), TransientError),
        ((PausedError("a"), PausedError("b")), PausedError),
        ((TransientError("a"), StepFailedError("b")), StepFailedError),
        ((PausedError("a"), StepFailedError("b")), StepFailedError),
    ],
)
def test_a_batch_ends_as_its_worst_node(
    runs: Runs, errors: tuple[Exception, Exception], ends: type[Exception]
) -> None:
    runs.open()
    by_host = dict(zip(("ctl1", "ctl2"), errors, strict=True))

    def work(_session: Session, node: Any) -> str:  # noqa: ANN401 - step or gate
        raise by_host[node.host]

    with pytest.raises(ends) as told:
        carry_out([FIRST, SECOND], together(work))

    assert type(told.value) is ends
    assert FIRST in str(told.value)
    assert SECOND in str(told.value)


def test_a_paused_batch_still_names_the_next_command(runs: Runs) -> None:
    runs.open()
    unclear = PausedError("unclear", next_command="ceilift resume")

    with pytest.raises(PausedError) as told:
        carry_out([FIRST, SECOND], together(failing(unclear)))

    assert told.value.next_command == "ceilift resume"
