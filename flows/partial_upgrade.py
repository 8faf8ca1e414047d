"""The partial path: new instances beside old ones, until none of the old is left."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from ceilift.clock import now
from flows.conduct import conduct
from flows.conducted import Conducted
from flows.request import PartialUpgradeForm
from tasks.session import BEGUN, Begun


@flow(name="partial-upgrade", flow_run_name="partial-upgrade-to-{form.to}", persist_result=False)
def partial_upgrade(form: PartialUpgradeForm) -> State[Any]:
    """Upgrade a cloud gradually: new instances run beside old ones, which are then retired.

    The plan is made from a fresh look at the cloud and carried out only when its hash is the
    approved one. Ends Completed, or Failed with a name that says why: Refused (nothing was
    changed), Paused (a gate could not decide), BadInput, Failed.

    Args:
        form: what the operator asks for.
    """
    return conduct(form, rolling_steps, BEGUN.get() or Begun(now()))


def rolling_steps(upgrade: Conducted) -> None:
    """The stages in the plan's order: the database first, the others as advised or asked for.

    Advised, and the default: collectors, notification agents, polling agents, API. Which of them
    run beside their old ones, and how, is the plan's.
    """
    upgrade.stage("database")  # backup, then dbsync, online: always first
    for name in upgrade.stages:
        upgrade.stage(name)
