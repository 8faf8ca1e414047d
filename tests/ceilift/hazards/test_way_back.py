"""What stands against the way back of a whole upgrade, and what is worth knowing of it."""

from __future__ import annotations

from dataclasses import replace

from ceilift.plan import Plan
from ceilift.planner import make_plan
from ceilift.state import CloudState, Instance
from tests.clouds import agent, all_at, catalogue, inventory, request

CLOUD = inventory({"ctl1": ["collector", "polling-central"], "ctl2": ["collector"]})


def planned(*former: Instance, state: CloudState | None = None) -> Plan:
    was = former or all_at(CLOUD, "8.1.5").instances
    seen = replace(state or all_at(CLOUD, "9.0.7"), former=was, left="9.0.7")
    return make_plan(CLOUD, seen, catalogue(), request("8.1.5", rollback=True))


def ids(plan: Plan) -> set[str]:
    return {finding.id for finding in plan.findings}


def test_of_several_releases_none_is_gone_back_to() -> None:
    plan = planned(agent("collector", "ctl1", "8.1.5"), agent("collector", "ctl2", "9.0.6"))

    (finding,) = plan.blockers
    assert (finding.id, finding.where) == ("ran-otherwise", "ctl2")
    assert "8.1.5, 9.0.6" in finding.what


def test_one_release_everywhere_stands_against_nothing() -> None:
    assert planned().blockers == ()


def test_a_host_that_left_the_inventory_is_told() -> None:
    former = (*all_at(CLOUD, "8.1.5").instances, agent("collector", "old9", "8.1.5"))

    (finding,) = [one for one in planned(*former).findings if one.id == "host-left-out"]
    assert finding.where == "old9"
    assert "host-left-out" not in ids(planned())


def test_the_database_stays_and_is_told_where_something_is_done() -> None:
    assert "database-stays" in ids(planned())
    assert "database-stays" not in ids(planned(state=all_at(CLOUD, "8.1.5")))


def test_a_release_that_is_no_longer_there_bars_the_way_back() -> None:
    state = all_at(CLOUD, "9.0.7", installed=("9.0.7",))

    assert {one.id for one in planned(state=state).blockers} == {"target-not-installed"}
