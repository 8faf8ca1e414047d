"""The full path: of each kind, everything old is stopped before anything new starts."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from ceilift.clock import now
from flows.conduct import conduct
from flows.conducted import Conducted
from flows.request import FullUpgradeForm
from tasks.session import BEGUN, Begun


@flow(name="full-upgrade", flow_run_name="full-upgrade-to-{form.to}", persist_result=False)
def full_upgrade(form: FullUpgradeForm) -> State[Any]:
    """Upgrade a cloud along the full path: the five official steps, in the advised order.

    The plan is made from a fresh look at the cloud and carried out only when its hash is the
    approved one. Ends Completed, or Failed with a name that says why: Refused (nothing was
    changed), Paused (a gate could not decide), BadInput, Failed.

    Args:
        form: what the operator asks for.
    """
    return conduct(form, official_steps, BEGUN.get() or Begun(now()))


def official_steps(upgrade: Conducted) -> None:
    """The five steps of the official procedure; edges inside and between them are the plan's."""
    upgrade.stage("database")  # backup, then dbsync, online: nothing is stopped
    upgrade.stage("collector")  # all stopped, then all new ones started
    upgrade.stage("notification")  # the same
    upgrade.stage("polling")  # down on all hosts; one first; data seen again; then the others
    upgrade.stage("api")  # at any point: it runs earlier when the operator says so
