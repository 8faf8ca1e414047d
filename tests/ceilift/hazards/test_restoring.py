"""What stands against a restore of the database, and what it is said to take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from ceilift.inventory import Inventory
from ceilift.pipeline import Pipe, Pipelines
from ceilift.plan import Plan
from ceilift.planner import make_plan
from ceilift.restorable import Restorable
from ceilift.state import CloudState
from tests import clouds
from tests.ceilift.paths.test_restoring import SEEN

ROLES = {"ctl1": ["collector", "notification", "polling-central", "api"]}
STOPS = {**clouds.WSGI, "stop": ["true"], "start": ["true"]}


def planned(
    seen: Restorable | None = SEEN, *, inventory: Inventory | None = None, asked: bool = True
) -> Plan:
    cloud = inventory or clouds.inventory(ROLES, wsgi=STOPS)
    former = clouds.agents_of(cloud, "8.1.5")
    state = clouds.all_at(cloud, "9.0.7", former=former, left="9.0.7", restorable=seen)
    wish = clouds.request("8.1.5", rollback=True, restore_database=asked)
    return make_plan(cloud, state, clouds.catalogue(), wish)


REFUSED: Mapping[str, tuple[Restorable | None, str]] = {
    "restore-no-dump": (Restorable(missing="upgrade 1 has saved no database"), "has saved no"),
    "restore-file": (replace(SEEN, file="it is not there"), "cannot be restored: it is not there"),
    "restore-unlabelled": (replace(SEEN, host=""), "neither"),
    "restore-elsewhere": (replace(SEEN, here="postgresql://db:5432/c"), "postgresql://db"),
    "restored-already": (replace(SEEN, by=7), "rollback 7"),
    "restore-unseen": (replace(SEEN, problem="it does not answer"), "does not answer"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_where_it_cannot_be_done(name: str) -> None:
    seen, words = REFUSED[name]

    [found] = planned(seen).blockers

    assert found.id == name
    assert words in found.what
    assert found.remedy


def test_what_can_be_done_is_not_refused_and_is_labelled() -> None:
    plan = planned()

    assert plan.blockers == ()
    [told] = [one for one in plan.findings if one.id == "restore-loses"]
    assert "345 samples stored from" in told.what
    assert "database-stays" not in {one.id for one in plan.findings}


def test_an_operators_snapshot_is_his_to_restore() -> None:
    seen = Restorable(missing="upgrade 1 relied on an external snapshot s7, unproven by us")

    [found] = planned(seen).blockers

    assert "by hand" in found.remedy


def test_an_api_that_nobody_can_stop_refuses_it() -> None:
    [found] = planned(inventory=clouds.inventory(ROLES)).blockers

    assert (found.id, found.where) == ("restore-api", "ctl1")
    assert "wsgi.stop" in found.remedy


def test_where_no_api_runs_none_has_to_be_stopped() -> None:
    roles = {"ctl1": ["collector", "notification", "polling-central"]}

    assert planned(inventory=clouds.inventory(roles)).blockers == ()


def test_without_a_database_there_is_none() -> None:
    cloud = clouds.inventory(ROLES, wsgi=STOPS, database=None)

    [found] = planned(None, inventory=cloud).blockers

    assert found.id == "restore-no-dump"


def test_room_is_needed_for_what_it_takes() -> None:
    cloud = clouds.inventory(ROLES, wsgi=STOPS)
    state = clouds.all_at(
        cloud, "9.0.7", former=clouds.agents_of(cloud, "8.1.5"), left="9.0.7", restorable=SEEN
    )
    assert state.database is not None
    full = replace(state, database=replace(state.database, backup_free_bytes=1))
    wish = clouds.request("8.1.5", rollback=True, restore_database=True)

    plan = make_plan(cloud, full, clouds.catalogue(), wish)

    assert [one.id for one in plan.blockers] == ["backup-space"]


@pytest.mark.parametrize("back", [True, False])
def test_a_database_that_is_half_restored_is_used_by_no_other_plan(*, back: bool) -> None:
    cloud = clouds.inventory(ROLES, wsgi=STOPS)

    def ids(state: CloudState, *, restore: bool) -> list[str]:
        to = "8.1.5" if back else "9.0.7"
        wish = clouds.request(to, rollback=back, restore_database=restore)
        return [one.id for one in make_plan(cloud, state, clouds.catalogue(), wish).blockers]

    former = clouds.agents_of(cloud, "8.1.5")
    seen = clouds.all_at(cloud, "9.0.7" if back else "8.1.5", former=former, left="9.0.7")
    assert seen.database is not None
    half = replace(seen, database=replace(seen.database, half_restored=True), restorable=SEEN)

    assert ids(seen, restore=False) == []
    assert ids(half, restore=False) == ["half-restored"]
    if back:
        assert ids(half, restore=True) == []


def test_an_agent_that_writes_by_itself_is_down_too() -> None:
    plain, direct = planned_with("notifier://"), planned_with("notifier://", "direct://")

    assert "database/no-notification" not in {gate.id for gate in plain.gates}
    assert "database/no-notification" in {gate.id for gate in direct.gates}
    order = [stage.name for stage in direct.stages]
    assert order.index("database") < order.index("notification")


def planned_with(*publishers: str) -> Plan:
    cloud = clouds.inventory(ROLES, wsgi=STOPS)
    pipe = Pipe("sample", "all", "all", ("*",), (), publishers)

    def configured(release: str) -> list[object]:
        return [
            replace(one, config=replace(one.config, pipelines=Pipelines((pipe,))))
            for one in clouds.agents_of(cloud, release)
        ]

    state = clouds.seen(cloud, configured("9.0.7"))  # type: ignore[arg-type]
    state = replace(state, former=tuple(configured("8.1.5")), left="9.0.7", restorable=SEEN)  # type: ignore[arg-type]
    wish = clouds.request("8.1.5", rollback=True, restore_database=True)
    return make_plan(cloud, state, clouds.catalogue(), wish)
