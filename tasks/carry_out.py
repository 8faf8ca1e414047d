"""How a node of a plan is carried out: announced, done, written down; or barred."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from ceilift.clock import monotonic, timestamp
from ceilift.errors import (
    CeiliftError,
    PausedError,
    RefusedError,
    StepFailedError,
    TransientError,
)
from ceilift.plan import Action, Gate, Step
from ceilift.scrub import scrubbed
from tasks.session import Session, current, place_of

WORKERS = 24
BEGINS_SOMETHING_NEW = frozenset(
    {
        Action.BACKUP,
        Action.VERIFY_BACKUP,
        Action.REHEARSE,
        Action.DBSYNC,
        Action.SAVE,
        Action.RESTORE,
        Action.STOP_API,
        Action.STOP,
        Action.START,
        Action.BESIDE,
        Action.REMOVE,
        Action.MERGE,
        Action.WRITE,
        Action.RELOAD,
        Action.WARM_API,
        Action.SWITCH_API,
    }
)
Work = Callable[[Session, Any], str]


class NotStartedError(CeiliftError):
    """The node was not begun, because the run had already halted."""


def carry_out(ids: Sequence[str], work: Work) -> list[dict[str, str]]:
    """Carry out one node, or a batch of nodes at the same time; what succeeded is evidence.

    Raises the node's own error for a single one. For a batch all nodes finish first, then one
    StepFailedError (or PausedError when gates were merely inconclusive) names every one that did
    not succeed.
    """
    session = current()
    if len(ids) == 1:
        return [_one(session, ids[0], work)]
    with ThreadPoolExecutor(min(WORKERS, len(ids))) as pool:
        futures = [pool.submit(copy_context().run, _caught, session, node, work) for node in ids]
    results = [future.result() for future in futures]
    errors = [item for item in results if isinstance(item, CeiliftError)]
    if errors:
        raise _together(errors)
    return [item for item in results if isinstance(item, dict)]


def _bar(session: Session, node: Step | Gate) -> object:
    """Why the node must not begin; None when it may.

    A host that failed within the budget of its stage bars its own nodes, not those of others.
    """
    if session.error is not None and _begins(node):
        return session.error
    place = place_of(node)
    for need in node.needs:
        if need in session.undone:
            other = session.undone[need]
            tolerated = bool(other) and other in session.failed_hosts(node.stage)
            if not tolerated or other == place:
                return f"{need} was not done"
    return (session.guard and session.guard.bars(node.id)) or None


def _caught(session: Session, node_id: str, work: Work) -> dict[str, str] | CeiliftError:
    try:
        return _one(session, node_id, work)
    except CeiliftError as error:
        return error


def _together(errors: list[CeiliftError]) -> CeiliftError:
    message = "; ".join(str(error) for error in errors)
    following = next((error.next_command for error in errors if error.next_command), None)
    begun = [error for error in errors if not isinstance(error, NotStartedError)]
    if not begun:
        return NotStartedError(message)
    if all(isinstance(error, TransientError) for error in begun):
        return TransientError(message)
    if all(isinstance(error, PausedError) for error in begun):
        return PausedError(message, next_command=following)
    return StepFailedError(message, next_command=following)


def _one(session: Session, node_id: str, work: Work) -> dict[str, str]:
    if node_id in session.done:
        return session.done[node_id]
    node = session.plan.node(node_id)
    if (cause := _bar(session, node)) is not None:
        session.undone[node_id] = place_of(node)
        raise NotStartedError(f"{node_id} was not started: {cause}")
    try:
        detail = _carried_out(session, node, work)
    except CeiliftError as error:  # the ledger's own refusal included: the lease may be lost
        _locate(error, node_id)
        if not isinstance(error, TransientError):
            session.fail(node, error)
        raise
    session.done[node_id] = {"node": node_id, "detail": detail}
    return session.done[node_id]


def _carried_out(session: Session, node: Step | Gate, work: Work) -> str:
    """Announce the node, do its work, write down, done, that it is proven, and how it ended.

    The proof comes first: killed between the two, a run leaves a node that is done and whose end
    nobody wrote down, never one that is said to be done and would be done again.
    """
    begun = monotonic()
    intent = session.journal.intend(node.id, place_of(node), node.why)
    session.progress.started(node.id)
    try:
        detail = work(session, node)
    except Exception as error:  # noqa: BLE001 - a fault of our own must halt the run, too
        known = error if isinstance(error, CeiliftError) else _unexpected(error)
        _locate(known, node.id)
        _ended(session, intent, node.id, _status(known), str(known), begun)
        raise known from error.__cause__
    if session.upgrade is not None:
        release = node.release or session.plan.to
        session.cloud.ledger.add_evidence(session.upgrade, node.id, release, timestamp(), detail)
    _ended(session, intent, node.id, "dry" if session.dry_run else "done", detail, begun)
    return detail


def _status(error: CeiliftError) -> str:
    return "paused" if isinstance(error, PausedError) else "failed"


def _unexpected(error: Exception) -> StepFailedError:
    """A fault of our own, told as a failed step: the run must halt, not go on beside it."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{frame.filename.rpartition('/')[2]}, line {frame.lineno}"
    return StepFailedError(f"{type(error).__name__} in {place}: {scrubbed(str(error))}")


def _locate(error: CeiliftError, node_id: str) -> None:
    """Let the error name its step and the next command, where it does not yet."""
    if node_id not in str(error):
        error.args = (f"{node_id}: {error}",)
    if error.next_command is None:
        refused = isinstance(error, RefusedError)
        error.next_command = "ceilift status" if refused else "mend the cause, then: ceilift resume"


def _ended(
    session: Session, intent: int, node_id: str, status: str, detail: str, begun: float
) -> None:
    session.journal.outcome(intent, status, detail)
    session.progress.finished(node_id, status, monotonic() - begun)


def _begins(node: Step | Gate) -> bool:
    return isinstance(node, Step) and node.action in BEGINS_SOMETHING_NEW
