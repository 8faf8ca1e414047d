"""Every upgrade there is, by both paths and back: planned, carried out, and nothing is left.

Neighbouring series, SLURP releases, and every point release of the newest of the series before.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import cache

import pytest

from ceilift.component import Component
from ceilift.hops import is_slurp
from ceilift.inventory import Inventory
from ceilift.plan import Plan
from ceilift.planner import make_plan
from ceilift.release import Release
from ceilift.state import CloudState
from tests.clouds import after, all_at, begun, catalogue, in_order, inventory, request

DEMANDED = {  # what a plan may refuse, as the operator has to act first
    "T6": "collectors are gone",
    "T8": "the storage is gone",
}


@cache
def newest() -> dict[int, str]:
    return {int(version.partition(".")[0]): version for version in catalogue().releases}


def pairs() -> list[tuple[str, str]]:
    series = newest()
    neighbours = [(series[one], series[one + 1]) for one in series if one + 1 in series]
    slurps = [v for v in series.values() if is_slurp(catalogue().get(v).name)]
    points = list(catalogue().releases)
    same = [
        (old, new)
        for old, new in itertools.pairwise(points)
        if old.partition(".")[0] == new.partition(".")[0]
    ]
    return [*neighbours, *itertools.pairwise(slurps), *same]


def cloud_for(old: Release, new: Release) -> Inventory:
    """Two controllers and a polling host with all that both releases ship."""
    both = [one for one in (Component.COLLECTOR, Component.API) if old.has(one) and new.has(one)]
    control = ["notification", "polling-central", *(one.value for one in both)]
    roles = {"ctl1": control, "ctl2": control, "pol1": ["polling-central"]}
    has_database = old.dbsync.sql.value and new.dbsync.sql.value
    sections = {} if has_database else {"database": None, "store": "gnocchi", "wsgi": None}
    return inventory(roles, **sections)


def seen(cloud: Inventory, old: str, new: str) -> CloudState:
    return all_at(cloud, old, installed=(old, new))


@pytest.mark.parametrize("path", ["full", "partial"])
@pytest.mark.parametrize(("old", "new"), pairs())
def test_an_upgrade_and_its_way_back_are_planned_and_leave_nothing(
    old: str, new: str, path: str
) -> None:
    cloud = cloud_for(catalogue().get(old), catalogue().get(new))
    state = begun(seen(cloud, old, new))
    asked = request(new, path=path)
    plan = make_plan(cloud, state, catalogue(), asked)
    assert [one for one in plan.blockers if one.id not in DEMANDED] == []

    there = finished(plan, state)
    assert make_plan(cloud, there, catalogue(), asked).steps == ()
    assert {one.release for one in there.instances if one.running} == {new}

    look = replace(there, baseline=(), evidence=(), former=state.instances, left=new)
    home = replace(asked, to=old, rollback=True)
    back = make_plan(cloud, begun(look), catalogue(), home)
    assert back.blockers == ()
    again = finished(back, begun(look))
    assert {one.release for one in again.instances if one.running} == {old}
    assert make_plan(cloud, again, catalogue(), home).steps == ()


def finished(plan: Plan, state: CloudState) -> CloudState:
    return after(plan, state, [node.id for node in in_order(plan)])
