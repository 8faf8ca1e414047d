"""A plan: plain data that prints, compares, stores and resumes for free."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from ceilift.component import Component
from ceilift.finding import Finding, Severity
from ceilift.inventory_hosts import DRAIN_SUFFIX
from ceilift.plan_files import FileKind, NewFile, StepFile
from ceilift.policy import Policy

SCHEMA = 1
PATHS = ("full", "partial")
FOLDER = "{folder}"  # in the value of an option: the folder of Ceilift's own files on the host


class Action(StrEnum):
    """What a step does. `tasks/catalog.py` maps each to the task that does it."""

    BACKUP = "backup"
    VERIFY_BACKUP = "verify-backup"  # restore the dump into the scratch database, and compare
    REHEARSE = "rehearse"  # the target's migration on that copy
    DBSYNC = "dbsync"
    SAVE = "save"  # dump what a restore takes
    RESTORE = "restore"  # the database becomes what it was when it was saved, and is compared
    STOP = "stop"  # stop the unit and prevent its restart
    START = "start"  # point the unit at the release and start it
    ENABLE = "enable"  # allow its restart again, once it is proven
    BESIDE = "beside"  # start the release under a unit of its own, beside the old one
    REMOVE = "remove"  # stop that unit and take it away again
    WARM_API = "warm-api"  # load the target's application beside the serving one
    SWITCH_API = "switch-api"  # all API hosts in one step, gracefully
    STOP_API = "stop-api"  # the web servers of all API hosts, by the inventory's command
    START_API = "start-api"  # the same, pointed at the release
    MERGE = "merge"  # restart a polling agent with the whole polling file, in the common group
    WRITE = "write"  # put new files where a running agent reads them when it loads them next
    RELOAD = "reload"  # let all `targets` load their files anew at the same moment


class Timing(StrEnum):
    """When in the polling interval an agent is stopped or started; see ceilift/handover.py."""

    NONE = ""  # at once
    LEAVE = "leave"  # its group: half an interval after its own tick
    JOIN = "join"  # its group: first poll where least of the others' polls is doubled
    AFTER_TICK = "after-tick"  # just after its own tick: nobody else polls what it polls
    AT_TICK = "at-tick"  # first poll when the one before it would have polled
    DUE = "due"  # first poll not before what all that stopped have polled is due again


class GateKind(StrEnum):
    """Where a verdict decides whether the run goes on."""

    ALL_STOPPED = "all-stopped"  # no process, no broker connection, no live group member
    COLLECTOR = "collector"
    NOTIFICATION = "notification"
    POLLING = "polling"
    API = "api"
    PIPELINE = "pipeline"  # agents have loaded their pipeline, every queue of `pipes` is read
    DRAINED = "drained"  # nothing is left in the queues of `pipes`
    HEARD = "heard"  # what polling agents had sent when it began was read


@dataclass(frozen=True, slots=True)
class Target:
    """The instance a step or gate is about: enough to find its unit on its host."""

    component: Component
    host: str
    unit: str = ""
    namespaces: tuple[str, ...] = ()

    @property
    def drains(self) -> bool:
        """Whether it is an agent of Ceilift's own that reads the queues of pipes that go."""
        return self.unit.endswith(DRAIN_SUFFIX)


@dataclass(frozen=True, slots=True)
class Step:
    """One act on one host (or, for `switch-api` and `reload`, on all of its `targets` at once).

    `needs` names the steps and gates that must be done before. `judged_by` says how success is
    told; `undo` how it is undone. `release` is what runs there afterwards (None: nothing does).
    `timing` is the moment of the polling interval it waits for; `options` (section, name, value)
    are what a unit is given beside the host's configuration. `files` are put on the host before.
    """

    id: str
    stage: str
    action: Action
    targets: tuple[Target, ...]
    release: str | None
    needs: tuple[str, ...]
    why: str
    judged_by: str
    undo: str
    timing: Timing = Timing.NONE
    options: tuple[tuple[str, str, str], ...] = ()
    files: tuple[StepFile, ...] = ()

    @property
    def host(self) -> str | None:
        """The host it acts on; None when it acts on several at once."""
        return self.targets[0].host if len(self.targets) == 1 else None


@dataclass(frozen=True, slots=True)
class Gate:
    """A place where a health verdict decides: healthy goes on, everything else stops the run.

    `timeout_s` is how long the gate may wait for a healthy verdict: what the release needs until
    its first effect, plus a margin; it is an estimate and not part of the plan's intent. `meters`
    are those a polling agent must show (empty: what was polled before). `pipes` are those of
    notification agents whose queues it looks at.
    """

    id: str
    stage: str
    kind: GateKind
    targets: tuple[Target, ...]
    release: str
    needs: tuple[str, ...]
    why: str
    timeout_s: float
    meters: tuple[str, ...] = ()
    pipes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectedLoss:
    """What a stage is expected to cost any one meter of one resource: polls missed and doubled.

    `missed_in_all` and `doubled_in_all` are the polls of all of them together, where the plan
    foretells them (None: it does not). `stored` are the samples that were stored before and that a
    restore takes (None: none is made, or nobody could look).
    """

    missed: int = 0
    doubled: int = 0
    longest_gap_s: float = 0.0
    why: str = ""
    missed_in_all: int | None = None
    doubled_in_all: int | None = None
    stored: int | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """One official step. `batches` hold ids of steps and gates; those of a batch run together."""

    name: str
    batches: tuple[tuple[str, ...], ...]
    expected_loss: ExpectedLoss = field(default_factory=ExpectedLoss)
    estimate_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding the operator accepted, or a host set aside, with the reason given."""

    id: str
    reason: str


FILES_READ = {
    Component.POLLING: (FileKind.POLLING,),
    Component.NOTIFICATION: (FileKind.PIPELINE, FileKind.EVENT_PIPELINE),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What the operator asks for, apart from the cloud itself.

    `api_after` names the stage after which the API is switched; `first` maps nothing but the
    host that must hold the first polling agent; `without` sets hosts aside, `accept` lifts
    acceptable blockers, both with reasons; `probe` allows one marked notification.
    `start_old` names a stage whose old release is started again after a failed gate. On the
    partial path `policies` say how components are rolled, `order` in which order, `only` which of
    them, and `stop_all` names stages that are carried out as on the full path. `files` are those
    that the hosts get with the target release. `rollback`: the target is what ran before the last
    upgrade; where what ran, and what that upgrade led to, is in the state (`former`, `left`).
    `restore_database`: the database goes back, too, to the dump that upgrade made.
    """

    to: str
    path: str = "full"
    api_after: str = "polling"
    first: str | None = None
    without: tuple[Accepted, ...] = ()
    accept: tuple[Accepted, ...] = ()
    probe: bool = False
    batch_size: int = 50
    start_old: str | None = None
    policies: tuple[Policy, ...] = ()
    order: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    stop_all: tuple[str, ...] = ()
    files: tuple[NewFile, ...] = ()
    rollback: bool = False
    restore_database: bool = False

    def file(self, kind: FileKind) -> NewFile | None:
        """The new file of that kind; None where the hosts keep theirs."""
        return next((one for one in self.files if one.kind is kind), None)

    def files_of(self, component: Component) -> tuple[NewFile, ...]:
        """The new files that agents of the component read."""
        return tuple(one for one in self.files if one.kind in FILES_READ.get(component, ()))

    def policy(self, component: Component) -> Policy:
        """The component's policy, as given or the default."""
        return next((p for p in self.policies if p.component is component), Policy(component))


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole intent: made by `make_plan`, approved by its hash, never edited afterwards."""

    cloud: str
    path: str
    releases: tuple[str, ...]  # what runs now, oldest first
    to: str
    stages: tuple[Stage, ...]
    steps: tuple[Step, ...]
    gates: tuple[Gate, ...]
    point_of_no_return: str | None
    findings: tuple[Finding, ...]
    request: Request

    @property
    def hash(self) -> str:
        """SHA-256 (first 16 hex digits) of the intent alone: no estimates, no measurements."""
        text = json.dumps(self._intent(), sort_keys=True, separators=(",", ":"), default=_fields)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def blockers(self) -> tuple[Finding, ...]:
        """The findings that refuse this plan; empty when it may be approved."""
        return tuple(f for f in self.findings if f.severity is Severity.BLOCKER)

    @property
    def estimate_s(self) -> float:
        """Seconds the run is expected to take: the sum over stages."""
        return round(sum(stage.estimate_s for stage in self.stages), 1)

    def node(self, node_id: str) -> Step | Gate:
        """The step or gate of that id. Raises KeyError when there is none."""
        nodes: tuple[Step | Gate, ...] = (*self.steps, *self.gates)
        for node in nodes:
            if node.id == node_id:
                return node
        raise KeyError(node_id)

    def _intent(self) -> dict[str, Any]:
        gates = [_fields(gate) for gate in self.gates]
        for gate in gates:
            del gate["timeout_s"]
        return {
            "schema": SCHEMA,
            "cloud": self.cloud,
            "path": self.path,
            "to": self.to,
            "batches": [[stage.name, stage.batches] for stage in self.stages],
            "steps": self.steps,
            "gates": gates,
            "request": self._wish(),
        }

    def _wish(self) -> dict[str, Any]:
        """The request; without a wish that most have not, so that older hashes hold."""
        asked = _fields(self.request)
        if not self.request.restore_database:
            del asked["restore_database"]
        return asked


def _fields(value: Any) -> dict[str, Any]:  # noqa: ANN401 - a dataclass, whichever
    """What a dataclass holds, for JSON: asdict would copy it all the way down first."""
    return {one.name: getattr(value, one.name) for one in fields(value)}
