"""What the accountant finds, as plain data. Times are epoch seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Key = tuple[str, str]
"""Meter and resource: what makes a series."""


@dataclass(frozen=True, slots=True)
class Learned:
    """The interval (seconds) of one series, and whether a configured one explains it."""

    interval_s: float
    configured: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """Meters that an upgrade brings, with their intervals in seconds, and those that it ends."""

    new: Mapping[str, float] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()


UNCHANGED = Changed()


@dataclass(frozen=True, slots=True)
class Span:
    """The time (epoch seconds) one stage took."""

    stage: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Gap:
    """Two neighbouring events more than 1.5 intervals apart, or the edge of the accounted time."""

    start: float
    end: float
    missed: int
    stage: str

    @property
    def seconds(self) -> float:
        """How long nothing came."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class SeriesAccount:
    """One meter of one resource: what was due and what came.

    `timestamps` are the raw ones of all events (epoch seconds); `doubles` those of the events
    that were one too many; `sent_twice` counts rows whose message id had been stored before;
    `late` are events stored more than one interval after they were measured.
    """

    meter: str
    resource: str
    interval_s: float
    configured: bool
    timestamps: tuple[float, ...]
    gaps: tuple[Gap, ...]
    doubles: tuple[float, ...]
    late: tuple[float, ...]
    sent_twice: int
    longest_gap_s: float

    @property
    def missed(self) -> int:
        """Events that were due and never came."""
        return sum(gap.missed for gap in self.gaps)


@dataclass(frozen=True, slots=True)
class StageLoss:
    """What one stage cost: sums over all series, and the most that one series suffered.

    The longest gap is the longest of any series, and named after it.
    """

    stage: str
    longest_gap_s: float
    longest_gap_of: str
    missed: int
    doubled: int
    late: int
    missed_most: int = 0
    doubled_most: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """The whole accounted time. `unaccounted` are series too short to have an interval."""

    since: float
    until: float
    series: tuple[SeriesAccount, ...]
    stages: tuple[StageLoss, ...]
    unaccounted: tuple[Key, ...]
    sent_twice: int

    @property
    def missed(self) -> int:
        """Events that were due and never came, over all series."""
        return sum(item.missed for item in self.series)

    @property
    def doubled(self) -> int:
        """Events that were one too many, over all series."""
        return sum(len(item.doubles) for item in self.series)
