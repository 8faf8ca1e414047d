"""One run of one approved plan: what its tasks share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol

from ceilift.account import UNCHANGED, Changed, Key, Learned, Span
from ceilift.clock import now
from ceilift.cloud import Cloud
from ceilift.component import AGENTS, Component
from ceilift.errors import CeiliftError, PausedError, RefusedError
from ceilift.plan import Gate, Plan, Step
from ceilift.record import Reading
from ceilift.release import Catalogue
from ceilift.remote.act import Actor, Journal
from ceilift.state import Instance
from tasks.progress import Progress, Silent

CURRENT: ContextVar[Session] = ContextVar("ceilift_session")


class Moment(Protocol):
    """A moment that several tasks of a run wait for together."""

    def wait(self) -> bool:
        """Wait for it; says whether it came."""
        ...


class Guard(Protocol):
    """Decides what may begin."""

    def bars(self, node_id: str) -> str:
        """Why the node must not begin now; empty when it may."""
        ...

    def learned(self, node_id: str, seconds: float) -> None:
        """Reckon with another time for a node from now on."""
        ...

    def ended(self, left: Sequence[str]) -> CeiliftError | None:
        """How the run ends when something was barred; None when nothing was, or nothing is left."""
        ...

    def overrun_s(self) -> float:
        """By how many seconds the run is past what it was to keep to."""
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
    alone. `guard` says what may begin, where something limits it. `undone` are those that failed or
    were not begun, with their hosts; `failures` the hosts that failed within the budget, by stage.
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
    guard: Guard | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def dry_run(self) -> bool:
        """Whether nothing may be changed, the ledger included."""
        return self.upgrade is None

    def fail(self, node: Step | Gate, error: CeiliftError) -> None:
        """Note that a node failed: within the budget of its stage the other hosts go on.

        A gate that was inconclusive is no failure of its host, and pauses the run.
        """
        host, ends = place_of(node), isinstance(error, PausedError | RefusedError)
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

    def left(self) -> tuple[str, ...]:
        """The plan's nodes that were not carried out, in its order."""
        nodes = (node for stage in self.plan.stages for wave in stage.batches for node in wave)
        return tuple(node for node in nodes if node not in self.done)

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


def current() -> Session:
    """The session of the run this task belongs to."""
    return CURRENT.get()


def place_of(node: Step | Gate) -> str:
    """The host a node acts on; empty when it acts on several at once."""
    return node.targets[0].host if len(node.targets) == 1 else ""


@dataclass(frozen=True, slots=True)
class Begun:
    """When the command was given (epoch seconds), Prefect's start (seconds), whether typed."""

    at: float
    prefect_s: float = 0.0
    typed: bool = False


BEGUN: ContextVar[Begun | None] = ContextVar("ceilift_begun", default=None)
