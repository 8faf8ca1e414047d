"""Ceilometer's API in the place of the database: its mark is a time."""

from __future__ import annotations

from collections.abc import Collection

from ceilift.clock import now
from ceilift.state import Sample
from ceilift.telemetry.source import SamplesByApi


class Remembered(SamplesByApi):
    """An API that holds these samples and is asked without a network."""

    def __init__(self, *timestamps: float) -> None:
        super().__init__("http://192.0.2.1:8777")
        self.samples = [Sample("m", "r", at, at, str(at)) for at in timestamps]

    def events(
        self, since: float, until: float, meters: Collection[str] | None = None
    ) -> list[Sample]:
        found = [item for item in self.samples if since <= item.timestamp <= until]
        return [item for item in found if meters is None or item.meter in meters]


def test_what_was_measured_after_the_mark_is_counted() -> None:
    begun = now()
    store = Remembered(begun - 60, begun - 2)
    mark = store.newest_id()

    assert store.rows_after(mark) == 0
    store.samples.append(Sample("m", "r", begun + 1, begun + 1, "new"))
    assert store.rows_after(mark) == 1


def test_the_rate_is_what_was_measured_while_it_watched() -> None:
    begun = now()
    store = Remembered(begun - 60, begun + 0.02, begun + 0.04)

    rate = store.insert_rate(0.1)

    assert 0 < rate <= 2 / 0.1
