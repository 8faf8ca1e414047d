"""Upgrades in a real ledger, as runs write them down."""

from __future__ import annotations

import json

from ceilift.ledger.store import Ledger
from ceilift.plan import Plan
from ceilift.plan_json import instances_to_json, plan_to_json
from ceilift.state import CloudState


def begin(ledger: Ledger, plan: Plan, state: CloudState, undoes: int | None = None) -> int:
    """Open an upgrade with that plan on a cloud that was seen so; its number."""
    lease = ledger.leases.take(plan.cloud, "somebody", 60)
    before = json.dumps(instances_to_json(state.instances))
    number = ledger.begin(lease, json.dumps(plan_to_json(plan)), before, undoes)
    ledger.leases.release(lease)
    return number
