"""The accountant's figures on series whose truth is known by construction."""

from __future__ import annotations

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.account import OUTSIDE, Changed, Learned, Span, account, learn, sent_twice
from ceilift.state import Sample

TEN = Learned(10.0, configured=True)
KEY = ("hardware.cpu.util", "127.0.0.1")
jitter = st.floats(min_value=-1.0, max_value=1.0)


def sample(at: float, message: str = "", *, recorded: float | None = None) -> Sample:
    return Sample(*KEY, at, at + 0.2 if recorded is None else recorded, message or f"m{at}")


def ticks(count: int, interval: float = 10.0, start: float = 0.0) -> list[float]:
    return [start + index * interval for index in range(count)]


def figures(times: list[float], *, since: float, until: float) -> tuple[int, int]:
    found = account([sample(at) for at in times], {KEY: TEN}, [], since=since, until=until)
    return found.missed, found.doubled


def test_a_regular_series_misses_and_doubles_nothing() -> None:
    assert figures(ticks(10), since=-5, until=95) == (0, 0)


@pytest.mark.parametrize(
    ("gap", "missed"), [(14.9, 0), (15.1, 1), (20, 1), (24.9, 1), (25, 2), (30, 2), (45, 4)]
)
def test_a_gap_misses_its_whole_intervals_less_one(gap: float, missed: int) -> None:
    times = [*ticks(5), *ticks(5, start=40 + gap)]
    assert figures(times, since=0, until=80 + gap) == (missed, 0)


@pytest.mark.parametrize(("after", "doubled"), [(0.5, 1), (2, 1), (4.9, 1), (5.0, 1), (9, 1)])
def test_an_event_between_two_regular_ones_is_doubled(after: float, doubled: int) -> None:
    times = sorted([*ticks(5), 20 + after])
    assert figures(times, since=0, until=45) == (0, doubled)


def test_a_restart_that_polls_again_at_once_is_one_double_and_no_gap() -> None:
    assert figures([0, 10, 20, 24, 34, 44], since=0, until=50) == (0, 1)


def test_a_shorter_interval_while_the_phase_shifts_is_no_double() -> None:
    assert figures([0, 10, 20, 26, 36, 46], since=0, until=50) == (0, 0)


def test_two_agents_in_one_group_double_every_cycle() -> None:
    times = sorted([*ticks(6), *ticks(6, start=2)])
    assert figures(times, since=0, until=55) == (0, 6)


def test_two_agents_half_an_interval_apart_are_seen_too() -> None:
    times = sorted([*ticks(6), *ticks(6, start=5)])
    assert figures(times, since=0, until=56)[1] >= 5


def test_samples_of_one_poll_are_one_event() -> None:
    rows = [sample(at, f"{at}-{copy}") for at in ticks(5) for copy in range(3)]
    found = account(rows, {KEY: TEN}, [], since=0, until=45)
    assert (found.missed, found.doubled, found.sent_twice) == (0, 0, 0)
    assert found.series[0].timestamps == tuple(ticks(5))


def test_the_same_message_twice_is_sent_twice_and_not_doubled() -> None:
    rows = [sample(at) for at in ticks(5)] + [sample(20.0), sample(30.0)]
    found = account(rows, {KEY: TEN}, [], since=0, until=45)
    assert (found.doubled, found.sent_twice, found.series[0].sent_twice) == (0, 2, 2)


def test_rows_without_message_id_are_never_called_sent_twice() -> None:
    assert sent_twice([Sample(*KEY, at, None, "") for at in (0.0, 10.0)]) == 0


def test_a_series_that_ends_and_one_that_never_came_are_missed() -> None:
    silent = ("hardware.cpu.util", "127.0.0.2")
    found = account([sample(at) for at in ticks(3)], {KEY: TEN, silent: TEN}, [], since=0, until=62)
    ended, never = found.series
    assert (ended.missed, ended.longest_gap_s) == (3, 42)
    assert (never.missed, never.longest_gap_s, never.timestamps) == (5, 62, ())


def test_losses_stand_at_the_stage_in_which_they_happened() -> None:
    spans = [Span("collector", 0, 30), Span("polling", 30, 90)]
    times = [0, 10, 12, 20, 30, 60, 70, 80, 90]
    rows = [sample(at, recorded=at + (15 if at == 20 else 0.1)) for at in times]
    collector, polling, outside = account(rows, {KEY: TEN}, spans, since=0, until=95).stages
    assert (collector.missed, collector.doubled, collector.late) == (0, 1, 1)
    assert (polling.missed, polling.doubled, polling.longest_gap_s) == (2, 0, 30)
    assert polling.longest_gap_of == "hardware.cpu.util of 127.0.0.1"
    assert (outside.stage, outside.missed, outside.doubled) == (OUTSIDE, 0, 0)


def test_a_stage_that_ran_twice_is_one_line() -> None:
    spans = [Span("polling", 0, 20), Span("polling", 40, 60)]
    found = account([sample(at) for at in ticks(7)], {KEY: TEN}, spans, since=0, until=60)
    assert [loss.stage for loss in found.stages] == ["polling", OUTSIDE]


def test_an_unknown_series_is_named_and_not_judged() -> None:
    found = account([sample(0.0)], {}, [], since=-5, until=5)
    assert (found.unaccounted, found.series) == ((KEY,), ())


@pytest.mark.parametrize(
    ("interval", "configured", "expected"),
    [
        (10.2, [10.0], Learned(10.0, configured=True)),
        (60.0, [10.0, 60.0], Learned(60.0, configured=True)),
        (60.0, [10.0], Learned(60.0, configured=False)),
        (10.2, [], Learned(10.2, configured=False)),
    ],
)
def test_the_configured_interval_that_explains_the_median_is_learned(
    interval: float, configured: list[float], expected: Learned
) -> None:
    found = learn([sample(at) for at in ticks(8, interval)], configured)[KEY]
    assert found.configured is expected.configured
    assert found.interval_s == pytest.approx(expected.interval_s)


def test_doubled_polls_before_the_upgrade_do_not_become_the_norm() -> None:
    times = sorted([*ticks(6), *ticks(6, start=2)])
    assert learn([sample(at) for at in times], [10.0])[KEY] == TEN


def test_events_that_keep_no_interval_are_not_learned() -> None:
    assert learn([sample(at) for at in (0, 3, 21, 28, 60, 62, 90)], [10.0]) == {}


def test_polls_that_jitter_on_a_busy_machine_are_learned() -> None:
    gaps = [11.3, 8.3, 10.1, 12.0, 7.8, 11.6, 8.4, 14.9, 6.5, 9.2, 12.8]
    times = list(accumulate(gaps, initial=0.0))
    assert learn([sample(at) for at in times], [10.0])[KEY] == TEN
    assert figures(times, since=0, until=times[-1]) == (0, 0)


def test_one_missed_poll_does_not_hide_a_series() -> None:
    assert learn([sample(at) for at in (0, 10, 30, 40, 50)], [10.0])[KEY] == TEN


def test_two_events_are_too_few_to_learn_from() -> None:
    assert learn([sample(0.0), sample(10.0)], [10.0]) == {}


@given(st.lists(jitter, min_size=4, max_size=30), st.data())
def test_every_removed_poll_is_missed_and_nothing_else(
    shifts: list[float], data: st.DataObject
) -> None:
    times = [index * 10.0 + shift for index, shift in enumerate(shifts)]
    removed = data.draw(st.sets(st.sampled_from(range(1, len(times) - 1))))
    left = [at for index, at in enumerate(times) if index not in removed]
    assert figures(left, since=times[0], until=times[-1]) == (len(removed), 0)


@given(st.lists(jitter, min_size=4, max_size=30), st.data())
def test_every_added_poll_is_doubled_and_nothing_else(
    shifts: list[float], data: st.DataObject
) -> None:
    times = [index * 10.0 + shift for index, shift in enumerate(shifts)]
    after = data.draw(st.sets(st.sampled_from(range(len(times) - 1))))
    extra = [times[index] + data.draw(st.floats(0.1, 3.0)) for index in after]
    found = figures(sorted({*times, *extra}), since=times[0], until=times[-1])
    assert found == (0, len(extra))


@pytest.mark.parametrize(
    ("times", "doubles"),
    [
        ([0, 10, 20, 20.4, 30, 40], (20.4,)),
        ([0, 10, 19.5, 20.1, 30, 40], (20.1,)),
        ([0, 0.3, 10, 10.3, 20], (0.3, 10.3)),
        ([0, 10, 20, 27, 30, 40], (27,)),
        ([0, 10, 20, 25, 30, 40], (25,)),
        ([0, 2, 10, 12, 20, 22, 30], (2, 12, 22)),
    ],
)
def test_of_two_close_events_the_one_off_the_beat_is_named_else_the_later(
    times: list[float], doubles: tuple[float, ...]
) -> None:
    found = account([sample(at) for at in times], {KEY: TEN}, [], since=-5, until=45)
    assert found.series[0].doubles == doubles


@given(st.lists(jitter, min_size=5, max_size=30), st.data())
def test_every_copy_is_named_whatever_else_was_removed(
    shifts: list[float], data: st.DataObject
) -> None:
    times = [index * 10.0 + shift for index, shift in enumerate(shifts)]
    inner = range(1, len(times) - 1)
    removed = data.draw(st.sets(st.sampled_from(inner)))
    copied = data.draw(st.sets(st.sampled_from(inner))) - removed
    copies = [times[index] + data.draw(st.floats(0.1, 0.9)) for index in sorted(copied)]
    left = sorted([*copies, *(at for index, at in enumerate(times) if index not in removed)])

    rows = [sample(at) for at in left]
    found = account(rows, {KEY: TEN}, [], since=times[0], until=times[-1]).series[0]

    assert found.doubles == tuple(copies)
    assert found.missed == len(removed)


@given(st.lists(st.floats(0, 1000), max_size=40, unique=True))
def test_figures_agree_with_the_raw_timestamps(times: list[float]) -> None:
    found = account([sample(at) for at in times], {KEY: TEN}, [], since=0, until=1000).series[0]
    edges = (0.0, *found.timestamps, 1000.0)
    assert found.longest_gap_s == max(later - earlier for earlier, later in pairwise(edges))
    assert set(found.doubles) <= set(found.timestamps)
    assert all(gap.seconds >= 15 or gap.end == 1000 or gap.start == 0 for gap in found.gaps)


@given(st.permutations(ticks(8)))
def test_the_order_of_rows_does_not_matter(times: list[float]) -> None:
    assert figures(times, since=0, until=75) == (0, 0)


def test_a_series_of_a_new_meter_is_due_from_its_first_sample_on() -> None:
    rows = [sample(at) for at in (40, 50, 70, 72)]
    changed = Changed({KEY[0]: 10.0})

    found = account(rows, {}, [], since=0, until=75, changed=changed)

    assert (found.missed, found.doubled) == (1, 1)
    assert found.series[0].longest_gap_s == 20
    assert found.unaccounted == ()


def test_a_new_meter_of_a_series_that_was_known_is_judged_as_before() -> None:
    changed = Changed({KEY[0]: 30.0})

    found = account([sample(40)], {KEY: TEN}, [], since=0, until=45, changed=changed)

    assert found.series[0].interval_s == 10.0


def test_a_meter_that_goes_is_not_missed_afterwards() -> None:
    rows = [sample(at) for at in ticks(4)]

    found = account(rows, {KEY: TEN}, [], since=0, until=95, changed=Changed({}, frozenset(KEY)))

    assert found.missed == 0
    assert account(rows, {KEY: TEN}, [], since=0, until=95).missed == 6
