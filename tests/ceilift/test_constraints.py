"""What traps demand of the paths, by demand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ceilift.component import AGENTS, Component
from ceilift.constraints import Constraint, Demand, agent_order, constraints_of
from ceilift.pollsters import PollingSource, PollstersSeen
from ceilift.situation import Situation
from ceilift.state import AgentConfig
from tests.clouds import catalogue
from tests.crossing import going
from tests.troubled import MODERN, Cloud, modern, quiet

ONE_GROUP = {"group_prefix": "", "resources": ("r1", "r2")}
SOURCES = (PollingSource("s", 10.0, ("*",), ("r1", "r2")),)


def situation(cloud: Cloud) -> Situation:
    made = catalogue()
    target = made.get(cloud.request.to)
    return Situation(cloud.inventory, cloud.state, made, cloud.request, target)


def found(cloud: Cloud, demand: Demand) -> tuple[Constraint, ...]:
    return constraints_of(situation(cloud), demand)


def losing() -> Cloud:
    sections = {"database": None, "wsgi": None, "store": "gnocchi"}
    return quiet(MODERN, "17.0.2", **sections).asked(to="21.0.1")


def partitioned(cloud: Cloud) -> Cloud:
    config = AgentConfig(workload_partitioning=True)
    return cloud.agents(
        lambda one: replace(one, config=config) if one.component == "notification" else one
    )


def loads(*new: str) -> Cloud:
    told = (("16.0.1", ("cpu",)), ("17.0.2", new))
    seen = tuple(PollstersSeen("ctl1", release, ("central",), names) for release, names in told)
    return modern().polling(**ONE_GROUP, polling_sources=SOURCES).seen(pollsters=seen)


def test_polling_goes_before_notification_where_old_messages_are_lost() -> None:
    (one,) = found(losing(), Demand.BEFORE)

    assert (one.trap, one.component, one.then) == ("T1", Component.POLLING, Component.NOTIFICATION)
    assert agent_order(situation(losing())) == (
        Component.COLLECTOR,
        Component.POLLING,
        Component.NOTIFICATION,
    )


def test_elsewhere_the_official_order_is_kept() -> None:
    assert found(modern(), Demand.BEFORE) == ()
    assert agent_order(situation(modern())) == AGENTS


def test_what_was_sent_is_read_before_the_first_old_agent_stops() -> None:
    (one,) = found(losing(), Demand.READ_FIRST)

    assert [place.host for place in one.places] == ["ctl1", "ctl2"]
    assert found(modern(), Demand.READ_FIRST) == ()


@pytest.mark.parametrize(
    ("cloud", "traps"),
    [
        (quiet().polling(**ONE_GROUP), {"T2", "never-beside"}),
        (modern().polling(**ONE_GROUP), set()),
        (modern().polling(**ONE_GROUP, hash_seed_fixed=False), set()),
        (quiet(), set()),
        (partitioned(quiet()), {"T2"}),
        (partitioned(quiet(release="9.0.6")), set()),
        (partitioned(going("9.0.7", "10.0.1")), {"T4"}),
        (going("9.0.7", "10.0.1"), set()),
        (partitioned(going("10.0.1", "11.1.0")), set()),
        (partitioned(going("11.1.0", "12.1.1")), {"T5"}),
        (going("11.1.0", "12.1.1"), set()),
    ],
)
def test_what_cannot_be_shared_is_never_beside(cloud: Cloud, traps: set[str]) -> None:
    assert {one.trap for one in found(cloud, Demand.NEVER_BESIDE)} == traps


def test_only_a_group_with_new_pollsters_is_separate() -> None:
    (one,) = found(loads("cpu", "disk"), Demand.SEPARATE_GROUP)

    assert [place.host for place in one.places] == ["ctl1", "ctl2"]
    assert found(loads("cpu"), Demand.SEPARATE_GROUP) == ()


def test_a_random_wait_makes_gates_longer_up_to_nine() -> None:
    (one,) = found(quiet().polling(shuffle_s=40.0), Demand.LONGER_GATE)

    assert (one.trap, one.seconds) == ("T24", 40.0)
    assert found(quiet(), Demand.LONGER_GATE) == ()
    assert found(modern().polling(shuffle_s=40.0), Demand.LONGER_GATE) == ()


def test_every_constraint_has_a_source() -> None:
    clouds = (losing(), quiet().polling(**ONE_GROUP, shuffle_s=9.0), loads("cpu", "disk"))
    all_of_them = [one for cloud in clouds for demand in Demand for one in found(cloud, demand)]

    assert {one.demand for one in all_of_them} == set(Demand)
    assert all(one.source for one in all_of_them)
