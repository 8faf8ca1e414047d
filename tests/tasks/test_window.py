"""A run keeps to its window: what begins, what is finished, and how it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ceilift.database_evidence import rehearsal_text
from ceilift.errors import (
    ApprovalWantedError,
    BadInputError,
    OutsideWindowError,
    WindowClosedError,
)
from ceilift.plan import Plan
from ceilift.plan_nodes import plan_nodes
from ceilift.record import NodeTime
from ceilift.schedule import Window
from ceilift.situation import Situation
from ceilift.state import Evidence
from ceilift.window import pieces
from tasks import window
from tasks.carry_out import NotStartedError, carry_out
from tasks.guard import AskRule, PieceGuard
from tasks.window import (
    WindowRule,
    chosen_windows,
    enter,
    expected_seconds,
    longest_times,
    refuse_too_long,
    refuse_unfitting,
)
from tests import clouds
from tests.fakes import FakeProgress

from .conftest import INVENTORY, Runs

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOUR = Window(name="hour", cron="0 12 * * *", duration_min=60, cutoff_min=10)


class Clock:
    """The time, as the test sets it; naps pass at once."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> float:
        return self.at.timestamp()

    def minutes(self, count: float) -> None:
        self.at = NOON + timedelta(minutes=count)


def rehearsed(seconds: float) -> Evidence:
    text = rehearsal_text("ceilometer-upgrade", seconds, "")
    return Evidence("database/rehearse", "9.0.7", detail=text)


def test_a_rehearsal_tells_more_than_the_migrations_of_other_days(runs: Runs) -> None:
    plan, state = runs.plan(), replace(runs.state(), evidence=(rehearsed(2400),))
    situation = Situation(
        INVENTORY, state, clouds.catalogue(), plan.request, clouds.catalogue().get("9.0.7")
    )

    assert expected_seconds(plan, situation, runs.cloud.ledger)["database/dbsync"] == 2400


def test_the_migration_is_admitted_by_what_it_took_in_the_rehearsal(
    runs: Runs, clock: Clock
) -> None:
    plan = runs.plan()
    guard = PieceGuard(plan, dict.fromkeys(plan_nodes(plan), 10.0), [WindowRule((HOUR,))])
    assert guard.bars("database/backup") == ""

    guard.learned("database/dbsync", 3300)
    clock.minutes(1)

    assert "about 3300 s are needed" in guard.bars("database/dbsync")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(window, "now", made.now)
    return made


def guard(plan: Plan, seconds: float = 60.0) -> PieceGuard:
    times = dict.fromkeys(plan_nodes(plan), seconds)
    return PieceGuard(plan, times, [WindowRule((HOUR,))])


def test_what_fits_begins_and_what_begun_is_finished(runs: Runs, clock: Clock) -> None:
    made = guard(runs.plan(to="9.0.7"))
    clock.minutes(48)

    assert made.bars("database/backup") == ""
    clock.minutes(49)
    assert made.bars("database/dbsync") == ""
    clock.minutes(52)
    assert made.overrun_s() == 120.0


def test_the_point_of_no_return_is_asked_about_again(runs: Runs, clock: Clock) -> None:
    made = guard(runs.plan(to="9.0.7"))

    assert made.bars("database/backup") == ""
    clock.minutes(49.5)
    assert "about 60 s are needed" in made.bars("database/dbsync")


def test_behind_what_did_not_fit_nothing_shorter_begins(runs: Runs, clock: Clock) -> None:
    plan = runs.plan(to="9.0.7")
    seconds = dict.fromkeys(plan_nodes(plan), 1.0) | {"database/backup": 3000.0}
    made = PieceGuard(plan, seconds, [WindowRule((HOUR,))])
    clock.minutes(1)

    first = made.bars("database/backup")

    assert "about 3001 s are needed" in first
    assert made.bars(next(node for node in seconds if node.startswith("api/"))) == first


def test_outside_every_window_nothing_begins(runs: Runs, clock: Clock) -> None:
    made = guard(runs.plan(to="9.0.7"))
    clock.minutes(61)

    assert made.bars("database/backup") == "no window is open"


def test_a_barred_node_is_not_started_and_not_failed(runs: Runs, clock: Clock) -> None:
    session = runs.open()
    session.guard = guard(session.plan)
    clock.minutes(61)

    with pytest.raises(NotStartedError, match="no window is open"):
        carry_out(["database/backup"], lambda _session, _node: "done")

    assert session.error is None
    assert "database/backup" in session.left()


def test_how_a_cut_run_ends_says_what_is_left_and_when_it_goes_on(runs: Runs, clock: Clock) -> None:
    made = guard(runs.plan(to="9.0.7"))
    clock.minutes(51)
    made.bars("database/backup")

    error = made.ended(["database/backup", "database/dbsync"])

    assert isinstance(error, WindowClosedError)
    assert error.exit_code == 4
    assert "2 steps and gates are left, from database/backup on" in str(error)
    assert "window hour opens at 2026-12-02 12:00:00 UTC" in str(error)
    assert error.next_command == "ceilift resume --wait"


def test_what_no_window_is_long_enough_for_is_refused_before(runs: Runs) -> None:
    session = runs.open()
    short = Window(name="short", cron="0 12 * * *", duration_min=1)
    situation = Situation(
        INVENTORY,
        runs.state(),
        clouds.catalogue(),
        session.plan.request,
        clouds.catalogue().get("9.0.7"),
    )

    seconds = expected_seconds(session.plan, situation, runs.cloud.ledger)
    found = pieces(session.plan, seconds)

    with pytest.raises(OutsideWindowError, match=r"no window is long enough.*\npolling from"):
        refuse_too_long(found, (short,))

    refuse_too_long(found, (HOUR,))


def test_at_a_gate_nothing_begins_until_it_was_answered(runs: Runs) -> None:
    plan = runs.plan(to="9.0.7")
    times = dict.fromkeys(plan_nodes(plan), 60.0)
    gates = {"database/dbsync": "point of no return"}

    asks = PieceGuard(plan, times, [AskRule(gates)])
    goes_on = PieceGuard(plan, times, [AskRule(gates, frozenset({"point of no return"}))])

    assert asks.bars("database/backup") == ""
    assert "an approval is wanted (point of no return)" in asks.bars("database/dbsync")
    error = asks.ended(["database/dbsync"])
    assert isinstance(error, ApprovalWantedError)
    assert (error.gate, error.left) == ("point of no return", ("database/dbsync",))
    assert goes_on.bars("database/backup") == goes_on.bars("database/dbsync") == ""
    assert goes_on.ended([]) is None


def test_estimates_are_the_longest_of_the_newest_times() -> None:
    known = [NodeTime(f"polling/start/h{n}", float(n)) for n in range(30)]
    known.append(NodeTime("database/dbsync", 7.0))

    assert longest_times(known) == {"polling/start": 19.0, "database/dbsync": 7.0}


def test_times_are_learned_from_what_the_ledger_saw_done(runs: Runs) -> None:
    session = runs.open()
    carry_out(["database/backup"], lambda _session, _node: "done")

    times = runs.cloud.ledger.node_times(session.plan.cloud)

    assert [one.node for one in times] == ["database/backup"]
    assert 0 <= times[0].seconds < 60
    assert runs.cloud.ledger.node_times("another") == ()


def test_outside_its_window_a_run_is_refused(clock: Clock) -> None:
    clock.minutes(-30)

    with pytest.raises(OutsideWindowError) as refused:
        enter((HOUR,), FakeProgress())

    assert refused.value.exit_code == 3
    assert refused.value.opens == NOON.timestamp()
    assert "window hour is not open; window hour opens at 2026-12-01 12:00:00" in str(refused.value)


def test_behind_the_cutoff_it_is_as_if_closed(clock: Clock) -> None:
    clock.minutes(50)

    with pytest.raises(OutsideWindowError, match="opens at 2026-12-02"):
        enter((HOUR,), FakeProgress())


def test_inside_it_says_in_which(clock: Clock) -> None:
    clock.minutes(5)
    progress = FakeProgress()

    enter((HOUR,), progress)
    enter((), progress)

    assert progress.notes == ["in window hour, cutoff at 2026-12-01 12:50:00 UTC"]


def test_what_comes_next_has_to_fit_into_the_time_left(runs: Runs, clock: Clock) -> None:
    found = guard(runs.plan(to="9.0.7")).pieces
    clock.minutes(47)
    refuse_unfitting(found, (HOUR,))
    clock.minutes(49)

    with pytest.raises(OutsideWindowError, match=r"database/backup is next, and about") as refused:
        refuse_unfitting(found, (HOUR,))

    assert refused.value.opens == (NOON + timedelta(days=1)).timestamp()


def test_a_window_is_waited_for_in_short_naps(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    naps: list[float] = []

    class Pause:
        def wait(self, seconds: float) -> None:
            naps.append(seconds)
            clock.at += timedelta(seconds=seconds)

    monkeypatch.setattr("tasks.window.threading.Event", Pause)
    clock.minutes(-2.5)

    window.wait_until(NOON.timestamp(), FakeProgress())

    assert clock.at == NOON
    assert naps == [60.0, 60.0, 30.0]


def test_a_window_that_never_opens_again_is_not_waited_for(clock: Clock) -> None:
    rule = "DTSTART:20250101T220000\nRRULE:FREQ=DAILY;COUNT=3"
    past = Window(name="past", rrule=rule, duration_min=5)

    with pytest.raises(OutsideWindowError, match="opens no more") as refused:
        enter((past,), FakeProgress())

    assert refused.value.opens is None
    assert clock.at == NOON


def test_one_window_all_or_none_can_be_chosen() -> None:
    other = Window(name="other", cron="0 1 * * *", duration_min=60)
    cloud = INVENTORY.model_copy(update={"windows": (HOUR, other)})

    assert chosen_windows(cloud, "", "cloud.yaml") == (HOUR, other)
    assert chosen_windows(cloud, "other", "cloud.yaml") == (other,)
    assert chosen_windows(cloud, "any-time", "cloud.yaml") == ()
    with pytest.raises(
        BadInputError, match=r"cloud.yaml: windows: there is no window 'night'.*hour"
    ):
        chosen_windows(cloud, "night", "cloud.yaml")
