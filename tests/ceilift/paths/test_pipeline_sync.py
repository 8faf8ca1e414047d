"""Another pipeline for agents that share work: the old ones first, at once, and nothing unread."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ceilift.component import Component
from ceilift.plan import Action, GateKind, Plan, Step
from ceilift.plan_files import Origin
from ceilift.plan_text import plan_to_sentences
from ceilift.planner import make_plan
from ceilift.state import CloudState
from tests.clouds import after, begun, catalogue, in_order
from tests.golden import FOLDER, Golden, read

CHANGED = read(FOLDER / "partial-changed-pipeline.yaml")
SURGED = read(FOLDER / "partial-surge-new-pipeline.yaml")
STOPPED = read(FOLDER / "partial-stop-all-pipeline.yaml")
GIVEN = CHANGED.request.files[0].digest
NEW_PIPES = ("images:megabytes", "meters:every")
FORMER = CHANGED.first_state.instances[0].config.pipeline_digest


def whole(golden: Golden) -> tuple[Plan, CloudState]:
    state = begun(golden.first_state)
    return make_plan(golden.inventory, state, catalogue(), golden.request), state


def done_until(golden: Golden, last: str) -> CloudState:
    plan, state = whole(golden)
    ids = [node.id for node in in_order(plan)]
    return after(plan, state, ids[: ids.index(last) + 1])


def left(golden: Golden, state: CloudState) -> list[str]:
    plan = make_plan(golden.inventory, state, catalogue(), golden.request)
    return [node.id for node in in_order(plan)]


def step(plan: Plan, name: str) -> Step:
    found = plan.node(name)
    assert isinstance(found, Step)
    return found


def test_all_old_agents_are_reloaded_in_one_step_that_waits_for_every_file() -> None:
    plan, _ = whole(CHANGED)
    reload = step(plan, "notification/reload")

    assert [target.host for target in reload.targets] == ["ctl1", "ctl2"]
    assert reload.needs == ("notification/write/ctl1", "notification/write/ctl2")
    assert plan.node("notification/write/ctl1").needs == ("notification/drains",)
    first_stop = next(one for one in plan.steps if one.action is Action.STOP)
    assert first_stop.needs == ("notification/drained", "notification/drop/ctl1")


def test_what_drains_has_the_pipes_that_go_alone_and_no_queue_of_services() -> None:
    plan, _ = whole(CHANGED)
    drain = step(plan, "notification/drain/ctl1")

    assert drain.release == "9.0.6"
    assert drain.targets[0].drains
    assert {(file.place, file.origin, file.pipes) for file in drain.files} == {
        ("drain-pipeline.yaml", Origin.VANISHING, ("meters:all",)),
        ("drain-event_pipeline.yaml", Origin.VANISHING, ("meters:all",)),
    }
    assert drain.files[0].digest == FORMER
    options = {(part, name): value for part, name, value in drain.options}
    assert options["oslo_messaging_notifications", "topics"] == ""
    assert options["coordination", "backend_url"].startswith("file:///tmp/ceilift-drain-")
    assert options["DEFAULT", "pipeline_cfg_file"] == "{folder}/drain-pipeline.yaml"


def test_without_sharing_the_one_beside_has_the_new_file_and_the_old_one_its_own() -> None:
    plan, _ = whole(SURGED)
    beside = step(plan, "notification/beside/all")

    (file,) = beside.files
    assert (file.place, file.digest) == ("new-pipeline.yaml", GIVEN)
    assert ("DEFAULT", "pipeline_cfg_file", "{folder}/new-pipeline.yaml") in beside.options
    (own,) = step(plan, "notification/start/all").files
    assert (own.place, own.digest) == ("", GIVEN)
    assert not any(one.action in {Action.WRITE, Action.RELOAD} for one in plan.steps)


def test_while_all_are_down_the_queues_are_emptied_before_anything_starts() -> None:
    plan, _ = whole(STOPPED)

    assert plan.node("notification/drain/ctl1").needs == ("notification/all-stopped",)
    empty = ("notification/drained", "notification/drop/ctl1")
    assert plan.node("notification/start/ctl1").needs == empty
    assert not any(one.action in {Action.WRITE, Action.RELOAD} for one in plan.steps)


@pytest.mark.parametrize("last", ["notification/reload", "notification/pipeline"])
def test_a_file_somebody_changed_back_is_written_and_loaded_again(last: str) -> None:
    state = done_until(CHANGED, last)
    hosts = []
    for host in state.hosts:
        agents = [
            replace(one, config=replace(one.config, pipeline_digest=FORMER))
            if host.name == "ctl2" and not one.unit.endswith("-ceilift")
            else one
            for one in host.instances
        ]
        hosts.append(replace(host, instances=tuple(agents)))

    assert left(CHANGED, replace(state, hosts=tuple(hosts)))[:3] == [
        "notification/write/ctl2",
        "notification/reload",
        "notification/pipeline",
    ]


def test_a_reload_that_came_again_is_proven_again() -> None:
    state = done_until(CHANGED, "notification/drained")
    again = replace(state, evidence=(*state.evidence, state.evidence[-3]))

    assert state.evidence[-3].node == "notification/reload"
    assert left(CHANGED, again)[0] == "notification/pipeline"


def test_one_that_drains_and_is_gone_too_early_starts_again() -> None:
    state = done_until(CHANGED, "notification/drains")
    hosts = (
        replace(host, instances=tuple(i for i in host.instances if not i.unit.endswith("-ceilift")))
        for host in state.hosts
    )

    assert left(CHANGED, replace(state, hosts=tuple(hosts)))[:2] == [
        "notification/drain/ctl1",
        "notification/drains",
    ]


def back(state: CloudState) -> Plan:
    asked = replace(CHANGED.request, start_old="notification")
    return make_plan(CHANGED.inventory, state, catalogue(), asked)


def test_on_the_way_back_what_was_not_proven_goes_from_all_of_them_at_once() -> None:
    plan = back(done_until(CHANGED, "notification/reload"))

    writes = [one for one in plan.steps if one.action is Action.WRITE]
    assert [one.host for one in writes] == ["ctl1", "ctl2"]
    assert {(f.digest, f.origin) for one in writes for f in one.files} == {(FORMER, Origin.FORMER)}
    reload = step(plan, "notification/back-reload")
    assert reload.needs == tuple(one.id for one in writes)
    assert [target.host for target in reload.targets] == ["ctl1", "ctl2"]
    assert plan.node("notification/back-proven/ctl2").needs == ("notification/back-reload",)
    assert plan.node("notification/back-proven/ctl2").release == "9.0.6"
    assert "the former pipeline back" in plan_to_sentences(plan)
    assert step(plan, "notification/back-drop/ctl1").action is Action.REMOVE
    drain = step(plan, "notification/back-drain-new/ctl1")
    assert drain.needs == ("notification/back-drop/ctl1",)
    assert {(one.origin, one.pipes) for one in drain.files} == {(Origin.GIVEN, NEW_PIPES)}
    assert {one.digest for one in drain.files} == {GIVEN, ""}
    assert plan.node("notification/back-drained-new").needs == (drain.id,)
    assert [node.id for node in in_order(plan)][-1] == "notification/back-drop-new/ctl1"
    assert not any(one.action is Action.STOP for one in plan.steps)


def test_where_all_were_stopped_the_new_pipes_are_read_once_the_old_agents_are_proven() -> None:
    state = done_until(STOPPED, "notification/start/ctl1")
    asked = replace(STOPPED.request, start_old="notification")
    plan = make_plan(STOPPED.inventory, state, catalogue(), asked)

    drain = step(plan, "notification/back-drain-new/ctl1")
    assert drain.needs == ("notification/back-proven/ctl1", "notification/back-proven/ctl2")
    assert drain.release == "9.0.6"


def test_where_all_were_stopped_what_drains_is_gone_before_that_is_proven() -> None:
    state = done_until(STOPPED, "notification/drains")
    asked = replace(STOPPED.request, start_old="notification")
    plan = make_plan(STOPPED.inventory, state, catalogue(), asked)

    assert "notification/back-drop/ctl1" in plan.node("notification/back-all-stopped").needs
    assert not any("drain-new" in one.id for one in plan.steps)


def test_on_the_way_back_a_proven_pipeline_stays_with_all_of_them() -> None:
    plan = back(done_until(CHANGED, "notification/start/ctl1"))

    start = step(plan, "notification/back-start/ctl1")
    assert start.release == "9.0.6"
    assert start.files == ()
    assert not any(one.action in {Action.WRITE, Action.RELOAD} for one in plan.steps)


def test_on_the_way_back_nothing_is_left_unread_where_the_new_pipeline_stays() -> None:
    plan = back(done_until(CHANGED, "notification/pipeline"))

    assert [node.id for node in in_order(plan)] == [
        "notification/back-drained",
        "notification/back-drop/ctl1",
    ]
    assert step(plan, "notification/back-drop/ctl1").needs == ("notification/back-drained",)


def test_before_anything_was_written_the_way_back_only_takes_away_what_drains() -> None:
    plan = back(done_until(CHANGED, "notification/drains"))

    assert [one.id for one in plan.steps] == ["notification/back-drop/ctl1"]


def test_every_node_is_about_notification_agents() -> None:
    plan, _ = whole(CHANGED)

    found = {target.component for node in in_order(plan) for target in node.targets}
    assert found == {Component.NOTIFICATION}
    assert {gate.release for gate in plan.gates if gate.kind is GateKind.PIPELINE} == {"9.0.6"}


sinks = st.sets(st.sampled_from("abc"), min_size=1)


def pipeline(names: set[str]) -> str:
    """One source with these sinks."""
    source = {"name": "s", "meters": ["*"], "sinks": sorted(names)}
    given = [{"name": name, "publishers": ["notifier://"]} for name in sorted(names)]
    return str(yaml.safe_dump({"sources": [source], "sinks": given}))


@given(sinks, sinks, st.booleans(), st.integers(1, 3), st.data())
def test_whatever_changes_nothing_is_left_unread_and_the_rest_is_planned_again(
    old: set[str],
    new: set[str],
    shared: bool,  # noqa: FBT001 - drawn
    hosts: int,
    data: st.DataObject,
) -> None:
    described = {
        **CHANGED.data,
        "hosts": {f"h[1-{hosts}]": {"roles": ["notification"]}},
        "partitioned": shared,
        "pipeline": pipeline(old),
        "new_pipeline": pipeline(new),
    }
    golden = Golden(described)
    plan, state = whole(golden)
    actions = [one.action for one in plan.steps]

    assert plan.blockers == ()
    assert (Action.RELOAD in actions) == (shared and old != new)
    assert actions.count(Action.WRITE) == (hosts if shared and old != new else 0)
    pipes = {pipe for gate in plan.gates if gate.kind is GateKind.DRAINED for pipe in gate.pipes}
    assert pipes == ({f"s:{name}" for name in old - new} if shared else set())
    ids = [node.id for node in in_order(plan)]
    done = ids[: data.draw(st.integers(0, len(ids)))]
    fresh = after(plan, state, done)
    assert left(golden, fresh) == ids[len(done) :]
