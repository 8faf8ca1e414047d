"""New pollsters in a group of their own: who polls what, while members are upgraded and merged."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ceilift.plan import FOLDER, Action, Gate, Plan, Step, Timing
from ceilift.planner import make_plan
from ceilift.pollsters import PollingSource, PollstersSeen
from ceilift.state import CloudState
from tests.clouds import after, agent, begun, catalogue, in_order, inventory, request, seen

RESOURCES = ("r1", "r2")
sets = st.frozensets(st.sampled_from(["cpu", "memory", "disk"]), min_size=1)


def cloud(
    hosts: int, old: frozenset[str], new: frozenset[str], patterns: tuple[str, ...]
) -> tuple[Plan, CloudState]:
    names = [f"h{n}" for n in range(hosts)]
    described = inventory(
        {name: ["polling-central"] for name in names}, database=None, store="other", wsgi=None
    )
    sources = (PollingSource("s", 10.0, patterns, RESOURCES),)
    agents = [agent("polling", name, "16.0.1") for name in names]
    own = [
        replace(
            one.config,
            group_prefix="",
            resources=RESOURCES,
            polling_sources=sources,
            polling_digest="whole",
        )
        for one in agents
    ]
    agents = [replace(one, config=config) for one, config in zip(agents, own, strict=True)]
    told = (("16.0.1", old), ("17.0.2", new))
    pollsters = tuple(
        PollstersSeen(names[0], release, ("central",), tuple(sorted(loaded)))
        for release, loaded in told
    )
    state = begun(replace(seen(described, agents), pollsters=pollsters))
    return make_plan(described, state, catalogue(), request("17.0.2", path="partial")), state


def steps(plan: Plan, action: Action) -> list[Step]:
    return [step for step in plan.steps if step.action is action]


def held(step: Step) -> set[str]:
    return {name for file in step.files for name in file.meters}


@given(st.integers(2, 4), sets, sets)
def test_old_meters_are_polled_by_the_group_and_new_ones_beside_it(
    hosts: int, old: frozenset[str], new: frozenset[str]
) -> None:
    plan, _ = cloud(hosts, old, new, ("*",))

    for step in steps(plan, Action.BESIDE):
        assert held(step) == new - old != set()
        assert ("polling", "partitioning_group_prefix", "ceilift-new") in step.options
    apart = bool(new - old)
    assert len(steps(plan, Action.BESIDE)) == (hosts if apart else 0)
    for step in steps(plan, Action.START):
        assert held(step) == (old & new if apart else set())


@given(st.integers(2, 4), sets, sets)
def test_never_more_than_one_member_is_away(
    hosts: int, old: frozenset[str], new: frozenset[str]
) -> None:
    plan, state = cloud(hosts, old, new, ("*",))

    for node in in_order(plan):
        state = after(plan, state, [node.id])
        own = [one for one in state.instances if not one.unit.endswith("-ceilift")]
        assert sum(one.running for one in own) >= hosts - 1


@given(st.integers(2, 4), sets, sets)
def test_nobody_takes_the_whole_file_before_all_are_upgraded(
    hosts: int, old: frozenset[str], new: frozenset[str]
) -> None:
    plan, state = cloud(hosts, old, new, ("*",))

    for node in in_order(plan):
        if isinstance(node, Step) and node.action is Action.MERGE:
            own = [one for one in state.instances if not one.unit.endswith("-ceilift")]
            assert {one.release for one in own} == {"17.0.2"}
            beside = [one for one in state.instances if one.unit.endswith("-ceilift")]
            assert len(beside) == hosts
        state = after(plan, state, [node.id])
    assert not [one for one in state.instances if one.unit.endswith("-ceilift")]
    assert {one.config.polling_digest for one in state.instances} == {"whole"}


def test_each_own_file_stands_beside_the_hosts_and_is_read_by_its_unit_alone() -> None:
    plan, _ = cloud(2, frozenset({"cpu"}), frozenset({"cpu", "disk"}), ("*",))

    for step in (*steps(plan, Action.BESIDE), *steps(plan, Action.START)):
        (file,) = step.files
        assert file.place == f"{step.targets[0].unit}.polling.yaml"
        assert ("polling", "cfg_file", f"{FOLDER}/{file.place}") in step.options
    for step in steps(plan, Action.MERGE):
        assert not step.options
        assert step.timing is Timing.LEAVE


def test_gates_ask_for_the_meters_that_are_due_there() -> None:
    plan, _ = cloud(2, frozenset({"cpu"}), frozenset({"cpu", "disk"}), ("*",))

    def meters(part: str) -> set[tuple[str, ...]]:
        return {gate.meters for gate in plan.gates if _kind(gate) == part}

    assert meters("proven-beside") == {("disk",)}
    assert meters("proven") == {()}
    assert meters("merged") == {("cpu", "disk")}


def _kind(gate: Gate) -> str:
    return gate.id.split("/")[1]
