"""The way back with the database: what is down meanwhile, in which order it goes, what is left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from ceilift.component import Component
from ceilift.dump_record import Dump, Mark
from ceilift.inventory import Inventory
from ceilift.paths.nodes import RESTORE_ID
from ceilift.plan import Action, Gate, Plan, Step
from ceilift.plan_text import plan_to_markdown, plan_to_sentences
from ceilift.planner import difference, make_plan, remaining
from ceilift.restorable import Lost, Restorable
from ceilift.state import CloudState, Restart
from ceilift.window import pieces
from tests.ceilift.paths.test_way_back import found, goes_back, is_as_before, points, wish
from tests.clouds import after, begun, catalogue, in_order
from tests.golden import FILES, FOLDER, Golden, read

DUMP = Dump(
    "/var/backups/ceilometer/test-8.1.5-to-9.0.7-20260101T000000Z.sql.gz",
    "ab" * 32,
    4_000_000,
    (Mark("meter", "id", 12), Mark("sample", "id", 1000)),
)
LOST = Lost((("resource", 2), ("sample", 345)), 1.7672256e9, 1.7672292e9, ("column meter.unit",))
HERE = "mysql://192.0.2.10:3306/ceilometer"
SEEN = Restorable(
    dump=DUMP,
    made_at="2026-01-01T00:00:00+00:00",
    host="ctl1",
    dumped=HERE,
    here=HERE,
    lost=LOST,
)
POINTS = 6  # of a plan, from which the way back is tried
DESCRIBED = sorted((FOLDER / "restore").glob("*.yaml"))


def stoppable(inventory: Inventory) -> Inventory:
    """The same cloud, its API's web server described."""
    if inventory.wsgi is None:
        return inventory
    words = {"stop": ("systemctl", "stop", "apache2"), "start": ("systemctl", "start", "apache2")}
    return inventory.model_copy(update={"wsgi": inventory.wsgi.model_copy(update=words)})


def planned(golden: Golden, state: CloudState) -> Plan:
    asked = replace(wish(golden, state), restore_database=True)
    seen = state.restorable or SEEN
    seen = replace(seen, host=golden.inventory.hosts[0].name)
    state = replace(state, restorable=seen)
    return make_plan(stoppable(golden.inventory), state, catalogue(), asked)


def saves(path: Path) -> bool:
    small = path.stem != "two-hundred-computes"  # more of the same
    return small and goes_back(path) and read(path).inventory.database is not None


@pytest.fixture(params=[one for one in FILES if saves(one)], ids=lambda path: path.stem)
def golden(request: pytest.FixtureRequest) -> Golden:
    path: Path = request.param
    return read(path)


@pytest.mark.parametrize("path", DESCRIBED, ids=lambda path: path.stem)
def test_the_way_back_reads_as_expected(path: Path) -> None:
    """`of` names the upgrade, `done` the node up to which it came, `plan` is word for word."""
    described = yaml.safe_load(path.read_text(encoding="utf-8"))
    upgrade = read(FOLDER / f"{described['of']}.yaml")
    state = begun(upgrade.first_state)
    plan = make_plan(upgrade.inventory, state, catalogue(), upgrade.request)
    ids = [node.id for node in in_order(plan)]
    now = found(upgrade, state, after(plan, state, ids[: ids.index(described["done"]) + 1]))

    assert plan_to_sentences(planned(upgrade, now)) == described["plan"]


def test_from_every_point_everything_runs_again_on_the_restored_database(golden: Golden) -> None:
    for state in points(golden):
        plan = planned(golden, begun(state))
        assert plan.blockers == (), [f.what for f in plan.blockers]

        finished = after(plan, begun(state), [node.id for node in in_order(plan)])

        assert is_as_before(finished, {file.kind for file in golden.request.files}) == []
        left = planned(golden, finished)
        assert (left.steps, left.gates) == ((), ())


def test_planned_anew_is_what_remains(golden: Golden) -> None:
    for state in points(golden):
        plan = planned(golden, begun(state))
        ids = [node.id for node in in_order(plan)]
        for count in range(0, len(ids) + 1, max(1, len(ids) // POINTS)):
            fresh = after(plan, begun(state), ids[:count])
            anew = planned(golden, fresh)
            assert difference(remaining(plan, fresh), anew) == (), ids[:count]


def running_writers(state: CloudState) -> list[str]:
    kinds = {Component.COLLECTOR, Component.API}
    return [f"{o.host}/{o.unit}" for o in state.instances if o.component in kinds and o.running]


def test_nothing_that_writes_runs_when_the_database_is_restored(golden: Golden) -> None:
    for state in points(golden):
        plan = planned(golden, begun(state))
        ids = [node.id for node in in_order(plan)]
        before = ids[: ids.index(RESTORE_ID)]

        assert running_writers(after(plan, begun(state), before)) == []
        starts = [n for n in in_order(plan) if isinstance(n, Step) and n.action is Action.START]
        early = {s.targets[0].component for s in starts if s.id in before}
        assert early.isdisjoint({Component.COLLECTOR, Component.API})


def test_each_needs_the_proof_that_all_that_writes_is_down(golden: Golden) -> None:
    for state in points(golden):
        plan = planned(golden, begun(state))
        nodes = {node.id: node for node in in_order(plan)}
        needed = ancestors(nodes)[RESTORE_ID]
        down = {n.id for n in nodes.values() if isinstance(n, Gate) and n.stage == "database"}

        assert down
        assert down <= needed
        needs = ancestors(nodes)
        later = [n for n in nodes.values() if n.stage in {"collector", "api"}]
        assert all(RESTORE_ID in needs[node.id] for node in later)


def ancestors(nodes: dict[str, Step | Gate]) -> dict[str, set[str]]:
    """What each node needs, directly or not; they are in an order in which needs come first."""
    found: dict[str, set[str]] = {}
    for node in nodes.values():
        found[node.id] = {*node.needs}.union(*(found[need] for need in node.needs))
    return found


def lab() -> tuple[Golden, CloudState]:
    upgrade = read(FOLDER / "lab.yaml")
    *_, last = points(upgrade)
    return upgrade, begun(last)


def test_a_collector_that_somebody_starts_meanwhile_is_stopped_again_and_what_it_wrote_saved() -> (
    None
):
    """Of a database that is half restored nothing is saved: that would be no way back."""
    upgrade, state = lab()
    plan = planned(upgrade, state)
    ids = [node.id for node in in_order(plan)]
    saved = after(plan, state, ids[: ids.index(RESTORE_ID)])
    up = replace(
        saved,
        hosts=tuple(
            replace(
                host,
                instances=tuple(
                    replace(one, release="8.1.5", defined_release="8.1.5", restart=Restart.ENABLED)
                    if (one.component, host.name) == (Component.COLLECTOR, "ctl2")
                    else one
                    for one in host.instances
                ),
            )
            for host in saved.hosts
        ),
    )

    left = [node.id for node in in_order(planned(upgrade, up))]

    again = ["database/stop-collector/ctl2", "database/no-collector"]
    assert left[:4] == [*again, "database/save", "database/restore"]
    half = replace(up, restorable=replace(SEEN, half=True))
    assert [n.id for n in in_order(planned(upgrade, half))][:3] == [*again, "database/restore"]


def test_the_plan_names_the_dump_and_its_hash_is_of_that_dump() -> None:
    upgrade, state = lab()
    plan = planned(upgrade, state)
    other = replace(SEEN, dump=replace(DUMP, sha256="cd" * 32))
    counted = replace(SEEN, lost=replace(LOST, rows=(("sample", 9999),)))

    assert DUMP.sha256 in next(step for step in plan.steps if step.id == RESTORE_ID).why
    assert plan.hash != planned(upgrade, replace(state, restorable=other)).hash
    assert plan.hash == planned(upgrade, replace(state, restorable=counted)).hash


def test_who_approves_reads_what_is_lost() -> None:
    upgrade, state = lab()

    text = plan_to_markdown(planned(upgrade, state))

    assert "345 samples stored from 2026-01-01 00:00:00 UTC to 2026-01-01 01:00:00 UTC" in text
    assert "2 in resource" in text
    assert "of the schema go column meter.unit" in text
    assert "345 stored samples lost" in text


def test_what_begins_with_the_restore_is_one_piece_for_a_window() -> None:
    upgrade, state = lab()
    plan = planned(upgrade, state)
    nodes = [node.id for node in in_order(plan)]

    last = pieces(plan, dict.fromkeys(nodes, 1.0))[-1]

    assert last.stage == "database"
    assert list(last.nodes) == nodes[nodes.index("database/stop-collector/ctl1") :]


def test_without_the_wish_the_plan_is_what_it_was() -> None:
    upgrade, state = lab()
    asked = wish(upgrade, state)

    plain = make_plan(upgrade.inventory, state, catalogue(), asked)
    looked = make_plan(upgrade.inventory, replace(state, restorable=SEEN), catalogue(), asked)

    assert looked == plain
    assert not {Action.SAVE, Action.RESTORE} & {step.action for step in plain.steps}
