"""The upgrade that a rollback takes back, as the ledger knows it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ceilift.errors import RefusedError
from ceilift.ledger.store import Ledger
from ceilift.plan import Plan
from ceilift.plan_json import instances_from_json, plan_from_json
from ceilift.record import OpenUpgrade
from ceilift.state import Instance

PLAN = "plan"  # the ledger's document of a plan approved later for the same upgrade


@dataclass(frozen=True, slots=True)
class Undone:
    """An upgrade by its number, the plan approved last for it, and what ran before it.

    `by` is the rollback that takes it back, while that is open.
    """

    number: int
    plan: Plan
    former: tuple[Instance, ...]
    by: OpenUpgrade | None = None


def undone_upgrade(ledger: Ledger, cloud: str) -> Undone:
    """The cloud's last upgrade. Raises RefusedError where there is none, or it was taken back."""
    past = ledger.history(cloud)
    if not past:
        raise RefusedError(
            f"the ledger knows no upgrade of cloud {cloud}: there is nothing to roll back",
            next_command="ceilift history",
        )
    newest = past[0]
    number = newest.undoes or newest.id
    if newest.undoes is not None and newest.outcome == "done":
        raise RefusedError(
            f"upgrade {number} of cloud {cloud} was rolled back already, by {newest.id}: there is "
            "nothing to roll back",
            next_command="ceilift history",
        )
    begun = ledger.upgrade(number)
    by = ledger.open_upgrade(cloud) if newest.undoes is not None else None
    return Undone(number, newest_plan(ledger, begun), instances_from_json(begun.baseline), by)


def newest_plan(ledger: Ledger, upgrade: OpenUpgrade) -> Plan:
    """The plan approved last for that upgrade."""
    later = ledger.documents(upgrade.id, PLAN)
    return plan_from_json(json.loads(later[-1].body if later else upgrade.plan))
