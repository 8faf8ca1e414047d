"""When agents are stopped and started, by the ticks that their logs show."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from ceilift.clock import now
from ceilift.component import Component
from ceilift.handover import HALF, MARGIN, ROOM, gone
from ceilift.plan import Action, Step, Target, Timing
from ceilift.state import AgentConfig, HostState, Instance
from tasks import handover
from tasks.handover import CYCLE, ORDER_S, READY_S, Ticks, moment_for
from tasks.session import Session
from tests.tasks.conftest import Runs

T = 10.0
CONFIG = AgentConfig(coordinated=True, interval_s=T, resources=("r1", "r2"))


def agent(host: str, phase: float | None, **changes: object) -> Instance:
    """An agent that has ticked at that phase and was launched 1.2 s before its first tick."""
    last = now() - T + ((phase or 0) - now()) % T
    made = Instance(
        Component.POLLING,
        host,
        "p",
        ("central",),
        release="16.0.1",
        config=CONFIG,
        launched=last - 5 * T - 1.2,
        ticks=() if phase is None else (last,),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def step(host: str, action: Action, timing: Timing) -> Step:
    target = Target(Component.POLLING, host, "p", ("central",))
    return Step(
        f"polling/{action}/{host}", "polling", action, (target,), "17.0.2", (), "", "", "", timing
    )


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[HostState]:
    """What a look at the hosts gives."""
    found: list[HostState] = []
    monkeypatch.setattr(handover, "observe_hosts", lambda *_: tuple(found))
    return found


@pytest.fixture
def session(runs: Runs) -> Session:
    return runs.open()


def shown(found: list[HostState], *agents: Instance, skew: float = 0.0) -> None:
    found += [HostState(one.host, instances=(one,), clock_skew_s=skew) for one in agents]


def apart(one: float, other: float) -> float:
    distance = abs(one - other) % T
    return min(distance, T - distance)


def test_a_member_leaves_half_an_interval_after_its_tick(
    session: Session, seen: list[HostState]
) -> None:
    shown(seen, agent("a", 3), agent("b", 4))

    moment = moment_for(session, step("a", Action.STOP, Timing.LEAVE))

    assert apart(moment.at, 8) < 0.01
    assert now() + READY_S - 0.5 <= moment.at <= now() + READY_S + T


def test_a_member_leaves_earlier_when_an_heir_ticks_opposite(
    session: Session, seen: list[HostState]
) -> None:
    shown(seen, agent("a", 3), agent("b", 4), agent("c", 7.8))

    moment = moment_for(session, step("a", Action.STOP, Timing.LEAVE))

    assert apart(moment.at, 7.8 - gone(T) * T) < 0.01
    assert moment.words.endswith("; at risk of a doubled poll: c/p")


def test_a_member_leaves_without_regard_to_another_group(
    session: Session, seen: list[HostState]
) -> None:
    other = agent("b", 7.8, config=replace(CONFIG, group_prefix="own"))
    shown(seen, agent("a", 3), other)

    moment = moment_for(session, step("a", Action.STOP, Timing.LEAVE))

    assert apart(moment.at, 8) < 0.01
    assert moment.words == "half an interval after its own tick"


def test_a_member_leaves_when_it_has_ticked_since_the_newest_one_joined(
    session: Session, seen: list[HostState]
) -> None:
    # It took over a part when the one before left, and may not have polled that yet.
    launched = now() + READY_S
    phase = (launched - 0.2 * T) % T
    shown(seen, agent("a", phase), agent("b", launched % T, launched=launched))

    moment = moment_for(session, step("a", Action.STOP, Timing.LEAVE))

    assert apart(moment.at, phase + T / 2) < 0.01
    assert moment.at >= launched + T / 2


def test_a_successor_polls_half_an_interval_after_the_last_tick_before_it(
    session: Session, seen: list[HostState]
) -> None:
    # It left so short ago that the next moment would double what it polled itself.
    last = now() + 1.0
    gone = agent("a", None, release=None, launched=None, ticks=(last,))
    phase = (now() + 4.5) % T
    shown(seen, gone, agent("b", phase, release="17.0.2"))

    moment = moment_for(session, step("a", Action.START, Timing.JOIN))

    first = moment.at + 1.2 + ORDER_S
    assert apart(first, phase - MARGIN * T) < 0.05
    assert first >= last + T / 2


def test_nothing_waits_for_a_tick_that_a_wrong_clock_has_written(
    session: Session, seen: list[HostState]
) -> None:
    """Its log tells of a tick in five minutes: until its clock was set right it was ahead."""
    gone = agent("a", None, release=None, launched=None, ticks=(now() + 300,))
    shown(seen, gone, agent("b", 4, release="17.0.2"))

    moment = moment_for(session, step("a", Action.START, Timing.JOIN))

    assert moment.at == 0
    assert re.fullmatch(r"at once: by its ticks the moment is 3[012]\d s away", moment.words)


def test_a_moment_is_told_by_the_hosts_own_clock(session: Session, seen: list[HostState]) -> None:
    shown(seen, agent("a", 3), skew=2.5)

    moment = moment_for(session, step("a", Action.STOP, Timing.LEAVE))

    assert apart(moment.at, 8 + 2.5) < 0.01


def test_a_newcomer_polls_first_before_the_others_tick(
    session: Session, seen: list[HostState]
) -> None:
    stopped = agent("a", 9, release=None)
    shown(seen, stopped, agent("b", 3), agent("c", 4, release="17.0.2"))

    moment = moment_for(session, step("a", Action.START, Timing.JOIN))

    first = moment.at + 1.2 + ORDER_S  # what a start of the release took before
    assert apart(first, 3 - MARGIN * T) < 0.05


def test_the_first_start_of_a_release_is_planned_with_more_room(
    session: Session, seen: list[HostState]
) -> None:
    shown(seen, agent("a", 9, release=None), agent("b", 3), agent("c", 4))

    moment = moment_for(session, step("a", Action.START, Timing.JOIN))

    assert apart(moment.at + 1.2 + ORDER_S, 3 - 1.0) < 0.05


def test_an_agent_of_another_group_is_no_member(session: Session, seen: list[HostState]) -> None:
    other = agent("b", 3, config=replace(CONFIG, group_prefix="own"))
    shown(seen, agent("a", 9, release=None), other)

    moment = moment_for(session, step("a", Action.START, Timing.JOIN))

    assert (moment.at, moment.words) == (0.0, "at once: the ticks are not known")


def test_a_unit_that_is_not_there_yet_has_the_group_of_its_options(
    session: Session, seen: list[HostState]
) -> None:
    own = replace(CONFIG, group_prefix="own")
    shown(seen, agent("a", 9), agent("b", 3), agent("c", 6, unit="p-ceilift", config=own))
    target = Target(Component.POLLING, "a", "p-ceilift", ("central",))
    options = (("polling", "partitioning_group_prefix", "own"),)
    asked = replace(
        step("a", Action.BESIDE, Timing.JOIN), targets=(target,), release="16.0.1", options=options
    )

    moment = moment_for(session, asked)

    assert moment.words.startswith("to poll first before 1 members tick")
    assert apart(moment.at + 1.2 + ORDER_S, 6 - MARGIN * T) < 0.05


def test_a_member_with_fewer_of_the_resources_is_one_all_the_same(
    session: Session, seen: list[HostState]
) -> None:
    fewer = replace(CONFIG, resources=("r1",))
    shown(seen, agent("a", 9, release=None), agent("b", 3, config=fewer))

    assert "before 1 members" in moment_for(session, step("a", Action.START, Timing.JOIN)).words


def test_an_agent_alone_is_stopped_after_its_tick_and_started_for_its_next(
    session: Session, seen: list[HostState]
) -> None:
    shown(seen, agent("a", 3))

    stop = moment_for(session, step("a", Action.STOP, Timing.AFTER_TICK))
    start = moment_for(session, step("a", Action.START, Timing.AT_TICK))

    assert apart(stop.at, 3 + CYCLE * T) < 0.01
    assert apart(start.at + 1.2 + ORDER_S, 3.2) < 0.05


def test_one_for_all_polls_half_an_interval_after_the_last_of_them_polled(
    session: Session, seen: list[HostState]
) -> None:
    soon = agent("a", (now() + 3) % T)
    (newest,) = soon.ticks
    stopped = (replace(one, release=None, pids=()) for one in (soon, agent("b", newest - 2)))
    other = agent("c", newest + 1, config=replace(CONFIG, group_prefix="other"))
    shown(seen, *stopped, other)

    moment = moment_for(session, step("a", Action.START, Timing.DUE))

    usual = session.catalogue.get("17.0.2").timing.start_s.value[Component.POLLING]
    first_poll = moment.at + usual
    if first_poll > now() + READY_S + usual + 0.1:  # else that had passed before it could start
        assert first_poll == pytest.approx(newest + HALF * T + ROOM * T)
    assert first_poll >= newest + HALF * T


def test_one_for_all_starts_at_once_where_nobody_has_polled(
    session: Session, seen: list[HostState]
) -> None:
    shown(seen, agent("a", None, launched=None))

    moment = moment_for(session, step("a", Action.START, Timing.DUE))

    assert moment.words == "at once: the ticks are not known"


def test_who_has_polled_nothing_is_timed_by_its_start(
    session: Session, seen: list[HostState]
) -> None:
    silent = agent("a", None, launched=(launched := now() - 25))
    shown(seen, silent, agent("b", (launched + 3) % T))

    moment = moment_for(session, step("a", Action.STOP, Timing.LEAVE))

    assert silent.launched is not None
    assert apart(moment.at, silent.launched + 1.2 + ORDER_S + T / 2) < 0.05


def test_ticks_of_the_process_before_are_not_its_own() -> None:
    one = agent("a", 3)
    assert one.last_tick is not None
    again = replace(one, launched=one.last_tick + 1)

    assert again.last_tick is None
    assert Ticks((again,), Target(Component.POLLING, "b", "p")).members() == {}


def test_a_step_without_a_timing_waits_for_nothing(session: Session) -> None:
    assert moment_for(session, step("a", Action.START, Timing.NONE)).at == 0.0
