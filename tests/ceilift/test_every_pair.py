"""Every upgrade there is, by both paths and back: planned, carried out, and nothing is left.

Neighbouring series, SLURP releases, and every point release of the newest of the series before.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from ceilift.inventory import Inventory
from ceilift.plan import Plan
from ceilift.planner import make_plan
from ceilift.state import CloudState
from lab.accept.foresight.pairs import DEMANDED, cloud_for, neighbours, points
from tests.clouds import after, all_at, begun, catalogue, in_order, request

PAIRS = (*neighbours(catalogue()), *points(catalogue()))


def seen(cloud: Inventory, old: str, new: str) -> CloudState:
    return all_at(cloud, old, installed=(old, new))


@pytest.mark.parametrize("path", ["full", "partial"])
@pytest.mark.parametrize(("old", "new"), PAIRS)
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
