"""The run graph that Prefect holds is the plan's: every edge, every name, every retry policy.

Prefect is imported inside: fast tests must not pay for it.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

from time import monotonic, sleep
from typing import Any
from uuid import UUID

import pytest

from ceilift.cloud import Cloud
from ceilift.plan import Gate, Plan, Step
from ceilift.planner import make_plan
from ceilift.secrets import EnvFileSecrets
from tests import clouds

NEVER_AGAIN = {"dbsync"}
RECORDED_WITHIN_S = 60
EVERYTHING = ("collector", "notification", "polling-central", "api")
CLOUD = clouds.inventory(
    {"ctl1": EVERYTHING, "ctl2": EVERYTHING, "pol1": ["polling-central"]},
    services={"backend": "systemd", "definition": "/etc/systemd/system/{unit}.service"},
)


@pytest.fixture
def plan() -> Plan:
    return make_plan(CLOUD, clouds.all_at(CLOUD, "8.1.5"), clouds.catalogue(), clouds.request())


def task_runs(flow_run: UUID, expected: int) -> dict[str, Any]:
    """The task runs of a flow run by name, once the server has recorded that they ended.

    The server writes task runs behind the client's back, from events.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    wanted = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run]))
    deadline = monotonic() + RECORDED_WITHIN_S
    with get_client(sync_client=True) as client:
        while True:
            found = client.read_task_runs(flow_run_filter=wanted, limit=200)
            ended = [run for run in found if run.state and run.state.is_final()]
            if len(ended) == expected or monotonic() > deadline:
                return {run.name: run for run in found}
            sleep(0.5)


def carried_out(plan: Plan) -> tuple[UUID, dict[str, str]]:
    """Run the plan dry under a real server; gives the flow run and each node's task run name."""
    from prefect import flow
    from prefect.context import FlowRunContext

    from flows.conducted import Conducted
    from flows.execution import groups
    from flows.full_upgrade import official_steps
    from tasks.progress import Silent
    from tasks.run import dry_run
    from tasks.session import CURRENT

    @flow
    def recorded() -> UUID:
        with Cloud(CLOUD, EnvFileSecrets()) as cloud:
            CURRENT.set(dry_run(cloud, clouds.catalogue(), plan, Silent()))
            official_steps(Conducted(CURRENT.get()))
        context = FlowRunContext.get()
        assert context is not None
        assert context.flow_run is not None
        return context.flow_run.id

    names = {
        node: group.name
        for stage in plan.stages
        for group in groups(plan, stage)
        for node in group.nodes
    }
    return recorded(), names


@pytest.mark.prefect
@pytest.mark.usefixtures("server")
def test_every_edge_and_retry_policy_of_the_plan_is_in_the_run_graph(
    plan: Plan,
) -> None:
    flow_run, names = carried_out(plan)
    runs = task_runs(flow_run, len(names))

    assert set(runs) == set(names.values())
    nodes: tuple[Step | Gate, ...] = (*plan.steps, *plan.gates)
    for node in nodes:
        run = runs[names[node.id]]
        waited = {str(item.id) for item in run.task_inputs.get("wait_for", [])}
        assert waited == {str(runs[names[need]].id) for need in node.needs}, node.id
        final = isinstance(node, Gate) or node.action.value in NEVER_AGAIN
        assert run.empirical_policy.retries == (0 if final else 2), node.id
        assert run.state.is_completed(), node.id
