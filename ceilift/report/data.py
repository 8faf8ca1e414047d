"""What a report is made from, and what it holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from ceilift.account import Account, Span
from ceilift.plan import Accepted, ExpectedLoss
from ceilift.record import HostAside, NodeState, Reading
from ceilift.state import Instance

NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True)
class Timing:
    """When the command was typed and ended (epoch seconds), and what filled the time.

    `pending_s`: seconds in which a remote command, a service start or a gate was pending (the
    union of the time line, not its sum); `prefect_s`: Prefect's own start.
    """

    begun: float
    ended: float
    pending_s: float
    prefect_s: float = 0.0
    task_runs: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """Everything a report is made from, next to plan and timing.

    `before` and `now` are the instances as they ran before the upgrade and run at its end; the
    hosts in `unread` did not answer then.
    `account` is None where samples could not be accounted for. `restored` are the steps that saved
    and restored the database, of this run or an earlier one; none where it stays.
    """

    outcome: str
    nodes: tuple[NodeState, ...]
    before: tuple[Instance, ...] = ()
    now: tuple[Instance, ...] = ()
    spans: tuple[Span, ...] = ()
    account: Account | None = None
    readings: tuple[Reading, ...] = ()
    asides: tuple[HostAside, ...] = ()
    next_command: str = ""
    restored: tuple[NodeState, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HostLine:
    """One instance: the release it ran before (empty: none) and the one it runs now.

    `now` is NOT_REACHED where its host did not answer.
    """

    host: str
    component: str
    unit: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class StageLine:
    """One stage: how long it took, what it was expected to cost, and what it cost.

    The figures of loss are None where samples could not be accounted for. `missed`, `doubled` and
    `late` are sums over all series; `missed_most` and `doubled_most` the most of any one, which is
    what the plan's expectation is about.
    """

    stage: str
    seconds: float | None
    expected: ExpectedLoss
    longest_gap_s: float | None = None
    longest_gap_of: str = ""
    missed: int | None = None
    doubled: int | None = None
    late: int | None = None
    missed_most: int | None = None
    doubled_most: int | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """The depth of one queue over time: (seconds since the first reading, messages)."""

    queue: str
    peak: int
    last: int
    picture: str
    series: tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True)
class Overhead:
    """Seconds from command to exit in which nothing outside us was pending, and how many may be."""

    seconds: float
    allowed_s: float
    total_s: float
    pending_s: float
    prefect_s: float
    task_runs: int

    @property
    def within(self) -> bool:
        """Whether it is as small as promised."""
        return self.seconds <= self.allowed_s


@dataclass(frozen=True, slots=True)
class Report:
    """What an upgrade did and what it cost, as data.

    `picture` is the account as an SVG, empty where there is no account. It is made of what the
    other fields hold, and is not part of the report as plain data.
    """

    headline: str
    outcome: str
    cloud: str
    path: str
    plan_hash: str
    releases: tuple[str, ...]
    to: str
    hosts: tuple[HostLine, ...]
    counts: dict[str, int]
    nodes: tuple[NodeState, ...]
    stages: tuple[StageLine, ...]
    outside: StageLine | None
    sent_twice: int | None
    backlogs: tuple[Backlog, ...]
    accepted: tuple[Accepted, ...]
    asides: tuple[HostAside, ...]
    overhead: Overhead
    next_command: str
    account: Account | None = field(default=None, repr=False)
    restored: tuple[NodeState, ...] = ()
    picture: str = field(default="", repr=False)
