"""What a gate sees each time it looks: one frozen record per kind of gate.

In every look None means "could not be measured"; times are epoch seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StopLook:
    """One look at a component that is to be stopped everywhere.

    `processes` counts its processes per host (None: the host could not be read). `connections`
    are those with its process name on the broker; `anonymous`, those from its hosts that carry
    no name at all. `consumers` counts those of its queue; `queue` is empty where it has none.
    `members` are live group members; `members_told` is false where the release does not beat
    (9.0.x polling agents, trap T3) or there is no coordination.
    """

    at: float
    processes: Mapping[str, int | None]
    connections: int | None = None
    anonymous: int = 0
    queue: str = ""
    consumers: int | None = None
    members_told: bool = False
    members: int | None = None


@dataclass(frozen=True, slots=True)
class CollectorLook:
    """One look at one collector.

    `consuming`: its own connection consumes metering.sample. `backlog`: ready and
    unacknowledged messages of that queue. `acknowledged`: messages its own connections have
    acknowledged since they opened. `rows`: samples stored by anyone since it started.
    """

    at: float
    running: bool | None
    consuming: bool | None
    backlog: int | None
    acknowledged: int | None
    rows: int | None


@dataclass(frozen=True, slots=True)
class NotificationLook:
    """One look at one notification agent.

    `consuming`: its own connection consumes notifications.sample. `acknowledged` as for a
    collector. `polled_rows`: samples of polled meters measured and stored since it started.
    `probe_row`: whether the marked probe notification's row is there (None: no probe sent).
    """

    at: float
    running: bool | None
    consuming: bool | None
    acknowledged: int | None
    polled_rows: int | None
    probe_row: bool | None = None


@dataclass(frozen=True, slots=True)
class PollingLook:
    """One look at one polling agent.

    `fresh`: which of its own resources have a sample measured after its start. `published`:
    messages its own connections have published. `namespace_rows`: samples of its namespaces'
    meters measured after its start, by whomever. `members`: live members of its group, of
    `expected` agents that run in it; `newest`: when each of `fresh` was measured last. `doubled`:
    polls of the meters polled before that were one too many lately (None: not looked at).
    """

    at: float
    running: bool | None
    fresh: frozenset[str] | None
    published: int | None = None
    namespace_rows: int | None = None
    members: int | None = None
    expected: int = 0
    newest: Mapping[str, float] = field(default_factory=dict)
    doubled: int | None = None


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What one API host answered. `status` 0: it did not answer; None: it could not be asked."""

    host: str
    status: int | None
    release: str | None


@dataclass(frozen=True, slots=True)
class ApiLook:
    """One look at all API hosts."""

    at: float
    answers: tuple[ApiAnswer, ...]


@dataclass(frozen=True, slots=True)
class AgentLook:
    """One notification agent that shares work: whether it has loaded its pipeline.

    `loaded`: its files are those it shall have, and its newest process began after they were
    written (None: its host could not be read). `queues` are those its own connections consume.
    """

    host: str
    running: bool | None
    loaded: bool | None
    queues: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PipelineLook:
    """One look at agents that share work: which of the pipes' queues (`wanted`) they read."""

    at: float
    agents: tuple[AgentLook, ...]
    wanted: frozenset[str]


@dataclass(frozen=True, slots=True)
class DrainLook:
    """One look at queues that are to be empty: messages in each of them, ready or on their way.

    None: which queues these are could not be told. A queue that does not exist has none.
    """

    at: float
    messages: Mapping[str, int] | None
