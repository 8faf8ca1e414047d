"""Prove from the stored samples that telemetry flows, from the Prefect UI."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from ceilift.cloud import Cloud
from ceilift.errors import CeiliftError
from ceilift.inventory_file import load_inventory
from flows.conduct import ended
from flows.request import VerifyForm
from flows.secrets import RunSecrets
from tasks.verification import Verified, verify_cloud


@flow(name="verify", persist_result=False)
def verify(form: VerifyForm) -> State[Any]:
    """Account for the last polls of every meter and resource; nothing is changed.

    Args:
        form: which cloud, and how far back.
    """
    try:
        inventory = load_inventory(form.file)
        with Cloud(inventory, RunSecrets()) as cloud:
            found = verify_cloud(cloud, intervals=form.intervals)
    except CeiliftError as error:
        return ended(error)
    create_markdown_artifact(key="verify", markdown=found.markdown(), description=found.headline)
    return end_state(found)


def end_state(found: Verified) -> State[Any]:
    """Completed when nothing is missing, Failed when something is, Paused when nobody can tell."""
    if found.outcome == "healthy":
        return Completed(message=found.headline)
    name = "Paused" if found.outcome == "inconclusive" else "Failed"
    return Failed(name=name, message=found.headline)
