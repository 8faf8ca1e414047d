"""Look at a cloud from the Prefect UI: what runs, and what an upgrade would meet."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from ceilift.cloud import Cloud
from ceilift.errors import CeiliftError
from ceilift.inventory_file import load_inventory
from ceilift.observe import observe, remember_activity, remember_turns
from ceilift.plan import Plan
from ceilift.planner import make_plan
from ceilift.release import load_catalogue
from ceilift.state import CloudState
from flows import artifacts
from flows.conduct import ended
from flows.request import PreflightForm
from flows.secrets import RunSecrets


@flow(name="preflight", flow_run_name="preflight-to-{form.to}", persist_result=False)
def preflight(form: PreflightForm) -> State[Any]:
    """Look at the cloud and show the plan to the target release; nothing is changed.

    Ends Completed also when the plan has blockers: finding them is what it is for.

    Args:
        form: which cloud, and which release it should run.
    """
    try:
        state, plan = _planned(form)
    except CeiliftError as error:
        return ended(error)
    artifacts.show_hosts(state)
    artifacts.show_plan(plan)
    found = f"{len(plan.findings)} findings, {len(plan.blockers)} of them blockers"
    return Completed(message=f"plan {plan.hash}: {len(plan.steps)} steps; {found}")


def _planned(form: PreflightForm) -> tuple[CloudState, Plan]:
    inventory, catalogue = load_inventory(form.file), load_catalogue()
    request = form.request()
    catalogue.get(form.to)
    with Cloud(inventory, RunSecrets()) as cloud:
        state = observe(cloud, catalogue, request)
        remember_activity(cloud, state)
        made = make_plan(inventory, state, catalogue, request)
        remember_turns(cloud, made)
    return state, made
