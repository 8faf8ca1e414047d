"""Stored samples, whichever way they are read: what gates and accounts ask of them."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from ceilift.clock import now
from ceilift.state import DatabaseState, Sample
from ceilift.telemetry.ceilometer_api import ApiSamples

RECENT_S = 3600.0


class StoredSamples(Protocol):
    """The questions asked of stored samples; see telemetry.sql.SampleStore for each."""

    def events(
        self, since: float, until: float, meters: Collection[str] | None = None
    ) -> Sequence[Sample]:
        """Samples measured in [since, until], in order."""
        ...

    def newest(
        self, resources: Collection[str], since: float, meters: Collection[str] | None = None
    ) -> Mapping[str, float]:
        """When each of these resources was last measured at or after `since`."""
        ...

    def count(self, since: float, until: float, meters: Collection[str] | None = None) -> int:
        """How many samples were measured in [since, until]."""
        ...

    def newest_id(self) -> int:
        """A mark after which `rows_after` counts."""
        ...

    def rows_after(self, row_id: int) -> int:
        """How many samples came after that mark."""
        ...

    def insert_rate(self, window_s: float) -> float:
        """Samples stored a second."""
        ...

    def facts(self) -> DatabaseState:
        """That the store can be read, and what it tells of itself."""
        ...


class SamplesByApi(ApiSamples):
    """Ceilometer's API in the place of the database: its mark is a time, not a row.

    The API knows no order of storing: samples measured after the mark are counted, so a backlog
    that is worked off does not show until it has caught up.
    """

    def newest_id(self) -> int:
        """Now, in whole epoch seconds."""
        return int(now())

    def rows_after(self, row_id: int) -> int:
        """How many samples were measured since that second."""
        return self.count(float(row_id), now() + RECENT_S)

    def insert_rate(self, window_s: float) -> float:
        """Samples measured a second, over `window_s` seconds, for which this waits."""
        begun = now()
        threading.Event().wait(window_s)
        return self.count(begun, now()) / (now() - begun)
