"""What it costs that all polling agents are down: against a simulation, and by its parts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from ceilift.component import Component
from ceilift.plan import Action, ExpectedLoss, Step, Target, Timing
from ceilift.polling_pause import Pause, joining_at_once, passed_on, pause_loss
from ceilift.rolling_loss import Polled

AT_ONCE = Pause(0.6, 2.0, 0.0, gate_s=7.0, interval_s=60.0, alone=False)
LATER = replace(AT_ONCE, first_poll_s=60.0, gate_s=67.0)
SERIES = 10_000


def start(host: str, timing: Timing = Timing.NONE) -> Step:
    target = Target(Component.POLLING, host, "p")
    return Step(
        f"polling/start/{host}",
        "polling",
        Action.START,
        (target,),
        "17.0.2",
        (),
        "",
        "",
        "",
        timing,
    )


def polled(*hosts: str, series: int = 8, group: bool = False) -> dict[Target, Polled]:
    members = hosts if group else ()
    return {start(host).targets[0]: Polled(series, members) for host in hosts}


def twice_when_joining(waves: Sequence[int]) -> float:
    """Simulated: each of a wave takes an even share of all before the wave, and polls at once."""
    chance = random.Random(7)  # noqa: S311 - a simulation
    members, twice = 1, 0
    for count in waves:
        for _ in range(SERIES):
            polls = sum(chance.random() < 1 / (members + 1) for _ in range(count))
            twice += max(0, polls - 1)
        members += count
    return twice / SERIES


@pytest.mark.parametrize("waves", [(1,), (1, 1, 1), (2,), (3,), (2, 5, 5)])
def test_what_newcomers_take_twice_is_as_simulated(waves: Sequence[int]) -> None:
    assert passed_on(waves) == pytest.approx(twice_when_joining(waves), abs=0.03)


def joined(*waves: int) -> ExpectedLoss:
    """One for all, then so many others in each wave; 24 series."""
    hosts = [f"h{number}" for number in range(sum(waves))]
    starts = [start("a", Timing.DUE), *(start(host, Timing.JOIN) for host in hosts)]
    agents = polled("a", *hosts, series=24, group=True)
    return pause_loss(replace(AT_ONCE, joining=waves), starts, agents)


def test_one_for_all_misses_nothing_and_who_joins_alone_doubles_nothing() -> None:
    loss = joined(1, 1, 1)

    assert (loss.missed, loss.missed_in_all) == (0, 0)
    assert (loss.doubled, loss.doubled_in_all) == (0, 0)
    assert loss.longest_gap_s == 1.5 * 60


def test_those_who_join_at_the_same_time_double_what_two_of_them_take() -> None:
    loss = joined(3)

    assert (loss.doubled, loss.doubled_in_all) == (2, 15)  # 3/2 - 7/8 of 24
    assert "3 at a time" in loss.why


@pytest.mark.parametrize(
    ("members", "interval_s", "at_once"),
    [(3, 10, 1), (3, 600, 1), (30, 60, 1), (30, 600, 10), (4, 3600, 4), (0, 60, 1), (3, 0, 1)],
)
def test_more_join_at_once_where_one_an_interval_would_take_too_long(
    members: int, interval_s: float, at_once: int
) -> None:
    assert joining_at_once(members, interval_s) == at_once


def test_one_for_all_that_takes_longer_than_an_interval_misses() -> None:
    slow = replace(AT_ONCE, start_s=100.0)

    loss = pause_loss(slow, [start("a", Timing.DUE)], polled("a", "b", group=True))

    assert (loss.missed, loss.missed_in_all) == (2, 16)


def test_agents_alone_that_poll_as_they_start_double_what_was_polled_just_before() -> None:
    loss = pause_loss(AT_ONCE, [start("a"), start("b")], polled("a", "b", series=100))

    # 2.6 s and 9.6 s of 60 s after the stop: who polled in the 27.4 s and 20.4 s before it.
    assert loss.doubled_in_all == pytest.approx(100 * 27.4 / 60 + 100 * 20.4 / 60, abs=1)
    assert (loss.missed_in_all, loss.longest_gap_s) == (0, 69.6)


def test_a_release_that_polls_after_an_interval_doubles_nothing() -> None:
    loss = pause_loss(LATER, [start("a"), start("b")], polled("a", "b"))

    assert (loss.doubled, loss.doubled_in_all) == (0, None)
    assert loss.missed == 2  # 62.6 s, and for the others 67 s more
