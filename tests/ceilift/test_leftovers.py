"""What an upgrade that is given up leaves on the hosts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ceilift.leftovers import leftovers
from ceilift.plan import Plan
from ceilift.plan_nodes import plan_nodes
from tests.ceilift.paths.test_restoring import lab
from tests.ceilift.paths.test_restoring import planned as restoring
from tests.clouds import after, in_order
from tests.generated import Made, runnable_clouds
from tests.golden import FILES, read


def planned(name: str) -> Plan:
    golden = read(next(file for file in FILES if file.stem == name))
    return golden.planned(golden.state)


def done_up_to(plan: Plan, last: str) -> list[str]:
    ids = [node.id for node in in_order(plan)]
    return ids[: ids.index(last) + 1]


def test_an_agent_that_was_stopped_and_not_started_again_is_named() -> None:
    plan = planned("partial-one-group")

    found = leftovers(plan, done_up_to(plan, "notification/stop/ctl2"))

    assert [(one.host, one.component) for one in found.stopped] == [("ctl2", "notification")]
    assert not found.beside


def test_an_agent_beside_is_named_until_it_is_taken_away() -> None:
    plan = planned("partial-one-host")

    half = leftovers(plan, done_up_to(plan, "collector/enable/all"))
    whole = leftovers(plan, done_up_to(plan, "collector/remove/all"))

    assert [(one.host, one.component) for one in half.beside] == [("all", "collector")]
    assert not half.stopped
    assert not whole.beside


@given(runnable_clouds(), st.data())
def test_what_is_named_as_stopped_does_not_run(made: Made, data: st.DataObject) -> None:
    plan = made.planned()
    ids = [node.id for node in in_order(plan)]
    count = data.draw(st.integers(0, len(ids)))

    state = after(plan, made.state, ids[:count])
    found = leftovers(plan, ids[:count])

    assert set(ids[:count]) <= set(plan_nodes(plan))
    for target in found.stopped:
        there = [
            one for one in state.instances if (one.host, one.unit) == (target.host, target.unit)
        ]
        assert not any(one.running for one in there)


def test_a_web_server_that_was_stopped_for_a_restore_is_named_until_it_is_started() -> None:
    upgrade, state = lab()
    plan = restoring(upgrade, state)

    half = leftovers(plan, done_up_to(plan, "database/save"))
    whole = leftovers(plan, [node.id for node in in_order(plan)])

    stopped = {(one.host, one.component.value) for one in half.stopped}
    assert stopped == {(host, kind) for host in ("ctl1", "ctl2") for kind in ("api", "collector")}
    assert not whole.stopped
