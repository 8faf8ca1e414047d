"""One run of one approved plan: what its tasks share, and how a node of it is carried out."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from typing import Any, Protocol

from ceilift.account import UNCHANGED, Changed, Key, Learned, Span
from ceilift.clock import monotonic, now, timestamp
from ceilift.cloud import Cloud
from ceilift.component import AGENTS, Component
from ceilift.errors import (
    CeiliftError,
    PausedError,
    RefusedError,
    StepFailedError,
    TransientError,
)
from ceilift.plan import Action, Gate, Plan, Step
from ceilift.record import Reading
from ceilift.release import Catalogue
from ceilift.remote.act import Actor, Journal
from ceilift.scrub import scrubbed
from ceilift.state import Instance
from tasks.progress import Progress, Silent

WORKERS = 24
BEGINS_SOMETHING_NEW = frozenset(
    {
        Action.BACKUP,
        Action.DBSYNC,
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
CURRENT: ContextVar[Session] = ContextVar("ceilift_session")

Work = Callable[["Session", Any], str]


class Moment(Protocol):
    """A moment that several tasks of a run wait for together."""

    def wait(self) -> bool:
        """Wait for it; says whether it came."""
        ...


@dataclass
class Session:
    """The cloud, the approved plan, and the ledger's record of this run.

    `error` holds what halted the run once a node failed or a gate did not pass: from then on
    nothing new begins; what was begun is still judged and secured. In a dry run `upgrade` is
    None and nothing is written to the ledger; otherwise `opened` is when it was (epoch seconds).
    `spans` are the stages' times, `readings` what was measured on the way, `before` what ran
    before the upgrade, `learned` the interval of every polled series, `changed` the meters that
    come and go. `done` are the nodes carried out: a batch that is tried again leaves them
    alone. `undone` are those that failed or were not
    begun, with their hosts; `failures` the hosts that failed within the budget, by stage.
    """

    cloud: Cloud
    catalogue: Catalogue
    plan: Plan
    journal: Journal
    actor: Actor
    upgrade: int | None = None
    opened: float | None = None
    progress: Progress = field(default_factory=Silent)
    error: CeiliftError | None = None
    spans: list[Span] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    learned: dict[Key, Learned] = field(default_factory=dict)
    changed: Changed = UNCHANGED
    done: dict[str, dict[str, str]] = field(default_factory=dict)
    undone: dict[str, str] = field(default_factory=dict)
    failures: dict[str, dict[str, CeiliftError]] = field(default_factory=dict)
    before: tuple[Instance, ...] = ()
    task_runs: int = 0
    polling_stop: Moment | None = None
    on_stage: Callable[[str], None] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def dry_run(self) -> bool:
        """Whether nothing may be changed, the ledger included."""
        return self.upgrade is None

    def fail(self, node: Step | Gate, error: CeiliftError) -> None:
        """Note that a node failed: within the budget of its stage the other hosts go on.

        A gate that was inconclusive is no failure of its host, and pauses the run.
        """
        host, ends = _place(node), isinstance(error, PausedError | RefusedError)
        with self.lock:
            self.undone[node.id] = host
            known = self.failures.setdefault(node.stage, {})
            spent = len({*known, host}) > self.budget(node.stage)
            if host and not (spent or ends):
                known.setdefault(host, error)
                return
        self.halt(error)

    def budget(self, stage: str) -> int:
        """On how many hosts that stage may fail."""
        request = self.plan.request
        if request.path != "partial" or stage in request.stop_all or stage not in AGENTS:
            return 0
        component = Component(stage)
        agents = len(self.cloud.inventory.with_role(component))
        return request.policy(component).budget(agents)

    def failed_hosts(self, stage: str) -> tuple[str, ...]:
        """The hosts on which that stage failed within its budget."""
        return tuple(self.failures.get(stage, {}))

    def tolerates(self, nodes: Sequence[str]) -> bool:
        """Whether what failed of these nodes failed within the budget."""
        return self.error is None and any(node in self.undone for node in nodes)

    def halt(self, error: CeiliftError) -> None:
        """Let nothing new begin; the first error is kept."""
        with self.lock:
            self.error = self.error or error

    @contextmanager
    def stage_span(self, name: str) -> Iterator[None]:
        """Remember when a stage ran."""
        start = now()
        if self.on_stage is not None:
            self.on_stage(name)
        try:
            yield
        finally:
            self.spans.append(Span(name, start, now()))


class NotStartedError(CeiliftError):
    """The node was not begun, because the run had already halted."""


def current() -> Session:
    """The session of the run this task belongs to."""
    return CURRENT.get()


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
    place = _place(node)
    for need in node.needs:
        if need in session.undone:
            other = session.undone[need]
            tolerated = bool(other) and other in session.failed_hosts(node.stage)
            if not tolerated or other == place:
                return f"{need} was not done"
    return None


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
        session.undone[node_id] = _place(node)
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
    """Announce the node, do its work, write down how it ended and, done, that it is proven."""
    begun = monotonic()
    intent = session.journal.intend(node.id, _place(node), node.why)
    session.progress.started(node.id)
    try:
        detail = work(session, node)
    except Exception as error:  # noqa: BLE001 - a fault of our own must halt the run, too
        known = error if isinstance(error, CeiliftError) else _unexpected(error)
        _locate(known, node.id)
        _ended(session, intent, node.id, _status(known), str(known), begun)
        raise known from error.__cause__
    _ended(session, intent, node.id, "dry" if session.dry_run else "done", detail, begun)
    if session.upgrade is not None:
        release = node.release or session.plan.to
        session.cloud.ledger.add_evidence(session.upgrade, node.id, release, timestamp(), detail)
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


def _place(node: Step | Gate) -> str:
    return node.targets[0].host if len(node.targets) == 1 else ""


@dataclass(frozen=True, slots=True)
class Begun:
    """When the command was given (epoch seconds), Prefect's start (seconds), whether typed."""

    at: float
    prefect_s: float = 0.0
    typed: bool = False


BEGUN: ContextVar[Begun | None] = ContextVar("ceilift_begun", default=None)
