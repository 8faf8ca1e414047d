"""What counts as done: the state of the cloud, and evidence for what no look can show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from ceilift.plan import Action, Plan
from ceilift.planner import difference, make_plan, remaining
from ceilift.state import CloudState, Evidence, HostState, Restart
from tests.clouds import (
    after,
    agent,
    all_at,
    begun,
    catalogue,
    in_order,
    inventory,
    request,
    seen,
)
from tests.golden import FOLDER, read

EVERYTHING = ["collector", "notification", "polling-central", "api"]
LAB = {"ctl1": EVERYTHING, "ctl2": EVERYTHING, "pol1": ["polling-central"]}


def lab_after(done: str) -> tuple[Plan, CloudState]:
    """The lab's plan, and the cloud carried out up to and with that node."""
    cloud = inventory(LAB)
    state = begun(all_at(cloud, "8.1.5"))
    plan = make_plan(cloud, state, catalogue(), request())
    ids = [node.id for node in in_order(plan)]
    return plan, after(plan, state, ids[: ids.index(done) + 1])


def changed(state: CloudState, host: str, unit: str, **changes: object) -> CloudState:
    """The same look with one instance seen otherwise."""
    return replace(state, hosts=tuple(_changed(one, host, unit, changes) for one in state.hosts))


def _changed(seen_host: HostState, host: str, unit: str, changes: dict[str, object]) -> HostState:
    if seen_host.name != host:
        return seen_host
    instances = tuple(
        replace(one, **changes) if one.unit == unit else one  # type: ignore[arg-type]
        for one in seen_host.instances
    )
    return replace(seen_host, instances=instances)


def ids(plan: Plan) -> Iterator[str]:
    return (node.id for node in in_order(plan))


def test_a_proven_agent_that_died_is_started_and_proven_again() -> None:
    plan, state = lab_after("notification/enable/ctl2")
    died = changed(state, "ctl2", "ceilometer-collector", release=None)

    left = set(ids(remaining(plan, died))) - set(ids(remaining(plan, state)))

    assert left == {"collector/start/ctl2", "collector/proven/ctl2"}


def test_the_death_of_the_first_polling_agent_stops_no_other() -> None:
    plan, state = lab_after("polling/enable/pol1")
    died = changed(state, "ctl1", "ceilometer-polling", release=None)

    left = set(ids(remaining(plan, died))) - set(ids(remaining(plan, state)))

    assert left == {"polling/start/ctl1", "polling/first/ctl1"}


def test_an_old_agent_that_came_back_takes_the_whole_stage_down_again() -> None:
    plan, state = lab_after("collector/enable/ctl2")
    back = changed(state, "ctl2", "ceilometer-collector", release="8.1.5", defined_release="8.1.5")

    left = [one for one in ids(remaining(plan, back)) if one.startswith("collector/")]

    assert left == [one for one in ids(plan) if one.startswith("collector/")]


def test_a_unit_that_may_restart_the_old_release_is_prevented_again() -> None:
    plan, state = lab_after("collector/all-stopped")
    allowed = changed(state, "ctl2", "ceilometer-collector", restart=Restart.ENABLED)

    left = set(ids(remaining(plan, allowed))) - set(ids(remaining(plan, state)))

    assert left == {"collector/stop/ctl2", "collector/all-stopped"}


def test_while_new_ones_run_only_the_unit_itself_is_prevented_again() -> None:
    plan, state = lab_after("notification/enable/ctl2")
    allowed = changed(
        state,
        "ctl2",
        "ceilometer-collector",
        release=None,
        defined_release="8.1.5",
        restart=Restart.ENABLED,
    )

    left = set(ids(remaining(plan, allowed))) - set(ids(remaining(plan, state)))

    assert "collector/stop/ctl2" in left
    assert "collector/all-stopped" not in left


def test_a_gate_passed_before_its_step_was_done_again_proves_nothing() -> None:
    plan, state = lab_after("polling/first/ctl1")
    again = replace(state, evidence=(*state.evidence, Evidence("polling/start/ctl1", "9.0.7")))

    assert "polling/first/ctl1" not in set(ids(remaining(plan, state)))
    assert "polling/first/ctl1" in set(ids(remaining(plan, again)))


def test_after_another_stop_the_cloud_is_proven_down_again() -> None:
    plan, state = lab_after("polling/all-stopped")
    again = replace(state, evidence=(*state.evidence, Evidence("polling/stop/ctl1", "9.0.7")))

    assert "polling/all-stopped" not in set(ids(remaining(plan, state)))
    assert "polling/all-stopped" in set(ids(remaining(plan, again)))


def test_what_needed_a_satisfied_node_needs_what_that_node_needed() -> None:
    cloud = inventory(LAB)
    stopped = changed(
        all_at(cloud, "8.1.5"),
        "ctl1",
        "ceilometer-collector",
        release=None,
        restart=Restart.PREVENTED,
    )
    stopped = changed(
        stopped, "ctl2", "ceilometer-collector", release=None, restart=Restart.PREVENTED
    )

    plan = make_plan(cloud, stopped, catalogue(), request())

    assert not [s for s in plan.steps if s.stage == "collector" and s.action is Action.STOP]
    assert plan.node("collector/all-stopped").needs == ("database/dbsync",)


def test_a_host_that_no_longer_answers_satisfies_nothing() -> None:
    plan, state = lab_after("collector/enable/ctl2")
    dark = replace(
        state,
        hosts=tuple(
            replace(host, reachable=False, instances=()) if host.name == "ctl2" else host
            for host in state.hosts
        ),
    )

    left = set(ids(remaining(plan, dark)))

    assert {"collector/stop/ctl2", "collector/start/ctl2", "collector/proven/ctl2"} <= left


def test_evidence_for_another_release_counts_nothing() -> None:
    plan, state = lab_after("database/dbsync")
    other = replace(state, evidence=tuple(replace(e, release="9.0.6") for e in state.evidence))

    assert "database/dbsync" in set(ids(remaining(plan, other)))
    assert "database/dbsync" not in set(ids(remaining(plan, state)))


def test_a_dump_that_was_disproved_is_made_and_proven_again() -> None:
    golden = read(FOLDER / "proven-backup.yaml")
    first = begun(golden.first_state)
    plan = golden.planned(first)
    saved, verified = "database/backup", "database/verify-backup"
    disproved = Evidence("database/backup-disproved", "9.0.7")

    def left(*told: Evidence) -> list[str]:
        fresh = replace(first, evidence=told)
        assert difference(remaining(plan, fresh), golden.planned(fresh)) == ()
        return [one for one in ids(remaining(plan, fresh)) if one in {saved, verified}]

    done = Evidence(saved, "9.0.7")
    assert left(done) == [verified]
    assert left(done, disproved) == [saved, verified]
    assert left(done, disproved, done) == [verified]
    assert left(done, disproved, done, Evidence(verified, "9.0.7")) == []
    assert left(done, Evidence(verified, "9.0.7"), done) == [verified]


def test_a_migrated_database_needs_no_backup_any_more() -> None:
    plan, state = lab_after("database/dbsync")
    lost = replace(state, evidence=tuple(e for e in state.evidence if e.node != "database/backup"))

    assert "database/backup" not in set(ids(remaining(plan, lost)))


@pytest.mark.parametrize(
    "name", ["partial-one-host", "partial-own-groups", "partial-surge-new-pipeline"]
)
def test_a_unit_of_its_own_that_went_unseen_is_not_started_again(name: str) -> None:
    """Its run died between the command that took it away and the word that it did."""
    golden = read(FOLDER / f"{name}.yaml")
    state = begun(golden.first_state)
    plan = golden.planned(state)
    nodes = list(ids(plan))
    removes = [step.id for step in plan.steps if step.action is Action.REMOVE]
    for removed in removes:
        told = after(plan, state, nodes[: nodes.index(removed) + 1])
        untold = replace(told, evidence=tuple(e for e in told.evidence if e.node != removed))

        assert remaining(plan, untold) == remaining(plan, told)
        assert difference(remaining(plan, untold), golden.planned(untold)) == ()
    assert removes


def test_an_agent_too_many_is_stopped_though_it_runs_the_target() -> None:
    cloud = inventory({"ctl1": EVERYTHING, "ctl2": []})
    extra = agent("collector", "ctl2", "9.0.7")
    state = seen(cloud, (*all_at(cloud, "8.1.5").instances, extra))
    plan = make_plan(cloud, begun(state), catalogue(), request())
    assert "collector/stop/ctl2" in set(ids(plan))

    after_gate = after(plan, begun(state), list(ids(plan))[:5])
    back = changed(after_gate, "ctl2", "ceilometer-collector", release="9.0.7")

    assert "collector/all-stopped" not in set(ids(remaining(plan, after_gate)))
    assert {"collector/stop/ctl2", "collector/all-stopped"} <= set(ids(remaining(plan, back)))


def test_an_agent_too_many_may_not_come_back_by_itself() -> None:
    cloud = inventory({"ctl1": EVERYTHING, "ctl2": []})
    resting = agent("collector", "ctl2", None, defined_release="9.0.7")
    state = seen(cloud, (*all_at(cloud, "8.1.5").instances, resting))

    plan = make_plan(cloud, state, catalogue(), request())

    assert "collector/stop/ctl2" in set(ids(plan))
