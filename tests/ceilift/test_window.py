"""A plan's pieces: between two of them a run may stop for a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given

from ceilift.inventory_hosts import host_unit
from ceilift.plan import Action, Gate, GateKind, Plan, Step
from ceilift.plan_nodes import plan_nodes
from ceilift.schedule import Opening, Window
from ceilift.window import Piece, pieces, refusal, unfitting
from tests.generated import Made, runnable_clouds
from tests.golden import FILES, read

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
OPEN = Opening("noon", NOON, NOON + timedelta(hours=1), NOON + timedelta(minutes=50))


def planned(name: str) -> Plan:
    golden = read(next(file for file in FILES if file.stem == name))
    return golden.planned(golden.state)


def parted(plan: Plan) -> tuple[Piece, ...]:
    return pieces(plan, dict.fromkeys(plan_nodes(plan), 1.0))


def shown(name: str, stage: str) -> list[str]:
    """The pieces of a stage, each as its nodes without the stage's name."""
    return [
        " ".join(node.partition("/")[2] for node in piece.nodes)
        for piece in parted(planned(name))
        if piece.stage == stage
    ]


def test_agents_that_are_replaced_one_by_one_are_a_piece_each() -> None:
    assert shown("partial-one-group", "notification") == [
        "stop/ctl1 start/ctl1 proven/ctl1 enable/ctl1",
        "stop/ctl2 start/ctl2 proven/ctl2 enable/ctl2",
    ]


def test_an_agent_beside_is_taken_away_in_the_piece_that_began_it() -> None:
    assert shown("partial-one-host", "polling") == [
        "beside/all proven-beside/all stop/all start/all proven/all enable/all remove/all"
    ]


def test_backup_and_migration_are_one_piece() -> None:
    assert shown("partial-one-host", "database") == ["backup dbsync"]


def test_new_agents_of_their_own_group_may_stay_over_a_day_but_merging_is_one_piece() -> None:
    assert shown("partial-new-pollsters", "polling") == [
        "beside/ctl1 proven-beside/ctl1",
        "beside/ctl2 proven-beside/ctl2",
        "stop/ctl1 start/ctl1 proven/ctl1 enable/ctl1",
        "stop/ctl2 start/ctl2 proven/ctl2 enable/ctl2",
        "merge/ctl1 merged/ctl1 merge/ctl2 merged/ctl2 remove/ctl1 remove/ctl2",
    ]


def test_files_are_loaded_in_the_piece_that_writes_them() -> None:
    first = shown("partial-changed-pipeline", "notification")[0]

    assert "write/" in first
    assert "reload" in first


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_stage_that_is_stopped_everywhere_is_one_piece(file: object) -> None:
    golden = read(file)  # type: ignore[arg-type]
    plan = golden.planned(golden.state)
    everywhere = {gate.stage for gate in plan.gates if gate.kind is GateKind.ALL_STOPPED}
    begun = {step.stage for step in plan.steps if step.action is Action.START}

    for stage in everywhere & begun:
        holding = [piece for piece in parted(plan) if piece.stage == stage]
        starts = [piece for piece in holding if any("/start/" in node for node in piece.nodes)]
        stops = [piece for piece in holding if any("/stop/" in node for node in piece.nodes)]
        assert len(stops) <= 1
        assert all(piece in starts for piece in stops)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_pieces_are_the_plan_in_its_order(file: object) -> None:
    golden = read(file)  # type: ignore[arg-type]
    plan = golden.planned(golden.state)

    waves = [wave for piece in parted(plan) for wave in piece.waves]

    assert waves == [wave for stage in plan.stages for wave in stage.batches]


@given(runnable_clouds())
def test_between_pieces_nothing_is_left_open(made: Made) -> None:
    check_safe(made.planned())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_between_pieces_of_golden_plans_nothing_is_left_open(file: object) -> None:
    golden = read(file)  # type: ignore[arg-type]
    check_safe(golden.planned(golden.state))


def check_safe(plan: Plan) -> None:
    """Replays the plan piece by piece; at the end of each, looks for what is half done."""
    done: set[str] = set()
    for piece in parted(plan):
        done |= set(piece.nodes)
        rest = [node for name, node in plan_nodes(plan).items() if name not in done]
        was = [node for name, node in plan_nodes(plan).items() if name in done]
        unproven = [
            need
            for node in rest
            if isinstance(node, Gate)
            for need in node.needs
            if need in done and need.split("/")[0] == node.stage
        ]
        assert not unproven, piece
        to_start = {agent for node in rest for agent in agents(node, Action.START)}
        stopped = {agent for node in was for agent in agents(node, Action.STOP)}
        started = {agent for node in was for agent in agents(node, Action.START)}
        assert not (stopped - started) & to_start, piece
        to_enable = {agent for node in rest for agent in agents(node, Action.ENABLE)}
        assert not started & to_enable, piece


def agents(node: Step | Gate, action: Action) -> list[tuple[str, str]]:
    if not isinstance(node, Step) or node.action is not action:
        return []
    return [(one.host, host_unit(one.unit)) for one in node.targets]


def test_a_piece_takes_as_long_as_its_waves_one_after_the_other() -> None:
    plan = planned("partial-one-group")
    seconds = {name: 10.0 if "/proven/" in name else 2.0 for name in plan_nodes(plan)}

    assert {piece.seconds for piece in pieces(plan, seconds)} == {16.0}


def test_what_no_window_is_long_enough_for_is_named() -> None:
    short = Window(name="short", cron="0 1 * * *", duration_min=3, cutoff_min=1)
    fits, never = Piece("collector", (), 120.0), Piece("polling", (), 121.0)

    assert unfitting([fits, never], [short]) == (never,)


@pytest.mark.parametrize(
    ("seconds", "opening", "minute", "said"),
    [
        (60.0, None, 0, "no window is open"),
        (60.0, OPEN, 0, ""),
        (3000.0, OPEN, 0, ""),
        (3001.0, OPEN, 0, "about 3001 s are needed"),
        (60.0, OPEN, 49.5, "there are 30 s"),
        (60.0, OPEN, 50, "is reached"),
    ],
)
def test_what_begins_is_expected_to_end_before_the_cutoff(
    seconds: float, opening: Opening | None, minute: float, said: str
) -> None:
    found = refusal(seconds, opening, NOON + timedelta(minutes=minute))

    assert said in found
    assert bool(said) == bool(found)
