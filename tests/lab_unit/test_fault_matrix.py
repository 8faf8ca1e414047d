"""How the fault matrix is told: by fault and outcome, each failing point with its seed."""

from __future__ import annotations

from lab.accept.checks import Check, Checks
from lab.accept.fault_judge import Outcome
from lab.accept.fault_points import Point
from lab.accept.faulting import Played
from lab.accept.faults import demand, note, table
from lab.accept.kill_points import FULL, Moment
from lab.accept.notices import Count

MOMENT = Moment(FULL, "collector/stop/ctl1", "ctl1", 0, after=False)


def played(number: int, fault: str, way: Outcome, lost: int = 0, *wrong: str) -> Played:
    point = Point(number, fault, MOMENT, "ctl1", 3.2)
    return Played(point, way, list(wrong), Count(200, lost), 7, 61.4)


def told(*ones: Played) -> tuple[list[Point], list[list[Check]]]:
    found = []
    for one in ones:
        own = Checks("fault")
        note(own, one)
        found.append(own.found)
    return [one.point for one in ones], found


def test_the_line_of_a_point_says_what_became_of_it() -> None:
    line = note(Checks("fault"), played(3, "drop", Outcome.HEALED))
    assert line == (
        " 3 drop of ctl1 for 3 s, full: before collector/stop/ctl1 on ctl1: healed by retry; "
        "200 notifications, 0 lost, 7 messages waited (61 s)"
    )


def test_the_sums_are_told_by_outcome_with_the_notifications_lost() -> None:
    checks = Checks("trust")
    demand(checks, *told(played(0, "drop", Outcome.HEALED), played(1, "oom", Outcome.STOPPED)))
    assert checks.passed
    assert [one.figure for one in checks.found] == [
        "2: 1 healed by retry, 1 stopped, service kept, 0 set aside within the budget, 0 wrong",
        "0 of 400",
    ]


def test_a_point_that_is_wrong_is_told_with_its_seed_and_fails_all() -> None:
    checks = Checks("trust")
    demand(checks, *told(played(7, "oom", Outcome.WRONG, 0, "a traceback")))
    assert not checks.passed
    assert checks.found[0].name.startswith("seed 5,  7 oom of ctl1")
    assert checks.found[0].figure == "a traceback; lost 0 of 200"


def test_one_lost_notification_fails_all() -> None:
    checks = Checks("trust")
    demand(checks, *told(played(7, "oom", Outcome.WRONG, 1)))
    assert [one.met for one in checks.found] == [False, False, False]


def test_a_matrix_that_sent_no_notification_does_not_pass() -> None:
    checks = Checks("trust")
    demand(checks, [], [])
    assert not checks.passed


def test_the_table_counts_by_fault() -> None:
    ones = (
        played(0, "drop", Outcome.HEALED),
        played(1, "oom", Outcome.STOPPED),
        played(2, "drop", Outcome.ASIDE),
    )
    lines = [line.split() for line in table(*told(*ones))]
    assert lines[1:] == [["drop", "1", "0", "1", "0"], ["oom", "0", "1", "0", "0"]]
