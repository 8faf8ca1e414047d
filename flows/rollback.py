"""The way back of the last upgrade: what ran before runs again, proven by the same gates."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from ceilift.clock import now
from flows.conduct import conduct
from flows.conducted import Conducted
from flows.rollback_form import RollbackForm
from tasks.session import BEGUN, Begun


@flow(name="rollback", flow_run_name="rollback", persist_result=False)
def rollback(form: RollbackForm) -> State[Any]:
    """Take the last upgrade back, from wherever it is: services, units and files.

    The plan is made from the ledger and a fresh look at the cloud, and carried out only when its
    hash is the approved one. The database stays, unless its restore is asked for. Ends Completed,
    or Failed with a name that says why: Refused (nothing was changed), Paused (a gate could not
    decide), BadInput, Failed.

    Args:
        form: what the operator asks for.
    """
    return conduct(form, stages_in_order, BEGUN.get() or Begun(now()))


def stages_in_order(rolled: Conducted) -> None:
    """The stages in the plan's order, which is the reverse of that in which they were upgraded."""
    for name in rolled.stages:
        rolled.stage(name)
