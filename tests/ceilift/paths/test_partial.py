"""The partial path: never fewer agents than the policy allows, never two API versions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ceilift.component import AGENTS, Component
from ceilift.plan import Action, Plan
from ceilift.planner import make_plan
from ceilift.policy import Policy
from ceilift.state import CloudState
from tests.clouds import after, agents_of, begun, catalogue, in_order, inventory, request, seen

ROLES = ("collector", "notification", "polling-central", "api")

policies = st.builds(
    Policy,
    component=st.sampled_from(AGENTS),
    mode=st.sampled_from(["", "surge", "replace"]),
    batch=st.sampled_from(["1", "2", "50%", "100%"]),
    canary=st.booleans(),
)


def planned(hosts: int, chosen: list[Policy]) -> tuple[Plan, CloudState]:
    cloud = inventory({f"h{n}": ROLES for n in range(hosts)})
    state = begun(seen(cloud, agents_of(cloud, "9.0.6")))
    kept = {policy.component: policy for policy in chosen}
    wanted = request("9.0.7", path="partial", policies=tuple(kept.values()))
    return make_plan(cloud, state, catalogue(), wanted), state


def running(state: CloudState, component: Component) -> int:
    """On how many hosts one runs."""
    return len({i.host for i in state.instances if i.component is component and i.running})


@given(st.integers(1, 5), st.lists(policies, max_size=3))
def test_never_fewer_agents_than_the_policy_allows(hosts: int, chosen: list[Policy]) -> None:
    plan, state = planned(hosts, chosen)

    for node in in_order(plan):
        state = after(plan, state, [node.id])
        for component in AGENTS:
            away = plan.request.policy(component).away(hosts)
            alone = component is Component.POLLING and not plan.request.policy(component).mode
            assert running(state, component) >= hosts - (0 if alone else away)


@given(st.integers(1, 5), st.lists(policies, max_size=3))
def test_the_api_is_switched_on_all_hosts_in_one_step(hosts: int, chosen: list[Policy]) -> None:
    plan, _ = planned(hosts, chosen)

    switches = [step for step in plan.steps if step.action is Action.SWITCH_API]
    assert [len(step.targets) for step in switches] == [hosts]


@given(st.integers(1, 5), st.lists(policies, max_size=3))
def test_the_old_one_is_stopped_only_once_the_one_beside_it_is_proven(
    hosts: int, chosen: list[Policy]
) -> None:
    plan, _ = planned(hosts, chosen)
    besides = {s.host for s in plan.steps if s.action is Action.BESIDE and s.stage == "collector"}

    for step in plan.steps:
        if step.action is Action.STOP and step.stage == "collector" and step.host in besides:
            assert step.needs == (f"collector/proven-beside/{step.host}",)


@given(st.integers(1, 4), st.lists(policies, max_size=3))
def test_everything_comes_after_the_database(hosts: int, chosen: list[Policy]) -> None:
    plan, _ = planned(hosts, chosen)
    order = [node.id for node in in_order(plan)]

    assert order[:2] == ["database/backup", "database/dbsync"]
    known: set[str] = set()
    for node in in_order(plan):
        assert set(node.needs) <= known
        assert node.needs or node.id == "database/backup"
        known.add(node.id)
