"""When members join and leave: against a group that is played tick by tick."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ceilift.account import judge
from ceilift.handover import (
    BORDER,
    HALF,
    MARGIN,
    ROOM,
    best_due,
    best_join,
    best_leave,
    cycles,
    doubled_by_changes,
    gone,
    next_at,
    not_squeezed,
    punctual,
    replaced,
    retiring_order,
)

T = 10.0
PUNCTUAL, GONE = punctual(T), gone(T)
phases = st.floats(0, T, exclude_max=True, allow_nan=False)


def groups(least: int, most: int) -> st.SearchStrategy[dict[str, float]]:
    return st.lists(phases, min_size=least, max_size=most).map(
        lambda found: {f"m{index}": phase for index, phase in enumerate(found)}
    )


def polls(owner: float, heir: float, since: float, *, first: float | None = None) -> list[float]:
    """When a resource is polled that changes from its owner to its heir.

    From `since` on the group knows of the change; `first` is the first poll of an heir that is
    new, otherwise it goes on at its own phase. Each looks at the group just before its ticks.
    """
    before = [next_at(owner, T, since - (n + 1) * T) for n in range(3)]
    start = next_at(heir, T, since) if first is None else first
    return sorted(before) + [start + n * T for n in range(3)]


def intervals(moments: list[float]) -> list[float]:
    return [(later - earlier) / T for earlier, later in pairwise(moments)]


@given(own=phases, heirs=groups(1, 4), late=st.floats(0, 0.99 * GONE))
def test_leaving_misses_nothing_and_doubles_only_who_is_at_risk(
    own: float, heirs: Mapping[str, float], late: float
) -> None:
    leave = best_leave(own, heirs, T)
    left = next_at(leave.phase, T, next_at(own, T, 1000.0)) + late * T

    for name, tick in heirs.items():
        found = intervals(polls(own, tick, left))
        assert all(one <= 1.5 + 1e-9 for one in found)
        assert name in leave.at_risk or all(one >= HALF - 1e-9 for one in found)


@given(own=phases, heirs=groups(0, 4))
def test_a_member_leaves_half_an_interval_after_its_tick_or_somewhat_earlier(
    own: float, heirs: Mapping[str, float]
) -> None:
    leave = best_leave(own, heirs, T)

    after = (leave.phase - own) % T / T
    assert HALF - BORDER - GONE - 1e-9 <= after <= HALF + 1e-9
    opposite = [t for t in heirs.values() if abs((t - own) % T / T - HALF) < BORDER + GONE + 1e-9]
    assert opposite or abs(after - HALF) < 1e-9
    assert 0 <= leave.doubled <= len(leave.at_risk)


def test_an_heir_just_before_the_opposite_takes_over_at_once() -> None:
    leave = best_leave(
        1, {"early": 4.0, "before": 5.6, "opposite": 6.0, "after": 6.6, "late": 9.0}, T
    )

    assert leave.phase == pytest.approx(5.6 - GONE * T)
    assert leave.at_risk == {"before", "opposite"}
    assert leave.doubled == pytest.approx(1.5)


@given(groups(1, 6))
def test_who_is_not_at_risk_is_not_doubled(ticks: Mapping[str, float]) -> None:
    join = best_join(ticks, T)
    first = next_at(join.phase, T, 1000.0)

    for name, tick in ticks.items():
        found = intervals(polls(tick, join.phase, first, first=first))
        doubled = any(one < HALF for one in found)
        assert doubled == (name in join.at_risk)
        assert all(one <= 1.5 for one in found)


@given(groups(1, 6))
def test_a_first_poll_that_has_room_doubles_nothing_when_it_is_early_or_late(
    ticks: Mapping[str, float],
) -> None:
    join = best_join(ticks, T)

    assert 0 <= join.doubled <= len(ticks)
    assert join.at_risk or join.doubled < 1e-9 or join.slack < PUNCTUAL


def test_a_first_poll_on_the_border_doubles_every_other_time() -> None:
    join = best_join({"a": 0.0, "b": 5.4, "c": 5.4}, T)

    assert join.phase == pytest.approx(5.0)
    assert join.doubled == pytest.approx(0.5)


@given(st.floats(1, 3600))
def test_of_a_long_interval_starts_take_a_smaller_part(interval: float) -> None:
    assert punctual(2 * interval) <= punctual(interval)
    assert gone(2 * interval) <= gone(interval)
    assert punctual(interval) * interval >= 0.4 - 1e-9
    assert gone(interval) * interval >= 0.8 - 1e-9


@given(groups(1, 2))
def test_two_members_leave_room_for_a_third(ticks: Mapping[str, float]) -> None:
    spread = (max(ticks.values()) - min(ticks.values())) % T
    near_half = abs(spread - T / 2) <= PUNCTUAL * T
    assert near_half or not best_join(ticks, T).at_risk


@given(st.lists(st.floats(0, 0.2 * T), min_size=1, max_size=6), phases)
def test_up_to_six_members_within_a_fifth_put_nothing_at_risk(
    found: list[float], offset: float
) -> None:
    ticks = {f"m{index}": (offset + phase) % T for index, phase in enumerate(found)}

    ways = replaced(retiring_order(ticks, T), ticks, T)

    assert not any(way.join.at_risk for way in ways)
    assert sum(way.risk for way in ways) < len(ticks) / 4


@given(groups(3, 4))
def test_three_or_four_members_can_always_be_replaced_without_doubling(
    ticks: Mapping[str, float],
) -> None:
    order = retiring_order(ticks, T)

    assert sorted(order) == sorted(ticks)
    joins = [one.join for one in replaced(order, ticks, T)]
    # Of four ticks at least three are in one half; room for the newcomers has to be left as well.
    risks = sum(len(join.at_risk) for join in joins)
    assert risks <= len(ticks) - 2
    spans = sorted((a - b) % T for a in ticks.values() for b in ticks.values() if a != b)
    near_half = any(abs(span - T / 2) <= (MARGIN + 3 * PUNCTUAL) * T for span in spans)
    assert near_half or not risks


@given(groups(7, 9))
def test_of_many_members_each_is_replaced_once(ticks: Mapping[str, float]) -> None:
    assert sorted(retiring_order(ticks, T)) == sorted(ticks)


def test_the_order_given_is_kept_where_it_costs_nothing() -> None:
    assert retiring_order({"a": 0.5, "b": 0.7, "c": 0.9}, T) == ("a", "b", "c")


def test_the_order_is_taken_whose_starts_have_most_room() -> None:
    # The last of the ticks has to go first, or the successors find too short a stretch.
    assert retiring_order({"a": 0.5, "b": 0.7, "c": 0.9, "d": 7.5}, T) == ("d", "a", "b", "c")
    (first, *_) = replaced(("d", "a", "b", "c"), {"a": 0.5, "b": 0.7, "c": 0.9, "d": 7.5}, T)
    assert first.join.slack == pytest.approx(MARGIN)


def test_another_order_is_taken_where_it_puts_fewer_at_risk() -> None:
    assert retiring_order({"a": 2.0, "b": 9.0, "c": 1.0, "d": 4.0}, T) == ("b", "d", "a", "c")
    # As given, c would leave opposite the successor of b.
    assert retiring_order({"a": 0.5, "b": 0.7, "c": 0.9, "d": 7.0}, T) == ("d", "a", "b", "c")


@given(
    st.lists(st.floats(0, 0.2 * T), min_size=2, max_size=4),
    st.lists(st.floats(-PUNCTUAL / 2 * T, PUNCTUAL / 2 * T), min_size=4, max_size=4),
    phases,
)
def test_an_order_that_was_approved_stays_when_ticks_are_measured_anew(
    found: list[float], errors: list[float], offset: float
) -> None:
    ticks = {f"m{index}": (offset + phase) % T for index, phase in enumerate(found)}
    anew = {name: (ticks[name] + error) % T for name, error in zip(ticks, errors, strict=False)}
    approved = retiring_order(ticks, T)

    assert retiring_order(anew, T, approved) == approved


def test_an_order_is_given_up_when_another_is_clearly_better() -> None:
    ticks = {"a": 0.5, "b": 0.7, "c": 0.9, "d": 7.5}

    assert retiring_order(ticks, T, ("a", "b", "c", "d")) == ("d", "a", "b", "c")
    assert retiring_order(ticks, T, ("d", "c", "b", "a")) == ("d", "c", "b", "a")


def test_an_order_of_other_members_says_nothing() -> None:
    assert retiring_order({"a": 0.5, "b": 0.7}, T, ("b", "c")) == ("a", "b")
    assert retiring_order({"a": 0.5, "b": 0.7}, T, ("b", "a")) == ("b", "a")


def test_of_ticks_close_together_the_first_is_what_a_newcomer_comes_before() -> None:
    assert best_join({"a": 3.0, "b": 3.3}, T).phase == pytest.approx(3 - MARGIN * T)


def test_expected_doubles_by_the_ring() -> None:
    # Of 8 series on 4 members a newcomer takes 8/5, a quarter of it from the one at risk. Who
    # leaves 4 others had 8/5, and gives a quarter of it to each.
    assert doubled_by_changes([(4, 1)], 8) == 8 / 5 / 4
    assert doubled_by_changes([(4, 1), (4, 0.5)], 8) == pytest.approx(1.5 * 8 / 5 / 4)
    assert doubled_by_changes([(0, 0)], 8) == 0


def test_the_lines_of_one_cycle_are_one_tick() -> None:
    assert cycles([10.2, 10.4, 12.0, 20.3, 21.0, 30.2], 10) == (10.2, 20.3, 30.2)
    assert cycles([], 10) == ()


@given(st.lists(st.floats(0, 0.99 * T), min_size=1, max_size=6))
def test_one_for_all_that_stopped_within_an_interval_neither_misses_nor_doubles(
    offsets: list[float],
) -> None:
    ticks = [1000.0 + offset for offset in offsets]

    first = best_due(ticks, T)

    assert all(0.5 * T - 1e-6 <= first - tick <= 1.5 * T + 1e-6 for tick in ticks)


def test_one_for_all_does_not_wait_longer_than_it_has_to() -> None:
    assert best_due([1000.0, 1001.0], T) == pytest.approx(1001 + 0.5 * T + ROOM * T)


@given(
    own=st.floats(0, 0.99),
    heirs=st.lists(st.floats(0, 0.99), min_size=1, max_size=5),
    restart=st.floats(0.05, 0.9),
)
def test_what_goes_from_one_to_another_and_on_is_polled_neither_too_often_nor_too_late(
    own: float, heirs: list[float], restart: float
) -> None:
    """Judged as the account judges, for each member that may have it in between."""
    ticks = {str(number): phase * T for number, phase in enumerate(heirs)}
    leave, join = best_leave(own * T, ticks, T), best_join(ticks, T)
    assume(not leave.at_risk and not join.at_risk)
    left = 100 * T + own * T
    gone_at = next_at(leave.phase, T, left)
    first = next_at(join.phase, T, max(gone_at + restart * T, left + HALF * T))

    first = not_squeezed(first, left, ticks.values(), T)

    for phase in ticks.values():
        between = [next_at(phase, T, gone_at) + n * T for n in range(6)]
        polls = [left - T, left, *(at for at in between if at < first), first, first + T]
        assert list(judge._doubles(polls, T)) == []
        assert max(later - one for one, later in pairwise(polls)) <= 1.5 * T + 0.01


def test_one_interval_more_is_waited_only_where_a_poll_would_be_one_too_many() -> None:
    left, soon, later = 1000.0, 1000.0 + 1.15 * T, 1000.0 + 1.4 * T

    assert not_squeezed(soon, left, [left + 0.6 * T], T) == soon + T  # it has taken over at once
    assert not_squeezed(soon, left, [left + 0.2 * T], T) == soon  # it takes over behind the new one
    assert not_squeezed(later, left, [left + 0.6 * T], T) == later
