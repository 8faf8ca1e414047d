"""The time line: what was pending, also when it failed, and how much of a run it covers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.clock import Interval, Timeline, covered, timestamp


def intervals(*spans: tuple[float, float]) -> tuple[Interval, ...]:
    return tuple(Interval("remote", "x", start, end) for start, end in spans)


@pytest.mark.parametrize(
    ("spans", "seconds"),
    [
        ([], 0),
        ([(1, 3), (2, 4)], 3),
        ([(1, 2), (3, 4)], 2),
        ([(1, 9), (2, 3)], 8),
        ([(-5, 1), (9, 20)], 2),
        ([(-5, 20)], 10),
        ([(3, 4), (1, 2), (3, 4)], 2),
    ],
)
def test_covered_is_the_union_within_the_run(
    spans: list[tuple[float, float]], seconds: float
) -> None:
    assert covered(intervals(*spans), 0, 10) == seconds


@given(st.lists(st.tuples(st.integers(-5, 15), st.integers(0, 9))))
def test_covered_counts_every_moment_once(found: list[tuple[int, int]]) -> None:
    spans = [(start, start + length) for start, length in found]
    moments = {m for start, end in spans for m in range(max(start, 0), min(end, 10))}

    assert covered(intervals(*spans), 0, 10) == len(moments)


def test_what_failed_was_pending_too() -> None:
    line = Timeline()

    with pytest.raises(RuntimeError), line.pending("gate", "g"):
        raise RuntimeError

    [found] = line.intervals()
    assert (found.kind, found.label) == ("gate", "g")
    assert found.end >= found.start


def test_several_threads_lose_nothing() -> None:
    line = Timeline()

    def one(number: int) -> None:
        with line.pending("remote", str(number)):
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(200)))

    assert {found.label for found in line.intervals()} == {str(n) for n in range(200)}


def test_a_timestamp_is_utc_to_the_millisecond() -> None:
    assert timestamp(0.5) == "1970-01-01T00:00:00.500+00:00"
