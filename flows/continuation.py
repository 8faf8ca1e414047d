"""The run that goes on in the next window, made by the one that a cutoff stopped."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.states import Scheduled

from ceilift.errors import WindowClosedError
from flows.consent import asking_run, by_schedule


def go_on_later(error: WindowClosedError) -> str:
    """Let the same deployment run again when the next window opens; gives that run's name.

    Empty where it does not: no window opens any more, the run is no deployment's, or a schedule
    made it, which makes the next one as well. A run that comes late waits for the window after it.
    """
    run = asking_run()
    if run is None or run.deployment_id is None or by_schedule() or error.opens is None:
        return ""
    form = {**run.parameters.get("form", {}), "wait": True}
    with get_client(sync_client=True) as client:
        made: FlowRun = client.create_flow_run_from_deployment(
            run.deployment_id,
            parameters={**run.parameters, "form": form},
            state=Scheduled(scheduled_time=datetime.fromtimestamp(error.opens, UTC)),
            idempotency_key=f"{run.id}-{error.opens:.0f}",
        )
    return made.name
