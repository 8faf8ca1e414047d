"""The only place in the domain that reads a clock, and the record of what a run waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime


def now() -> float:
    """Seconds since the epoch (UTC)."""
    return time.time()


def monotonic() -> float:
    """Seconds on a clock that never steps; only differences mean something."""
    return time.monotonic()


def timestamp(seconds: float | None = None) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(now() if seconds is None else seconds, UTC)
    return moment.isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time (epoch seconds) in which something outside us was pending, and what."""

    kind: str
    label: str
    start: float
    end: float


class Timeline:
    """Remembers when remote commands, service starts and gates were pending; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._intervals: list[Interval] = []

    @contextmanager
    def pending(self, kind: str, label: str) -> Iterator[None]:
        """Record the time spent inside, also when it ends in an exception."""
        start = now()
        try:
            yield
        finally:
            interval = Interval(kind, label, start, now())
            with self._lock:
                self._intervals.append(interval)

    def intervals(self) -> tuple[Interval, ...]:
        """All finished intervals so far, in the order they ended."""
        with self._lock:
            return tuple(self._intervals)


def covered(intervals: tuple[Interval, ...], start: float, end: float) -> float:
    """Seconds of [start, end] covered by at least one interval: their union, not their sum."""
    total, reached = 0.0, start
    for interval in sorted(intervals, key=lambda item: item.start):
        begin, stop = max(interval.start, reached), min(interval.end, end)
        if stop > begin:
            total += stop - begin
            reached = stop
    return total
