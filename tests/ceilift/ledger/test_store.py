"""What is written is read again, in order, by another controller as well; nothing is rewritten."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import event

from ceilift.clock import Interval, timestamp
from ceilift.errors import CeiliftError, RefusedError
from ceilift.ledger.journal import RunJournal
from ceilift.ledger.store import Ledger
from ceilift.plan import Accepted
from ceilift.record import Lease, NodeStatus, Reading
from ceilift.state import Evidence

from .conftest import BASELINE, PLAN, Clock

Opener = Callable[[], Ledger]


def test_an_open_upgrade_is_seen_by_every_controller(
    upgrade: int, open_ledger: Opener, lease: Lease
) -> None:
    ledger = open_ledger()
    found = ledger.open_upgrade("demo")
    assert found is not None
    assert (found.id, found.plan, json.dumps(found.baseline)) == (upgrade, PLAN, BASELINE)
    assert (found.plan_hash, found.path, found.to) == ("abc123", "full", "9.0.7")
    assert found.state == "waiting"
    assert ledger.open_upgrade("other") is None
    with pytest.raises(RefusedError, match=r"open upgrade to 9\.0\.7") as refused:
        ledger.begin(lease, PLAN, BASELINE)
    assert refused.value.next_command == "ceilift resume"


def test_a_closed_upgrade_is_history_and_another_may_begin(
    ledger: Ledger, upgrade: int, lease: Lease, clock: Clock
) -> None:
    ledger.approve(upgrade, "abc123", "Alice", "terminal")
    ledger.start_run(upgrade, lease, "upgrade")
    clock.now += 60
    ledger.close(upgrade, "done", "every service on 9.0.7")
    assert ledger.open_upgrade("demo") is None
    second = ledger.begin(lease, PLAN, BASELINE)
    newest, oldest = ledger.history("demo")
    assert (newest.id, newest.outcome, newest.ended_at) == (second, "", "")
    assert (oldest.releases, oldest.to, oldest.runs) == ("8.1.5", "9.0.7", 1)
    assert (oldest.outcome, oldest.approved_by) == ("done", "Alice")
    assert oldest.ended_at > oldest.opened_at


def test_an_end_is_written_once(ledger: Ledger, upgrade: int) -> None:
    ledger.close(upgrade, "done")
    with pytest.raises(CeiliftError):
        ledger.close(upgrade, "abandoned")


def test_only_the_very_plan_that_was_approved_is_approved(ledger: Ledger, upgrade: int) -> None:
    assert ledger.approved(upgrade, "abc123") is None
    ledger.approve(upgrade, "abc123", "Alice", "--approve")
    found = ledger.approved(upgrade, "abc123")
    assert found is not None
    assert (found.name, found.how) == ("Alice", "--approve")
    assert ledger.approved(upgrade, "other") is None


def test_an_intent_without_outcome_is_unknown_until_a_later_run_settles_it(
    ledger: Ledger, upgrade: int, lease: Lease
) -> None:
    crashed = ledger.start_run(upgrade, lease, "upgrade")
    lost = crashed.intend("stop-collector-ctl1", "ctl1", "stop the unit")
    kept = crashed.intend("backup", "ctl1", "dump")
    crashed.outcome(kept, "done", "42 MB")
    assert [intent.id for intent in ledger.unknown(upgrade)] == [lost]

    again = ledger.start_run(upgrade, lease, "resume")
    second = again.intend("stop-collector-ctl1", "ctl1", "stop the unit")
    assert [intent.id for intent in ledger.unknown(upgrade)] == [second]
    again.outcome(second, "done", "was stopped")
    assert ledger.unknown(upgrade) == ()
    assert [intent.status for intent in ledger.intents(upgrade)] == ["", "done", "done"]


def test_the_status_of_every_node(ledger: Ledger, upgrade: int, lease: Lease, clock: Clock) -> None:
    journal = ledger.start_run(upgrade, lease, "upgrade")
    for node, status in {"a": "done", "b": "failed", "c": "paused", "d": "dry", "e": "odd"}.items():
        journal.outcome(journal.intend(node, "ctl1", "try"), status, f"{node} ended")
    journal.intend("f", "ctl2", "stop")
    ledger.add_evidence(upgrade, "g", "9.0.7", "2026-01-01T00:00:00.000+00:00", "gate passed")

    found = {item.node: item for item in ledger.status(upgrade, [*"abcdefgh"])}
    assert {node: item.status.value for node, item in found.items()} == {
        "a": "done",
        "b": "failed",
        "c": "paused",
        "d": "not started",
        "e": "failed",
        "f": "running",
        "g": "done",
        "h": "not started",
    }
    assert (found["b"].host, found["b"].detail) == ("ctl1", "b ended")
    clock.now += 61
    assert ledger.status(upgrade, ["f"])[0].status is NodeStatus.UNKNOWN


def test_a_node_that_acted_well_and_then_failed_has_failed(
    ledger: Ledger, upgrade: int, lease: Lease, clock: Clock
) -> None:
    journal = ledger.start_run(upgrade, lease, "upgrade")
    node = journal.intend("start-api", "ctl1", "start")
    act = journal.intend("start-api", "ctl1", "write the unit")
    journal.outcome(act, "done", "")
    clock.now += 5
    journal.outcome(node, "failed", "the unit does not start")
    assert ledger.status(upgrade, ["start-api"])[0].detail == "the unit does not start"
    assert ledger.status(upgrade, ["start-api"])[0].status is NodeStatus.FAILED


def test_how_an_upgrade_stands(ledger: Ledger, upgrade: int, lease: Lease, clock: Clock) -> None:
    def state() -> str:
        found = ledger.open_upgrade("demo")
        return "" if found is None else found.state

    journal = ledger.start_run(upgrade, lease, "upgrade")
    assert state() == "running"
    clock.now += 61
    assert state() == "interrupted"
    ledger.end_run(journal.run, "paused", "gate inconclusive")
    assert state() == "paused"


def test_who_lost_the_lease_may_intend_nothing(
    ledger: Ledger, upgrade: int, lease: Lease, clock: Clock
) -> None:
    journal = ledger.start_run(upgrade, lease, "upgrade")
    clock.now += 61
    ledger.leases.take("demo", "bob", 60)
    with pytest.raises(RefusedError, match="may no longer act"):
        journal.intend("dbsync", "ctl1", "ceilometer-upgrade")
    assert ledger.intents(upgrade) == ()
    with pytest.raises(RefusedError):
        ledger.start_run(upgrade, lease, "resume")


def test_evidence_documents_time_lines_and_readings_are_kept(
    ledger: Ledger, upgrade: int, lease: Lease
) -> None:
    run = ledger.start_run(upgrade, lease, "upgrade").run
    at = "2026-01-01T00:00:00.000+00:00"
    ledger.add_evidence(upgrade, "backup", "9.0.7", at, "/dump.sql")
    ledger.save_document(upgrade, "verdict", "gate-collector", {"outcome": "healthy", "raw": [1.5]})
    ledger.save_intervals(run, [Interval("remote", "ctl1", 1.0, 2.5)])
    ledger.save_intervals(run, [])
    ledger.save_readings(run, [Reading(2.0, "queue", 9.0), Reading(1.0, "queue", 4.0)])
    ledger.accept(upgrade, "busy", "night")
    assert ledger.evidence(upgrade) == (Evidence("backup", "9.0.7", at, "/dump.sql"),)
    assert ledger.documents(upgrade, "account") == ()
    (document,) = ledger.documents(upgrade, "verdict")
    assert (document.name, document.body) == (
        "gate-collector",
        '{"outcome": "healthy", "raw": [1.5]}',
    )
    assert ledger.intervals(upgrade) == (Interval("remote", "ctl1", 1.0, 2.5),)
    assert [reading.value for reading in ledger.readings(upgrade)] == [4.0, 9.0]
    assert ledger.accepted(upgrade) == (Accepted("busy", "night"),)


def test_a_host_set_aside_stays_open_across_upgrades_until_it_is_back(
    ledger: Ledger, upgrade: int, lease: Lease
) -> None:
    ledger.set_aside(upgrade, "pol2", "broken disk")
    ledger.close(upgrade, "done")
    second = ledger.begin(lease, PLAN, BASELINE)
    ledger.set_aside(second, "pol1", "in repair")
    assert [(host.host, host.to) for host in ledger.aside("demo")] == [
        ("pol2", "9.0.7"),
        ("pol1", "9.0.7"),
    ]
    ledger.bring_back("demo", "pol2", "seen at 9.0.7")
    ledger.bring_back("demo", "pol2", "seen again")
    assert [host.host for host in ledger.aside("demo")] == ["pol1"]


def test_the_median_of_activity_ignores_what_was_not_measured(ledger: Ledger) -> None:
    assert ledger.median_activity("demo").publish_rate is None
    for publish, stored in ((10.0, None), (30.0, 5.0), (20.0, 7.0)):
        ledger.record_activity("demo", publish, stored)
    ledger.record_activity("other", 9999.0, 9999.0)
    found = ledger.median_activity("demo")
    assert (found.publish_rate, found.insert_rate, found.measurements) == (20.0, 6.0, 3)


def test_nothing_but_the_lease_is_ever_changed(ledger: Ledger, upgrade: int, lease: Lease) -> None:
    statements: list[str] = []
    engine = ledger._database._engine
    event.listen(engine, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
    journal = ledger.start_run(upgrade, lease, "upgrade")
    journal.outcome(journal.intend("a", "ctl1", "try"), "done", "")
    ledger.set_aside(upgrade, "pol2", "broken")
    ledger.bring_back("demo", "pol2", "retired")
    ledger.end_run(journal.run, "done")
    ledger.close(upgrade, "done")
    ledger.leases.renew(lease, 60)
    changing = {words for words in statements if words.startswith(("UPDATE", "DELETE"))}
    assert {" ".join(words.split()[:2]) for words in changing} == {"UPDATE lease"}


def test_many_threads_write_at_once(ledger: Ledger, upgrade: int, lease: Lease) -> None:
    journal = ledger.start_run(upgrade, lease, "upgrade")

    def act(index: int) -> None:
        journal.outcome(journal.intend(f"node {index}", "ctl1", "try"), "done", "")

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(act, range(48)))
    assert len({intent.node for intent in ledger.intents(upgrade)}) == 48
    assert ledger.unknown(upgrade) == ()


def test_whatever_a_host_prints_can_be_kept(ledger: Ledger, upgrade: int, lease: Lease) -> None:
    journal = ledger.start_run(upgrade, lease, "upgrade " + "x" * 3000)
    printed = b"long \xff and \x00 done".decode(errors="surrogateescape") + "é" * 5000
    journal.outcome(journal.intend("a", "ctl1", "try"), "failed", printed)
    (intent,) = ledger.intents(upgrade)
    assert intent.detail.startswith("long \\udcff and \\0 done")
    assert intent.detail.count("é") == 5000


# --- errors in words


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("not a url", "sqlite:///FILE"),
        ("mysql+pymysql://root@localhost/x", "cannot be kept in mysql"),
        ("sqlite://", "needs a file"),
    ],
)
def test_a_ledger_that_cannot_be_is_refused_in_words(url: str, words: str) -> None:
    with pytest.raises(CeiliftError, match=words):
        Ledger(url)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CeiliftError, match=r"cannot be opened.*file"):
        Ledger(f"sqlite:///{tmp_path}/file/ledger.db")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("this is no database at all, whatever its name says\n" * 99)
    with pytest.raises(CeiliftError, match=r"ledger\.db cannot be opened: file is not a database"):
        Ledger(f"sqlite:///{tmp_path}/ledger.db")


def test_an_unreachable_server_is_told_without_the_password(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://owner:hidden@/ledger?host={tmp_path}"
    with pytest.raises(CeiliftError, match="cannot be opened") as failed:
        Ledger(url, "hidden")
    assert "hidden" not in str(failed.value)
    assert failed.value.__cause__ is None


def test_a_ledger_of_a_newer_ceilift_is_refused(ledger: Ledger, open_ledger: Opener) -> None:
    with ledger._database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO schema_version (version, at) VALUES (99, '')")
    with pytest.raises(RefusedError, match="schema 99"):
        open_ledger()


def test_a_rollback_ends_the_open_upgrade_that_it_takes_back(
    ledger: Ledger, upgrade: int, lease: Lease
) -> None:
    back = ledger.begin(lease, PLAN, BASELINE, undoes=upgrade)

    found = ledger.open_upgrade("demo")
    assert found is not None
    assert found.id == back
    newest, oldest = ledger.history("demo")
    assert (newest.undoes, newest.undone_by) == (upgrade, None)
    assert (oldest.undoes, oldest.undone_by) == (None, back)
    assert (oldest.outcome, oldest.detail) == ("undone", f"rollback {back} began")
    assert ledger.upgrade(upgrade).to == "9.0.7"


def test_a_rollback_of_an_ended_upgrade_leaves_its_end_as_it_is(
    ledger: Ledger, upgrade: int, lease: Lease
) -> None:
    ledger.close(upgrade, "done", "all of it")

    ledger.begin(lease, PLAN, BASELINE, undoes=upgrade)

    assert [one.outcome for one in ledger.history("demo")] == ["", "done"]


def test_a_rollback_does_not_begin_beside_another_upgrade(
    ledger: Ledger, upgrade: int, lease: Lease
) -> None:
    ledger.close(upgrade, "done")
    ledger.begin(lease, PLAN, BASELINE)

    with pytest.raises(RefusedError, match="open upgrade"):
        ledger.begin(lease, PLAN, BASELINE, undoes=upgrade)


def test_a_backup_that_its_verification_disproved_is_not_told_as_done(
    ledger: Ledger, upgrade: int, lease: Lease, clock: Clock
) -> None:
    saved, verified = nodes = ("database/backup", "database/verify-backup")

    def told() -> list[tuple[NodeStatus, str]]:
        return [(one.status, one.detail) for one in ledger.status(upgrade, nodes)]

    def prove(node: str, detail: str) -> None:
        clock.now += 1
        ledger.add_evidence(upgrade, node, "9.0.7", timestamp(clock.now), detail)
        clock.now += 1

    def act(run: RunJournal, node: str, outcome: str) -> None:
        clock.now += 1
        intent = run.intend(node, "ctl1", "what it does")
        if outcome:
            run.outcome(intent, outcome, "")

    first = ledger.start_run(upgrade, lease, "upgrade")
    act(first, saved, "done")
    prove(saved, "the first dump")
    act(first, verified, "failed")
    prove("database/backup-disproved", "5 rows are lost")
    assert told()[0] == (NodeStatus.FAILED, "5 rows are lost")
    assert told()[1][0] is NodeStatus.FAILED
    again = ledger.start_run(upgrade, lease, "resume")
    act(again, saved, "")
    assert told()[0][0] is NodeStatus.RUNNING
    prove(saved, "the second dump")
    prove(verified, "restored")
    assert told() == [(NodeStatus.DONE, "the second dump"), (NodeStatus.DONE, "restored")]
