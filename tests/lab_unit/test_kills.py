"""How the kill matrix is told: by path and victim, each failing point with its seed."""

from __future__ import annotations

from lab.accept.checks import Checks
from lab.accept.kill_points import FULL, PARTIAL, Moment, Point, Victim
from lab.accept.killing import Played
from lab.accept.kills import demand, table


def played(number: int, victim: Victim, path: str = FULL, **came: object) -> Played:
    moment = Moment(path, "collector/stop/ctl1", "ctl1", 0, after=False)
    return Played(Point(number, moment, victim), **{"killed": True, **came})  # type: ignore[arg-type]


def test_points_are_counted_by_path_and_victim() -> None:
    lines = table(
        [
            played(0, Victim.CONTROLLER),
            played(1, Victim.CONTROLLER, faults=["dump (2)"]),
            played(3, Victim.CONTROLLER, killed=False, faults=["it ended before"]),
            played(2, Victim.WORKER, PARTIAL, by_itself=True),
        ]
    )

    assert [line.split() for line in lines] == [
        ["killed", "points", "resumed", "by", "itself", "failed", "not", "valid"],
        ["full,", "controller", "3", "1", "0", "1", "1"],
        ["partial,", "worker", "1", "0", "1", "0", "0"],
    ]


def test_a_failing_point_is_told_with_its_seed_and_fails_all() -> None:
    checks = Checks("trust")

    demand(checks, [played(0, Victim.SERVER), played(7, Victim.ENGINE, faults=["dump (2)"])], 2)

    assert not checks.passed
    [failing] = [one for one in checks.found if "seed" in one.name]
    assert failing.name == "seed 5,   7 engine full: before collector/stop/ctl1 on ctl1"
    assert failing.figure == "dump (2)"


def test_one_that_came_to_no_kill_is_not_valid_and_passes_nothing() -> None:
    checks = Checks("trust")

    demand(checks, [played(0, Victim.SERVER, killed=False, faults=["the server did not start"])], 1)

    assert not checks.passed
    assert [one.figure for one in checks.found] == [
        "not valid: the server did not start",
        "tried 0 of 1, resumed 0, by itself 0, failed 0, not valid 1",
    ]


def test_the_last_figure_counts_what_was_tried() -> None:
    checks = Checks("trust")

    demand(checks, [played(0, Victim.SERVER), played(1, Victim.WORKER, by_itself=True)], 2)

    assert checks.passed
    assert checks.found[-1].figure == (
        "tried 2 of 2, resumed 1, by itself 1, failed 0, not valid 0"
    )


def test_fewer_points_than_wanted_do_not_pass() -> None:
    checks = Checks("trust")

    demand(checks, [played(0, Victim.SERVER)], 2)

    assert not checks.passed
