"""The way back of one stage: what ran before runs again, and nothing stays dark."""

from __future__ import annotations

from dataclasses import replace

from ceilift.plan import Action, Plan
from ceilift.plan_nodes import plan_nodes
from ceilift.planner import make_plan
from ceilift.policy import policy_from_text
from ceilift.state import CloudState
from tests.clouds import after, agent, all_at, begun, catalogue, in_order, inventory, request, seen

POLLING = ["polling-central"]
CLOUD = inventory({"ctl1": ["collector", *POLLING], "pol1": POLLING, "pol2": []})


def failed() -> CloudState:
    """All polling agents down, the first one started and not proven; pol2 lost its role."""
    before = seen(CLOUD, (*all_at(CLOUD, "8.1.5").instances, agent("polling", "pol2", "8.1.5")))
    plan = make_plan(CLOUD, begun(before), catalogue(), request())
    ids = list(plan_nodes(plan))
    names = [node.id for node in in_order(plan)]
    assert set(ids) == set(names)
    return after(plan, begun(before), names[: names.index("polling/start/ctl1") + 1])


def back(state: CloudState, **changes: object) -> Plan:
    return make_plan(CLOUD, replace(state, **changes), catalogue(), request(start_old="polling"))  # type: ignore[arg-type]


def test_all_go_down_and_what_ran_before_comes_up_again() -> None:
    plan = back(failed())

    assert [stage.name for stage in plan.stages] == ["polling"]
    starts = {s.targets[0].host: s.release for s in plan.steps if s.action is Action.START}
    assert starts == {"ctl1": "8.1.5", "pol1": "8.1.5", "pol2": "8.1.5"}
    stops = {s.id for s in plan.steps if s.action is Action.STOP}
    assert set(plan.node("polling/back-all-stopped").needs) == stops
    assert len(stops) == 3


def test_each_is_proven_at_its_own_release_before_it_may_restart() -> None:
    plan = back(failed())

    gate = plan.node("polling/back-proven/pol1")
    assert gate.release == "8.1.5"
    assert gate.needs == ("polling/back-start/pol1",)
    assert plan.node("polling/back-enable/pol1").needs == (gate.id,)


def test_nothing_proven_on_the_way_on_counts_on_the_way_back() -> None:
    names = {node.id for node in in_order(back(failed()))}

    assert all(name.startswith("polling/back-") for name in names)


def test_only_what_bars_the_way_back_is_held_against_it() -> None:
    state = failed()
    gone = tuple(replace(host, installed=("9.0.7",)) for host in state.hosts)

    assert back(state).findings == ()
    assert {finding.id for finding in back(state, hosts=gone).blockers} == {"target-not-installed"}
    assert {finding.id for finding in back(state, bus=None).blockers} == {"broker-unreachable"}


def test_after_the_way_back_the_way_on_begins_with_the_whole_stage() -> None:
    state = failed()
    plan = back(state)
    old = all_at(CLOUD, "8.1.5").host("ctl1")
    assert old is not None
    running = {one.key: one for one in old.instances}
    hosts = tuple(
        replace(host, instances=tuple(running.get(one.key, one) for one in host.instances))
        for host in state.hosts
    )

    left = make_plan(CLOUD, replace(state, hosts=hosts), catalogue(), request())

    assert plan.steps
    assert {"polling/stop/ctl1", "polling/all-stopped", "polling/first/ctl1"} <= set(
        plan_nodes(left)
    )


ROLLED = request(path="partial")


def rolled(*, policies: tuple[str, ...] = (), until: str) -> CloudState:
    """A rolling upgrade of 9.0.6 that ended after that node."""
    before = begun(all_at(CLOUD, "9.0.6"))
    asked = replace(ROLLED, policies=tuple(policy_from_text(text) for text in policies))
    plan = make_plan(CLOUD, before, catalogue(), asked)
    names = [node.id for node in in_order(plan)]
    return after(plan, before, names[: names.index(until) + 1])


def test_rolled_only_the_host_that_left_the_old_release_goes_back() -> None:
    state = rolled(policies=("polling=replace",), until="polling/start/ctl1")

    plan = make_plan(CLOUD, state, catalogue(), replace(ROLLED, start_old="polling"))

    assert [node.id for node in in_order(plan)] == [
        "polling/back-stop/ctl1",
        "polling/back-start/ctl1",
        "polling/back-proven/ctl1",
        "polling/back-enable/ctl1",
    ]
    assert plan.node("polling/back-start/ctl1").release == "9.0.6"


def test_one_beside_an_old_one_that_goes_on_is_just_taken_away() -> None:
    state = rolled(until="polling/beside/ctl1")

    plan = make_plan(CLOUD, state, catalogue(), replace(ROLLED, start_old="polling"))

    assert [node.id for node in in_order(plan)] == ["polling/back-remove/ctl1"]


def test_one_beside_serves_until_the_old_one_is_proven_again() -> None:
    state = rolled(until="polling/stop/ctl1")

    plan = make_plan(CLOUD, state, catalogue(), replace(ROLLED, start_old="polling"))

    assert plan.node("polling/back-remove/ctl1").needs == ("polling/back-proven/ctl1",)
