"""What a merge is foretold to double: from the phases, the interval and chance."""

from __future__ import annotations

import pytest

from ceilift.merging_loss import Merged, Turn, merging_loss, turns_of, waits_longer


def members(interval: float, *, last_tick: float = 0.3) -> list[Merged]:
    """Each leaves half an interval after its own tick, the last of the others' ticks."""
    phases = (0.1 * interval, 0.2 * interval, last_tick * interval)
    return [
        Merged(
            (0.9 - 0.1 * at) * interval, (-0.1 * at) % 1 * interval, _moved(phases, at, interval)
        )
        for at in range(3)
    ]


def _moved(phases: tuple[float, ...], at: int, interval: float) -> tuple[float, ...]:
    return tuple((phase - 0.1 * at * interval) % interval for phase in phases)


@pytest.mark.parametrize(
    ("interval", "polls"),
    [(20.0, [3, 3, 1.1]), (30.0, [2.7, 2.7, 1.0]), (50.0, [2, 2, 1.0]), (300.0, [1, 1, 1.0])],
)
def test_who_cannot_be_proven_before_the_next_ones_moment_polls_once_more(
    interval: float, polls: list[float]
) -> None:
    found = list(turns_of(members(interval), interval))

    assert [turn.polls for turn in found] == pytest.approx(polls, abs=0.05)
    assert all(bool(turn.variance) == (turn.polls % 1 > 0.01) for turn in found)


def test_ticks_near_each_other_are_proven_in_time_at_a_shorter_interval() -> None:
    apart, near = (list(turns_of(members(36.0, last_tick=at), 36.0)) for at in (0.3, 0.2))

    assert near[0].polls < apart[0].polls


def test_who_has_taken_over_polls_once_before_it_leaves() -> None:
    soon = [Merged(50.0, 0.0, (10.0,)), Merged(20.0, 90.0, (0.0,))]

    # At 0.2 of the interval it has not polled yet: it leaves at 1.2, and is back at 1.9.
    assert next(turns_of(soon, 100.0)) == Turn(2.0, 0.0)


def test_without_phases_it_is_between_what_the_best_and_the_worst_would_be() -> None:
    late, unknown, early = (
        merging_loss(members(20.0), 3, 20.0, 30),
        merging_loss([], 3, 32.0, 30),
        merging_loss(members(50.0), 3, 50.0, 30),
    )
    assert early < unknown < late
    assert waits_longer(20.0) == 1.0
    assert waits_longer(3600.0) == 0.0


def test_more_resources_leave_less_to_chance_and_no_merge_doubles_nothing() -> None:
    few, many = (merging_loss(members(50.0), 3, 50.0, count) for count in (3, 300))

    assert few > many > 1 + 2
    assert merging_loss([], 0, 50.0, 8) == 0.0
