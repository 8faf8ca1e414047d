"""What a rolling polling stage is expected to lose."""

from __future__ import annotations

from dataclasses import replace

from ceilift.component import Component
from ceilift.plan import Action, Step, Target, Timing
from ceilift.rolling_loss import Polled, Polling, rolling_loss

MEMBERS = ("a", "b", "c")


def target(host: str, unit: str = "p") -> Target:
    return Target(Component.POLLING, host, unit)


def step(host: str, action: Action, timing: Timing, unit: str = "p") -> Step:
    return Step(
        id=f"polling/{action}/{host}",
        stage="polling",
        action=action,
        targets=(target(host, unit),),
        release="2",
        needs=(),
        why="",
        judged_by="",
        undo="",
        timing=timing,
    )


def replaced(host: str) -> list[Step]:
    return [step(host, Action.STOP, Timing.LEAVE), step(host, Action.START, Timing.JOIN)]


def group(*phases: float, series: int = 8) -> Polling:
    agents = {
        target(host): Polled(series, MEMBERS, phase)
        for host, phase in zip(MEMBERS, phases, strict=False)
    }
    return Polling(agents, 10.0)


def test_members_whose_ticks_are_near_each_other_lose_nothing() -> None:
    steps = [one for host in MEMBERS for one in replaced(host)]

    loss = rolling_loss(steps, group(1, 2, 3))

    assert (loss.missed_in_all, loss.doubled_in_all) == (0, 0)
    assert loss.longest_gap_s == 15.0


def test_a_join_among_ticks_without_room_doubles_a_part() -> None:
    loss = rolling_loss([step("d", Action.START, Timing.JOIN)], group(0, 3.3, 6.6, series=24))

    # Of 24 series a fourth member takes 6, two from each; one member is at risk.
    assert (loss.doubled_in_all, loss.doubled) == (2, 1)
    assert "half an interval" in loss.why


def test_a_leave_whose_heir_ticks_almost_opposite_doubles_a_part() -> None:
    loss = rolling_loss([step("a", Action.STOP, Timing.LEAVE)], group(0, 4.6, 1, series=24))

    # Of 24 series a third member has 8, and each of its heirs gets 4.
    assert (loss.doubled_in_all, loss.doubled, loss.missed_in_all) == (4, 1, 0)
    assert loss.longest_gap_s == 15.0
    assert "half an interval apart" in loss.why


def test_an_heir_exactly_opposite_doubles_as_likely_as_not() -> None:
    loss = rolling_loss([step("a", Action.STOP, Timing.LEAVE)], group(0, 5, 1, series=24))

    assert loss.doubled_in_all == 2


def test_one_beside_another_doubles_until_it_is_proven_twice() -> None:
    polling = Polling({target("a"): Polled(3), target("b"): Polled(5)}, 10.0, 2, 4.0)
    steps = [step("a", Action.BESIDE, Timing.AT_TICK, "p-ceilift")]

    loss = rolling_loss(steps, polling)

    assert (loss.doubled_in_all, loss.missed_in_all) == (6, 0)


def test_replaced_in_place_the_intervals_before_the_first_poll_are_missed() -> None:
    polling = Polling({target("a"): Polled(3)}, 10.0, 2, 4.0)
    steps = [step("a", Action.STOP, Timing.AFTER_TICK), step("a", Action.START, Timing.AT_TICK)]

    assert rolling_loss(steps, polling).missed_in_all == 6
    at_once = Polling({target("a"): Polled(3)}, 10.0, 0, 4.0)
    assert rolling_loss(steps, at_once).missed_in_all == 0


def test_without_an_interval_nothing_is_foretold() -> None:
    assert rolling_loss([], Polling()).doubled_in_all is None


def test_new_meters_of_merged_members_are_doubled_until_the_agents_beside_are_gone() -> None:
    steps = [step(host, Action.MERGE, Timing.LEAVE) for host in MEMBERS]
    polling = replace(group(1, 2, 3), new_series=60, new_resources=30)

    # From 2 polls to 9, on average 5.5, of a third of them each; and what chance may add.
    assert 60 * 5.5 < (rolling_loss(steps, polling).doubled_in_all or 0) < 60 * 5.5 * 1.35
    assert "one by one" in rolling_loss(steps, polling).why
    assert rolling_loss(steps[:0], polling).doubled_in_all == 0


def test_an_agent_beside_with_new_pollsters_takes_no_part_in_the_old_group() -> None:
    beside = step("d", Action.BESIDE, Timing.JOIN, unit="p-ceilift")

    assert rolling_loss([beside], group(0, 3.3, 6.6, series=24)).doubled_in_all == 0
