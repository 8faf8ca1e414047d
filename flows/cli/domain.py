"""What commands need of the domain, imported when one runs: `--help` must not wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ceilift.comparison import Known
    from ceilift.inventory import Inventory
    from ceilift.plan import Plan, Request
    from ceilift.release import Catalogue
    from ceilift.state import CloudState
    from ceilift.way_by_hops import Hop


def load_inventory(path: Path) -> Inventory:
    """See `ceilift.inventory_file.load_inventory`."""
    from ceilift import inventory_file

    return inventory_file.load_inventory(path)


def load_catalogue() -> Catalogue:
    """See `ceilift.release.load_catalogue`."""
    from ceilift import release

    return release.load_catalogue()


def known(catalogue: Catalogue, version: str) -> Known:
    """All that is known of a release. Raises BadInputError for an unlisted one."""
    from ceilift.comparison import Known
    from ceilift.packages import load_package

    return Known(catalogue.get(version), load_package(version))


def make_plan(
    inventory: Inventory, state: CloudState, catalogue: Catalogue, request: Request
) -> Plan:
    """See `ceilift.planner.make_plan`."""
    from ceilift import planner

    return planner.make_plan(inventory, state, catalogue, request)


def plan_to_markdown(plan: Plan) -> str:
    """See `ceilift.plan_text.plan_to_markdown`."""
    from ceilift import plan_text

    return plan_text.plan_to_markdown(plan)


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """See `ceilift.plan_json.plan_to_json`."""
    from ceilift import plan_json

    return plan_json.plan_to_json(plan)


def plan_from_json(data: object, file: str = "plan") -> Plan:
    """See `ceilift.plan_json.plan_from_json`."""
    from ceilift import plan_json

    return plan_json.plan_from_json(data, file)


def state_to_json(state: CloudState) -> dict[str, Any]:
    """See `ceilift.plan_json.state_to_json`."""
    from ceilift import plan_json

    return plan_json.state_to_json(state)


def state_from_json(data: object, file: str) -> CloudState:
    """See `ceilift.plan_json.state_from_json`."""
    from ceilift import plan_json

    return plan_json.state_from_json(data, file)


def way_by_hops(
    plan: Plan, inventory: Inventory, state: CloudState, catalogue: Catalogue
) -> tuple[Hop, ...]:
    """See `ceilift.way_by_hops.way_by_hops`."""
    from ceilift import way_by_hops as way

    return way.way_by_hops(plan, inventory, state, catalogue)


def hops_to_text(hops: Sequence[Hop]) -> str:
    """See `ceilift.hops_text.hops_to_text`."""
    from ceilift import hops_text

    return hops_text.hops_to_text(hops)


def hops_to_json(hops: Sequence[Hop]) -> list[dict[str, Any]]:
    """See `ceilift.hops_text.hops_to_json`."""
    from ceilift import hops_text

    return hops_text.hops_to_json(hops)
