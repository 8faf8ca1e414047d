"""What holds for every plan of the full path, on clouds made up at random."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ceilift.component import AGENTS, Component
from ceilift.plan import Action, GateKind, Plan, Step
from ceilift.plan_json import plan_to_json
from ceilift.plan_nodes import plan_nodes
from ceilift.planner import difference, make_plan, remaining
from ceilift.state import CloudState
from tests.clouds import (
    after,
    agent,
    all_at,
    begun,
    catalogue,
    in_order,
    inventory,
    request,
    seen,
)
from tests.generated import Made, clouds, done_of, runnable_clouds

few = settings(max_examples=25)
EVERYTHING = ["collector", "notification", "polling-central", "api"]
LAB = {"ctl1": EVERYTHING, "ctl2": EVERYTHING, "pol1": ["polling-central"]}


def ancestors(plan: Plan) -> dict[str, set[str]]:
    """For every node all that comes before it by needs. Fails where a need is not earlier."""
    found: dict[str, set[str]] = {}
    for node in in_order(plan):
        found[node.id] = {*node.needs}.union(*(found[need] for need in node.needs))
    return found


def steps(plan: Plan, action: Action, stage: str | None = None) -> list[Step]:
    return [s for s in plan.steps if s.action is action and stage in {None, s.stage}]


def is_down(state: CloudState, component: Component) -> bool:
    return all(
        one.release in {None, "9.0.7"} for one in state.instances if one.component is component
    )


@few
@given(clouds())
def test_the_same_input_gives_the_same_bytes(made: Made) -> None:
    left, right = (json.dumps(plan_to_json(made.planned())) for _ in range(2))

    assert left == right


@few
@given(clouds())
def test_waves_hold_every_node_once_and_needs_come_first(made: Made) -> None:
    plan = made.planned()
    waves = [wave for stage in plan.stages for wave in stage.batches]
    ids = [node for wave in waves for node in wave]

    assert sorted(ids) == sorted(plan_nodes(plan))
    assert len(ids) == len(set(ids))
    assert all(waves)
    before = ancestors(plan)  # also: no need points forward, so there is no circle
    for wave in waves:
        assert not any(before[node] & set(wave) for node in wave)


@few
@given(clouds())
def test_stages_come_in_order_and_each_needs_the_one_before(made: Made) -> None:
    plan = made.planned()
    before = ancestors(plan)
    gates = {gate.id for gate in plan.gates}
    for earlier, later in zip(plan.stages, plan.stages[1:], strict=False):
        nodes = {node for wave in earlier.batches for node in wave}
        for node in later.batches[0]:
            assert before[node] & nodes
            assert nodes & gates <= before[node]


@few
@given(clouds())
def test_nothing_new_starts_before_everything_old_of_its_kind_is_stopped(made: Made) -> None:
    plan = made.planned()
    before = ancestors(plan)
    for component in AGENTS:
        stops = {step.targets[0].host: step.id for step in steps(plan, Action.STOP, component)}
        old = {
            one.host
            for one in made.state.instances
            if one.component is component and one.release not in {None, "9.0.7"}
        }
        assert old <= stops.keys()
        gates = {
            g.id for g in plan.gates if g.stage == component and g.kind is GateKind.ALL_STOPPED
        }
        for start in steps(plan, Action.START, component):
            assert {stops[host] for host in old} <= before[start.id]
            assert not old or gates <= before[start.id]


@few
@given(clouds())
def test_exactly_one_polling_agent_is_first(made: Made) -> None:
    plan = made.planned()
    before = ancestors(plan)
    firsts = [gate.id for gate in plan.gates if gate.id.startswith("polling/first/")]
    starts = steps(plan, Action.START, "polling")
    assert len(firsts) <= 1
    before_all = [one for one in made.state.instances if one.component is Component.POLLING]
    if starts and not any(one.release == "9.0.7" for one in before_all):
        assert len(firsts) == 1
    if starts and any(one.release not in {None, "9.0.7"} for one in before_all):
        assert len(firsts) == 1
    if firsts:
        gate = next(gate for gate in plan.gates if gate.id == firsts[0])
        alone = [start for start in starts if firsts[0] not in before[start.id]]
        assert [start.targets for start in alone] == [gate.targets]


@few
@given(clouds())
def test_the_first_polling_agent_is_the_one_asked_for_or_central(made: Made) -> None:
    plan = made.planned()
    wanted = [gate.targets[0] for gate in plan.gates if gate.id.startswith("polling/first/")]
    roles = [role for _, role in made.inventory.with_role(Component.POLLING)]
    for target in wanted:
        if made.request.first is not None:
            assert target.host == made.request.first
        elif any("central" in role.namespaces for role in roles):
            assert "central" in target.namespaces


@few
@given(clouds())
def test_no_stop_before_dbsync(made: Made) -> None:
    plan = made.planned()
    before = ancestors(plan)
    old = {one.release for one in made.state.instances} - {None, "9.0.7"}
    dbsync = [step.id for step in steps(plan, Action.DBSYNC)]

    assert bool(dbsync) or not (old and made.inventory.database)
    assert all({"database/backup"} == before[one] for one in dbsync)
    for step in plan.steps:
        if step.action not in {Action.BACKUP, Action.DBSYNC}:
            assert set(dbsync) <= before[step.id]


@few
@given(clouds())
def test_every_start_is_proven_and_only_then_enabled(made: Made) -> None:
    plan = made.planned()
    before = ancestors(plan)
    gates = {g.targets[0]: g.id for g in plan.gates if g.kind is not GateKind.ALL_STOPPED}
    for start in steps(plan, Action.START):
        assert start.id in before[gates[start.targets[0]]]
    for enable in steps(plan, Action.ENABLE):
        assert gates[enable.targets[0]] in before[enable.id]


@few
@given(clouds())
def test_the_api_is_warm_everywhere_before_one_switch(made: Made) -> None:
    plan = made.planned()
    before = ancestors(plan)
    switches = steps(plan, Action.SWITCH_API)

    assert len(switches) <= 1
    for switch in switches:
        assert {warm.id for warm in steps(plan, Action.WARM_API)} <= before[switch.id]
        assert {t.host for t in switch.targets} == {
            host.name for host, _ in made.inventory.with_role(Component.API)
        }


@few
@given(clouds(), st.sampled_from(["ctl1", "ctl2", "ctl3"]))
def test_nothing_is_done_on_a_host_set_aside(made: Made, host: str) -> None:
    names = [one.name for one in made.inventory.hosts]
    database = made.inventory.database
    if host not in names or host == made.request.first or (database and host == names[0]):
        return
    asked = request(without={host: "broken"})
    plan = replace(made, request=asked).planned()

    targets = {target.host for node in in_order(plan) for target in node.targets}
    assert host not in targets
    assert "set-aside" in {finding.id for finding in plan.findings}


@few
@given(runnable_clouds(), st.data())
def test_planned_anew_is_what_remains(made: Made, data: st.DataObject) -> None:
    state = begun(made.state)
    plan = made.planned(state)
    done = data.draw(done_of(plan))

    fresh = after(plan, state, done)
    left, anew = remaining(plan, fresh), made.planned(fresh)

    assert difference(left, anew) == ()
    assert left.hash == anew.hash
    assert left.stages == () or [s.name for s in left.stages] == [s.name for s in anew.stages]


@few
@given(runnable_clouds(), st.data())
def test_at_no_moment_new_runs_beside_old(made: Made, data: st.DataObject) -> None:
    state = begun(made.state)
    plan = made.planned(state)
    done = data.draw(done_of(plan))
    fresh = after(plan, state, done)

    for component in AGENTS:
        if any(start.id in done for start in steps(plan, Action.START, component)):
            assert is_down(fresh, component)


@few
@given(runnable_clouds())
def test_carried_out_the_cloud_is_as_the_inventory_wants_it(made: Made) -> None:
    state = begun(made.state)
    plan = made.planned(state)
    fresh = after(plan, state, [node.id for node in in_order(plan)])
    wanted = {(r.component, h.name) for h in made.inventory.hosts for r in h.roles}

    assert made.planned(fresh).steps == ()
    for one in fresh.instances:
        if (one.component, one.host) in wanted:
            assert one.release == "9.0.7"
        else:
            assert one.release is None
    # A second run, by somebody who knows nothing of the first, has nothing to do either.
    assert made.planned(replace(fresh, baseline=(), evidence=())).stages == ()


def test_two_units_of_a_component_on_one_host_are_told_apart() -> None:
    roles = [
        {"component": "polling", "namespaces": ["central"], "unit": "ceilometer-agent-central"},
        {"component": "polling", "namespaces": ["compute"], "unit": "ceilometer-agent-compute"},
    ]
    cloud = inventory({"all": roles})

    plan = make_plan(cloud, all_at(cloud, "8.1.5"), catalogue(), request())

    assert [s.id for s in steps(plan, Action.STOP)] == [
        "polling/stop/all/ceilometer-agent-central",
        "polling/stop/all/ceilometer-agent-compute",
    ]
    assert "polling/first/all/ceilometer-agent-central" in plan_nodes(plan)


def test_roles_that_share_a_unit_are_one_agent() -> None:
    cloud = inventory({"all": ["polling-central", "polling-compute"]})

    plan = make_plan(cloud, all_at(cloud, "8.1.5"), catalogue(), request())

    (start,) = steps(plan, Action.START)
    assert start.targets[0].namespaces == ("central", "compute")


def test_measurements_and_estimates_do_not_change_the_hash() -> None:
    cloud = inventory(LAB)
    state = all_at(cloud, "8.1.5")
    busier = replace(state, database=replace(state.database, size_bytes=9))  # type: ignore[type-var]

    left, right = (make_plan(cloud, one, catalogue(), request()) for one in (state, busier))

    assert left.estimate_s != right.estimate_s
    assert left.hash == right.hash


def test_another_order_is_another_hash() -> None:
    cloud = inventory(LAB)
    state = all_at(cloud, "8.1.5")

    left = make_plan(cloud, state, catalogue(), request())
    right = make_plan(cloud, state, catalogue(), request(api_after="database"))

    assert left.hash != right.hash
    assert "the order differs" in difference(left, right)


def test_a_difference_names_steps_and_new_blockers() -> None:
    cloud = inventory(LAB)
    state = all_at(cloud, "8.1.5")
    more = seen(cloud, (*state.instances, agent("collector", "pol1", "8.1.5")))
    blind = replace(more, bus=None)

    left = make_plan(cloud, state, catalogue(), request())
    right = make_plan(cloud, blind, catalogue(), request())
    words = difference(left, right)

    assert "new: step collector/stop/pol1" in words
    assert "changed: gate collector/all-stopped" in words
    assert any(word.startswith("new blocker broker-unreachable") for word in words)
    assert "no longer there: step collector/stop/pol1" in difference(right, left)


def test_a_thousand_hosts_need_no_thousand_edges_each() -> None:
    compute = [{"component": "polling", "namespaces": ["compute", "ipmi"]}]
    cloud = inventory(
        {**{f"ctl{n}": EVERYTHING for n in range(3)}, **{f"cmp{n}": compute for n in range(1000)}}
    )

    plan = make_plan(cloud, all_at(cloud, "8.1.5"), catalogue(), request())

    nodes = list(plan_nodes(plan).values())
    assert len(nodes) > 4000
    assert sum(len(node.needs) for node in nodes) < 3 * len(nodes)
