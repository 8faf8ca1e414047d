"""What the ledger remembers, as plain data. Moments are ISO 8601 in UTC unless said otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ceilift.plan import Accepted
from ceilift.state import Evidence

WAITS = "waits for an answer"  # how the stage of such a lease begins


class NodeStatus(StrEnum):
    """What became of one step or gate of a plan."""

    DONE = "done"
    FAILED = "failed"
    PAUSED = "paused"
    RUNNING = "running"
    UNKNOWN = "unknown"  # intended, and nobody wrote down how it ended: to be probed
    NOT_STARTED = "not started"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to act on one cloud. `since` and `expires_at` are epoch seconds.

    `token` grows with every lease ever given for the cloud: a holder of a smaller one has lost
    its right.
    """

    cloud: str
    owner: str
    token: int
    expires_at: float
    stage: str
    since: float

    @property
    def waits(self) -> bool:
        """Whether it is held for a run that waits for an answer, and has no process meanwhile."""
        return self.stage.startswith(WAITS)


@dataclass(frozen=True, slots=True)
class OpenUpgrade:
    """An upgrade that was begun and is neither finished nor given up.

    `plan` is the JSON text it was begun with, `baseline` what ran then, as plain data. `state`
    is `waiting` (no run yet), `running`, `interrupted` (its last run ended without a word), or
    how that run ended.
    """

    id: int
    cloud: str
    opened_at: str
    path: str
    to: str
    plan_hash: str
    plan: str
    baseline: list[dict[str, Any]]
    evidence: tuple[Evidence, ...]
    state: str


@dataclass(frozen=True, slots=True)
class PastUpgrade:
    """One line of a cloud's history; `ended_at` and `outcome` are empty while it is open.

    A rollback `undoes` another upgrade, which is `undone_by` it (None: neither).
    """

    id: int
    opened_at: str
    path: str
    releases: str
    to: str
    plan_hash: str
    runs: int
    approved_by: str
    ended_at: str
    outcome: str
    detail: str
    undoes: int | None = None
    undone_by: int | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved which plan, the name as stated; `how` says by which way.

    It is good until `until` (epoch seconds; None: for as long as its upgrade is open).
    """

    plan_hash: str
    name: str
    at: str
    how: str
    until: float | None = None

    def over(self, moment: float) -> bool:
        """Whether it has ended at that moment (epoch seconds)."""
        return self.until is not None and moment >= self.until


@dataclass(frozen=True, slots=True)
class Assent:
    """An approval about to be written: of which plan, by whom as stated, by which way, how long."""

    plan_hash: str
    name: str
    how: str
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """What is written together with a plan, or not at all: a run may be killed at any moment.

    `documents` are kind, name and body (plain data); `accepted` findings and hosts set `aside` have
    their reasons.
    """

    assent: Assent | None = None
    documents: tuple[tuple[str, str, object], ...] = ()
    accepted: tuple[Accepted, ...] = ()
    aside: tuple[Accepted, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """An approval a flow run asked for: at which gate, and the plan it showed, as JSON text."""

    gate: str
    plan_hash: str
    plan: str
    at: str


@dataclass(frozen=True, slots=True)
class Intent:
    """Something a run was about to do; status and detail are empty until its outcome is known."""

    id: int
    run: int
    node: str
    host: str
    summary: str
    at: str
    status: str
    detail: str
    ended_at: str


@dataclass(frozen=True, slots=True)
class NodeState:
    """What became of one node, on which host, and in which words it ended."""

    node: str
    status: NodeStatus
    host: str = ""
    at: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class NodeTime:
    """How many seconds a node of a plan took when it was done."""

    node: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Activity:
    """Publish and insert rates (per second): medians over `measurements`; None: none measured."""

    publish_rate: float | None
    insert_rate: float | None
    measurements: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value of a subject (`queue metering.sample`) at epoch seconds `at`."""

    at: float
    subject: str
    value: float


@dataclass(frozen=True, slots=True)
class Document:
    """A verdict, account or report kept as JSON text beside the figures it is about."""

    kind: str
    name: str
    at: str
    body: str


@dataclass(frozen=True, slots=True)
class HostAside:
    """A host set aside and still open: not yet seen at the new release, nor retired."""

    host: str
    reason: str
    at: str
    upgrade: int
    to: str
