"""Plans and states as JSON and back, exactly; and what a changed file is told."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ceilift.errors import BadInputError
from ceilift.pipeline import Pipelines
from ceilift.plan_json import (
    instances_from_json,
    instances_to_json,
    plan_from_json,
    plan_to_json,
    state_from_json,
    state_to_json,
)
from ceilift.state import (
    AgentConfig,
    BusState,
    CloudState,
    DatabaseState,
    Evidence,
    GroupState,
    HostState,
    Instance,
    QueueState,
    Restart,
)
from tests.clouds import Field
from tests.generated import Made, clouds
from tests.troubled import quiet

PLAN_KEYS = {
    "schema", "hash", "path", "from", "to", "stages", "steps", "gates", "point_of_no_return",
    "findings", "estimate_s",
}  # fmt: skip
STEP_KEYS = {
    "id", "stage", "action", "host", "component", "instance", "release", "needs", "why",
    "judged_by", "undo",
}  # fmt: skip
FINDING_KEYS = {"id", "severity", "what", "where", "why", "remedy"}
LOSS_KEYS = {
    "missed",
    "doubled",
    "longest_gap_s",
    "why",
    "missed_in_all",
    "doubled_in_all",
    "stored",
}

few = settings(max_examples=25)
numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
pipelines = st.none() | st.from_type(Pipelines)
configs = st.builds(AgentConfig, interval_s=numbers, pipelines=pipelines)
instances = st.lists(st.builds(Instance, config=configs), max_size=1).map(tuple)
hosts = st.builds(HostState, instances=instances, clock_skew_s=numbers)
states = st.builds(
    CloudState,
    hosts=st.lists(hosts, max_size=2).map(tuple),
    groups=st.lists(st.from_type(GroupState), max_size=1).map(tuple),
    evidence=st.lists(st.from_type(Evidence), max_size=1).map(tuple),
    baseline=instances,
    bus=st.none() | st.builds(BusState, publish_rate=numbers),
    database=st.none() | st.builds(DatabaseState, insert_rate=numbers),
)


def printed(data: object) -> Field:
    """What a file would give back."""
    return json.loads(json.dumps(data))


def faults(data: object) -> list[tuple[str, str]]:
    with pytest.raises(BadInputError) as caught:
        state_from_json(data, "state.json")
    assert {fault.file for fault in caught.value.faults} == {"state.json"}
    return [(fault.field, fault.what) for fault in caught.value.faults]


@few
@given(clouds())
def test_a_plan_comes_back_as_it_was(made: Made) -> None:
    plan = made.planned()

    assert plan_from_json(printed(plan_to_json(plan))) == plan


@few
@given(states)
def test_a_state_comes_back_as_it_was(state: CloudState) -> None:
    assert state_from_json(printed(state_to_json(state)), "state.json") == state


def test_a_full_state_comes_back_as_it_was() -> None:
    agent = Instance(
        quiet().state.instances[0].component,
        "ctl1",
        "ceilometer-collector",
        release="8.1.5",
        restart=Restart.PREVENTED,
        pids=(7, 8),
        config=AgentConfig(interval_s=10.0, udp_address="", resources=("a", "b")),
    )
    state = CloudState(
        cloud="test",
        taken_at="2026-01-01T00:00:00+00:00",
        hosts=(HostState("ctl1", instances=(agent,), clock_skew_s=0.25),),
        bus=BusState(reachable=True, queues=(QueueState("metering.sample", 1, 2, 3),)),
        groups=(GroupState("central-global", 2, ghosts=1),),
        database=DatabaseState(reachable=False, problem="timed out"),
        baseline=(agent,),
        evidence=(Evidence("database/backup", "9.0.7", detail="/backup/1.sql"),),
    )

    assert state_from_json(printed(state_to_json(state)), "state.json") == state
    assert instances_from_json(printed(instances_to_json(state.baseline))) == state.baseline


def test_the_public_form_of_a_plan_has_all_its_keys() -> None:
    data = plan_to_json(quiet().planned())

    assert data.keys() >= PLAN_KEYS
    assert all(step.keys() >= STEP_KEYS for step in data["steps"])
    assert all(finding.keys() >= FINDING_KEYS for finding in data["findings"])
    assert all(stage.keys() >= {"name", "batches", "expected_loss"} for stage in data["stages"])
    assert all(stage["expected_loss"].keys() == LOSS_KEYS for stage in data["stages"])


def test_steps_name_host_component_and_unit() -> None:
    data = plan_to_json(quiet().planned())
    by_id = {step["id"]: step for step in data["steps"]}

    stop, switch = by_id["collector/stop/ctl2"], by_id["api/switch"]

    assert (stop["host"], stop["component"]) == ("ctl2", "collector")
    assert stop["instance"] == "ceilometer-collector"
    assert (switch["host"], switch["component"], switch["instance"]) == (None, "api", None)
    assert [target["host"] for target in switch["targets"]] == ["ctl1", "ctl2"]


def test_only_plain_types_are_in_a_plan() -> None:
    data = plan_to_json(quiet().planned())

    assert printed(data) == data
    assert type(data["steps"][0]["action"]) is str


def test_a_changed_plan_is_refused() -> None:
    data = plan_to_json(quiet().planned())
    data["steps"][0]["needs"] = ["something/else"]

    with pytest.raises(BadInputError, match="not the hash of this plan"):
        plan_from_json(data)


def test_a_plan_of_another_schema_is_refused() -> None:
    data = plan_to_json(quiet().planned()) | {"schema": 99}

    with pytest.raises(BadInputError, match="schema 99"):
        plan_from_json(data)


def test_a_plan_with_fields_missing_names_them_all() -> None:
    data = plan_to_json(quiet().planned())
    del data["stages"]
    del data["steps"][0]["undo"]

    with pytest.raises(BadInputError) as caught:
        plan_from_json(data, "approved plan")

    assert {fault.field for fault in caught.value.faults} == {"stages", "steps.0.undo"}


def test_a_misspelt_field_of_a_state_is_named() -> None:
    data = state_to_json(quiet().state)
    data["hosts"][1]["instances"][0]["relase"] = data["hosts"][1]["instances"][0].pop("release")

    assert faults(data) == [("hosts.1.instances.0.relase", "there is no such field")]


def test_all_wrong_fields_of_a_state_are_named() -> None:
    data = state_to_json(quiet().state)
    data["hosts"][0]["reachable"] = "perhaps"
    data["hosts"][2]["instances"][0]["component"] = "kettle"

    assert [field for field, _ in faults(data)] == [
        "hosts.0.reachable", "hosts.2.instances.0.component",
    ]  # fmt: skip


@pytest.mark.parametrize("data", [None, [], "state", {}, {"schema": 2}])
def test_what_is_no_state_is_refused(data: object) -> None:
    assert faults(data)


def test_no_fault_repeats_what_stood_in_the_file() -> None:
    data = state_to_json(quiet().state) | {"taken_at": {"password": "hunter2"}}

    assert "hunter2" not in str(faults(data))
