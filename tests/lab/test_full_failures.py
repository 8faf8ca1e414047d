"""One full upgrade that meets one failure after the other, is mended and resumed, and arrives.

The story is told once, by the fixtures, each going on where the one before ended; the tests read
what was said and done. One host is dead from the start, set aside, and brought back at the end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from ceilift.errors import DONE, FAILED, PAUSED, REFUSED
from tests.lab.conftest import Fresh
from tests.lab.driving import Picture, Ran, picture, pids
from tests.lab.story import Story, await_act, missing

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1800)]

ASIDE = ("--without", "pol2", "--reason", "power supply failed")
BACKUP, DBSYNC = "dump to %", "ceilometer-upgrade of %"
RATE = "5"


@pytest.fixture(scope="module")
def story(fresh: Fresh) -> Story:
    bench = fresh()
    bench.lab("traffic", "start", "--rate", RATE)
    bench.supervisor("pol2", "stop", "ceilometer-polling")
    bench.break_("unreachable", "pol2")
    hasty = bench.other_inventory("hasty", gates={"margin_s": 5}, database__dbsync_timeout_s=20)
    return Story(bench, hasty)


@dataclass(frozen=True)
class Database:
    """dbsync failed, then hung while a second controller came, then the collector's host broke."""

    failed: Ran
    during: Ran
    hung: Ran
    before: Picture
    after: Picture
    acts: dict[str, list[str]]


@pytest.fixture(scope="module")
def database(story: Story) -> Database:
    bench = story.bench
    bench.break_("dbsync-fails", "ctl1")
    plan = bench.plan(*ASIDE)
    before = picture(bench)
    failed = bench.upgrade(*ASIDE, "--approve", plan["hash"], inventory=story.hasty)
    bench.mend("dbsync-fails", "ctl1")
    bench.break_("dbsync-hangs", "ctl1")
    first = bench.start("resume", "--quiet", inventory=story.hasty)
    await_act(bench, DBSYNC, 2)
    during = story.resume()
    hung = bench.ended(first)
    acts = {"backup": bench.acts(BACKUP), "dbsync": bench.acts(DBSYNC)}
    found = Database(failed, during, hung, before, picture(bench), acts)
    bench.mend("dbsync-hangs", "ctl1")
    return found


def test_a_failed_dbsync_names_host_step_and_what_it_said(database: Database) -> None:
    assert database.failed.code == FAILED
    for word in ("database/dbsync", "ctl1", "exited with 1", "ALTER command denied"):
        assert word in database.failed.ending
    assert "Next: " in database.failed.ending
    assert "ceilift resume --inventory" in database.failed.ending


def test_a_dbsync_over_its_deadline_is_stopped_and_says_so(database: Database) -> None:
    assert database.hung.code == FAILED, database.hung.said
    assert "did not end within 20 s" in database.hung.ending
    assert "database/dbsync" in database.hung.ending
    assert "ctl1" in database.hung.ending


def test_after_a_failed_dbsync_nothing_was_stopped(database: Database) -> None:
    assert database.before.pids == database.after.pids
    units = {name: digest for name, digest in database.after.files.items() if "/etc/" in name}
    assert units == {name: d for name, d in database.before.files.items() if "/etc/" in name}


def test_the_backup_is_not_repeated_for_a_second_dbsync(database: Database) -> None:
    assert database.acts == {"backup": ["done"], "dbsync": ["failed", "failed"]}


def test_a_second_controller_is_refused_and_told_who_holds_the_lease(database: Database) -> None:
    assert database.during.code == REFUSED
    assert re.search(r"\w+@[\w.-]+:\d+", database.during.ending), database.during.said


@dataclass(frozen=True)
class Collectors:
    """A collector that does not start, then one whose database connection is broken."""

    dead: Ran
    after_dead: dict[str, str]
    deaf: Ran
    after_deaf: dict[str, str]
    dbsyncs: int


@pytest.fixture(scope="module")
def collectors(story: Story, database: Database) -> Collectors:
    assert database.hung.code == FAILED
    bench = story.bench
    bench.break_("wont-start", "ctl2")
    dead = story.resume()
    after_dead = pids(bench)
    bench.mend("wont-start", "ctl2")
    bench.break_("collector-database", "ctl2")
    deaf = story.resume()
    found = Collectors(dead, after_dead, deaf, pids(bench), len(bench.acts(DBSYNC)))
    bench.mend("collector-database", "ctl2")
    return found


def test_a_service_that_does_not_start_is_told_with_its_log(collectors: Collectors) -> None:
    assert collectors.dead.code == FAILED
    for word in ("collector/start/ctl2", "ctl2", "ceilometer.cmd.collector", "ceilift resume"):
        assert word in collectors.dead.ending, collectors.dead.said


def test_a_broken_database_connection_fails_the_gate(collectors: Collectors) -> None:
    assert collectors.deaf.code in {FAILED, PAUSED}
    for word in ("collector/proven/ctl2", "ctl2", "ceilometer-collector.log", "ceilift resume"):
        assert word in collectors.deaf.ending, collectors.deaf.said


def test_nothing_is_stopped_after_a_failed_collector(collectors: Collectors) -> None:
    for states in (collectors.after_dead, collectors.after_deaf):
        later = [name for name in states if "notification" in name or "polling" in name]
        running = {name for name in later if states[name].isdigit()}
        assert running == {name for name in later if not name.startswith("pol2/")}


def test_dbsync_that_ended_well_is_not_repeated(collectors: Collectors) -> None:
    assert collectors.dbsyncs == 3


@dataclass(frozen=True)
class Notification:
    """A pipeline.yaml that is bad on one host."""

    ran: Ran
    after: dict[str, str]


@pytest.fixture(scope="module")
def notification(story: Story, collectors: Collectors) -> Notification:
    assert collectors.deaf.code != DONE
    bench = story.bench
    bench.break_("bad-pipeline", "ctl2", at_restart=True)
    ran = story.resume()
    found = Notification(ran, pids(bench))
    bench.mend("bad-pipeline", "ctl2")
    return found


def test_a_bad_pipeline_fails_the_gate_though_the_master_lives(notification: Notification) -> None:
    assert notification.ran.code in {FAILED, PAUSED}
    name = "ceilometer-agent-notification"
    for word in ("notification/proven/ctl2", "ctl2", f"{name}.log", "ceilift resume"):
        assert word in notification.ran.ending, notification.ran.said
    assert notification.after[f"ctl2/{name}"].isdigit()
    assert notification.after["ctl1/ceilometer-polling"].isdigit()


@dataclass(frozen=True)
class Polling:
    """A first agent that never polls; the old release again; another first agent; judged again."""

    silent: Ran
    after_silent: dict[str, str]
    asked: Ran
    old: Ran
    releases_old: set[str]
    other: Ran
    order: list[str]
    again: Ran
    missing: list[int]


@pytest.fixture(scope="module")
def polling(story: Story, notification: Notification) -> Polling:
    assert notification.ran.code != DONE
    bench = story.bench
    bench.break_("polling-silent", "ctl1", at_restart=True)
    silent = story.resume()
    after_silent = pids(bench)
    bench.mend("polling-silent", "ctl1")
    asked = story.resume("--start-old", "polling")
    old = bench.ceilift("resume", "--quiet", "--start-old", "polling", "--approve", asked.hash)
    releases_old = bench.polling_releases()
    bench.break_("polling-silent", "ctl1", at_restart=True)
    started = len(bench.acts("start ceilometer-polling"))
    other = story.approved("--first", "pol1")
    order = bench.started("ceilometer-polling")[started:]
    bench.mend("polling-silent", "ctl1")
    again = bench.ceilift("resume", "--quiet")
    return Polling(
        silent, after_silent, asked, old, releases_old, other, order, again, missing(bench)
    )


def test_an_agent_that_never_polls_fails_the_first_gate(polling: Polling) -> None:
    assert polling.silent.code == FAILED
    for word in ("polling/first/ctl1", "ctl1", "no fresh sample", "ceilometer-polling.log"):
        assert word in polling.silent.ending, polling.silent.said


def test_the_three_ways_on_are_offered_ready_to_type(polling: Polling, story: Story) -> None:
    command = f"ceilift resume --inventory {story.hasty}"
    for way in (command, f"{command} --first HOST", f"{command} --start-old polling"):
        assert way in polling.silent.ending


def test_no_other_polling_agent_starts_after_a_failed_first_gate(polling: Polling) -> None:
    alive = {name for name, state in polling.after_silent.items() if state.isdigit()}
    assert "ctl1/ceilometer-polling" in alive
    assert not {"ctl2/ceilometer-polling", "pol1/ceilometer-polling"} & alive


def test_the_old_release_starts_again_once_approved(polling: Polling) -> None:
    assert polling.asked.code == PAUSED
    assert polling.old.code == DONE, polling.old.said
    assert polling.releases_old == {"8.1.5"}


def test_another_first_host_starts_first(polling: Polling) -> None:
    assert polling.order[0] == "pol1"
    assert polling.other.code == FAILED, polling.other.said
    assert "polling/proven/ctl1" in polling.other.ending


def test_judged_again_it_goes_on_to_the_end(polling: Polling) -> None:
    assert polling.again.code == DONE, polling.again.said
    assert "pol2" in polling.again.out
    assert "power supply failed" in polling.again.out


def test_nothing_that_was_sent_is_lost(polling: Polling) -> None:
    assert polling.missing == []


@dataclass(frozen=True)
class End:
    """The dead host is back; afterwards nothing is left to do."""

    status: Ran
    back: Ran
    second: Ran
    before: Picture
    after: Picture


@pytest.fixture(scope="module")
def end(story: Story, polling: Polling) -> End:
    assert polling.again.code == DONE
    bench = story.bench
    bench.mend("unreachable", "pol2")
    bench.supervisor("pol2", "start", "ceilometer-polling")
    status = bench.ceilift("status")
    back = bench.upgrade("--approve", bench.plan()["hash"])
    before = picture(bench)
    second = bench.upgrade("--approve", "0" * 16)
    return End(status, back, second, before, picture(bench))


def test_the_host_set_aside_stays_open_until_it_is_upgraded(end: End, story: Story) -> None:
    assert "pol2 was set aside" in end.status.out
    assert "power supply failed" in end.status.out
    assert end.back.code == DONE, end.back.said
    assert story.bench.polling_releases() == {"9.0.7"}
    assert len(story.bench.table("hosts_back")) == len(story.bench.table("hosts_aside")) == 1


def test_a_second_run_changes_nothing_and_says_so(end: End) -> None:
    assert end.second.code == DONE
    assert "nothing to do: everything in lab runs 9.0.7; nothing was changed" in end.second.err
    assert end.before == end.after


def test_backup_was_made_once_a_database_stage(end: End, story: Story) -> None:
    assert end.second.code == DONE
    assert story.bench.acts(DBSYNC)[:3] == ["failed", "failed", "done"]
    assert story.bench.acts(BACKUP)[0] == "done"
