"""Which plan may be carried out: the approved one, what remains of it, or none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ceilift.errors import PausedError, RefusedError
from ceilift.plan import Plan
from ceilift.planner import make_plan
from ceilift.state import CloudState
from flows.approval import approved_plan
from tests import clouds

EVERYTHING = ("collector", "notification", "polling-central", "api")
CLOUD = clouds.inventory({"ctl1": EVERYTHING, "ctl2": EVERYTHING})
START = clouds.begun(clouds.all_at(CLOUD, "8.1.5"))


def planned(state: CloudState = START, **changes: clouds.Field) -> Plan:
    return make_plan(CLOUD, state, clouds.catalogue(), clouds.request(**changes))


FIRST = planned()


def halfway() -> CloudState:
    """The cloud after the first half of the plan."""
    nodes = [node.id for node in clouds.in_order(FIRST)]
    return clouds.after(FIRST, START, nodes[: len(nodes) // 2])


def test_the_hash_of_the_plan_itself_is_its_approval() -> None:
    assert approved_plan(FIRST, START, None, FIRST.hash) is FIRST


def test_without_an_approval_the_run_pauses_and_says_what_to_type() -> None:
    with pytest.raises(PausedError, match="not approved") as told:
        approved_plan(FIRST, START, None, "")

    assert told.value.next_command is not None
    assert FIRST.hash in told.value.next_command


def test_another_hash_is_refused() -> None:
    with pytest.raises(RefusedError, match="read again"):
        approved_plan(FIRST, START, None, "0123456789abcdef")


@pytest.mark.parametrize("given", ["", FIRST.hash])
def test_what_remains_of_the_approved_plan_goes_on(given: str) -> None:
    state = halfway()
    fresh = planned(state)

    assert fresh != FIRST
    assert approved_plan(fresh, state, FIRST, given) is fresh


def test_the_first_plans_approval_is_none_once_a_later_plan_was_approved() -> None:
    later = planned(first="ctl2")
    state = halfway()

    with pytest.raises(RefusedError):
        approved_plan(planned(state, first="ctl2"), state, later, FIRST.hash)


@pytest.mark.parametrize(
    "wish", [{"probe": True}, {"first": "ctl2"}, {"api_after": "collector"}, {"batch_size": 7}]
)
def test_another_wish_is_refused_under_the_old_approval(wish: dict[str, clouds.Field]) -> None:
    state = halfway()

    with pytest.raises(RefusedError, match="request"):
        approved_plan(planned(state, **wish), state, FIRST, "")


def test_another_wish_goes_on_once_its_own_hash_is_given() -> None:
    state = halfway()
    fresh = planned(state, first="ctl2")

    assert approved_plan(fresh, state, FIRST, fresh.hash) is fresh


def test_a_cloud_that_has_changed_is_refused_with_the_difference() -> None:
    down = {host.name: host for host in START.hosts}["ctl2"]
    stranger = clouds.agent("collector", "ctl2", "8.1.5", unit="another-collector")
    changed = replace(down, instances=(*down.instances, stranger))
    state = replace(START, hosts=(START.hosts[0], changed))

    with pytest.raises(RefusedError, match="another-collector"):
        approved_plan(planned(state), state, FIRST, "")


@pytest.mark.parametrize("given", ["", "right"])
def test_a_plan_with_a_blocker_is_refused_whatever_is_approved(given: str) -> None:
    state = replace(START, bus=None)
    fresh = planned(state)

    with pytest.raises(RefusedError, match="broker-unreachable"):
        approved_plan(fresh, state, FIRST, fresh.hash if given else "")
