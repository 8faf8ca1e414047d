"""The database back to its dump: what is sent, what is judged, and in which words it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from ceilift.copy_comparison import Rows, rows_to_json
from ceilift.database_evidence import BACKUP_ID, OUTDATED
from ceilift.dump_look import BEFORE, DUMPED, HELD, restorable
from ceilift.dump_record import Mark
from ceilift.errors import StepFailedError
from ceilift.plan import Plan
from ceilift.planner import make_plan
from ceilift.production_restore import IN_USE
from ceilift.remote.shell import Result
from ceilift.restorable import Dumped
from ceilift.schema_change import Column, Table
from ceilift.state import DatabaseState
from tasks.carry_out import carry_out
from tasks.lease import held
from tasks.restoring import _restore, _save
from tasks.run import Consent, dry_run, recorded_run
from tasks.session import CURRENT, Session
from tests import clouds
from tests.ceilift.past import begin
from tests.fakes import FakeCloud, FakeProgress, FakeShell, FakeStore, FakeTables, fake_ledger
from tests.tasks.conftest import INVENTORY

SECRET = "hunter2"  # noqa: S105 - a test's
SHA, KEPT_SHA = "ab" * 32, "cd" * 32
DUMP = f"/var/backups/x.sql.gz sha256:{SHA} 12 bytes, up to sample.id = 2"
KEPT = f"/var/backups/test-before-restore-1.sql.gz sha256:{KEPT_SHA} 13 bytes"
SAMPLE = Table({"id": Column("int(11)")}, key=("id",))
WAS = {"sample": SAMPLE}
NOW = {"sample": Table({**SAMPLE.columns, "more": Column("text")}, key=("id",))}
ROWS = {"sample": Rows(2, {(1,): "a", (2,): "b"})}
SAVE, RESTORE = "database/save", "database/restore"
OK = Result(0, "restored\n", "", 0.1)
API_STOPS = {**clouds.WSGI, "stop": ["true"], "start": ["true"]}


@dataclass
class Way:
    """A cloud that was upgraded, and runs of its way back."""

    cloud: FakeCloud
    stack: ExitStack
    answers: dict[str, Result] = field(default_factory=dict)

    def open(self) -> Session:
        cloud = self.cloud
        keeper = self.stack.enter_context(held(cloud.ledger, "test", FakeProgress()))
        plan, consent = self.plan(), Consent("ann", "terminal", "", self.plan().hash)
        state = clouds.all_at(cloud.inventory, "9.0.7")
        way = recorded_run(cloud.as_cloud(), clouds.catalogue(), plan, state, consent, keeper)
        session = self.stack.enter_context(way)
        CURRENT.set(session)
        return session

    def plan(self) -> Plan:
        inventory = self.cloud.inventory
        state = clouds.all_at(inventory, "9.0.7", former=clouds.agents_of(inventory, "8.1.5"))
        state = replace(state, left="9.0.7", restorable=restorable(self.cloud.as_cloud()))
        wish = clouds.request("8.1.5", rollback=True, restore_database=True)
        return make_plan(inventory, state, clouds.catalogue(), wish)

    @property
    def shell(self) -> FakeShell:
        return self.cloud.connections.shell("ctl1")

    def answer(self, script: str, _args: tuple[str, ...]) -> Result:
        return next((one for words, one in self.answers.items() if words in script), OK)

    def told(self, session: Session, node: str) -> list[str]:
        evidence = self.cloud.ledger.evidence(session.upgrade or 0)
        return [one.detail for one in evidence if one.node == node]


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    given = {**INVENTORY.model_dump(), "wsgi": API_STOPS}
    cloud = FakeCloud(type(INVENTORY).model_validate(given), fake_ledger(tmp_path))
    cloud.database_password = SECRET
    cloud.samples = FakeStore(state=DatabaseState(reachable=True))
    after = {"sample": 5}
    cloud.production_tables = FakeTables(NOW, ROWS, later=WAS, after=after, times=(1.7e9, 1.7e9))
    before = clouds.all_at(cloud.inventory, "8.1.5")
    on = make_plan(cloud.inventory, before, clouds.catalogue(), clouds.request())
    number = begin(cloud.ledger, on, before)
    about = Dumped("ctl1", "mysql://192.0.2.10:3306/ceilometer", WAS, (Mark("sample", "id", 2),))
    cloud.ledger.save_document(number, DUMPED, "0", about.to_json())
    cloud.ledger.save_document(number, HELD, "0", rows_to_json(ROWS))
    cloud.ledger.add_evidence(number, BACKUP_ID, "9.0.7", "2026-01-01", DUMP)
    with ExitStack() as stack:
        made = Way(cloud, stack)
        made.shell.answer = made.answer
        made.answers["is the dump what was written"] = Result(0, SHA, "", 0.1)
        made.answers["gzip -c >"] = Result(0, f"{KEPT}\n", "", 0.1)
        yield made
    cloud.ledger.dispose()


def saved() -> str:
    return carry_out([SAVE], _save)[0]["detail"]


def restored(way: Way) -> str:
    way.cloud.production_tables.looks = 0  # as the migration left it, until it is restored
    return carry_out([RESTORE], _restore)[0]["detail"]


def test_what_is_there_is_saved_under_a_name_that_is_never_rotated(way: Way) -> None:
    way.open()

    said = saved()

    asked = way.shell.asked[-1]
    assert said == KEPT
    assert "test-before-restore" in asked.script
    assert SECRET in asked.script
    assert not any(SECRET in word for word in asked.args)


def test_the_dump_is_restored_fenced_and_compared(way: Way) -> None:
    session = way.open()
    saved()

    said = restored(way)

    asked = way.shell.asked[-1]
    assert asked.args[:2] == ("", "test")  # the fence comes first
    assert asked.args[-4:] == (
        "/var/backups/x.sql.gz",
        SHA,
        "/var/backups/test-before-restore-1.sql.gz",
        KEPT_SHA,
    )
    assert not any(SECRET in word for word in asked.args)
    assert "1 tables alike, 2 rows counted" in said
    assert "lost: 5 samples stored from 2023-11-14 22:13:20 UTC" in said
    assert "column sample.more" in said
    assert way.cloud.left == 1  # our own sessions are gone before
    assert SECRET not in str(way.cloud.ledger.intents(session.upgrade or 0))


@pytest.mark.parametrize("spoil", ["schema", "rows"])
def test_what_is_not_what_was_saved_fails_it(way: Way, spoil: str) -> None:
    session = way.open()
    saved()
    if spoil == "schema":
        way.cloud.production_tables.later = NOW
    else:
        way.cloud.production_tables.rows = {"sample": Rows(2, {(1,): "a", (2,): "other"})}

    with pytest.raises(StepFailedError, match="is not what was saved") as told:
        restored(way)

    assert way.told(session, RESTORE) == []
    assert told.value.next_command == "mend the cause, then: ceilift resume"


def test_a_failed_restore_says_where_what_was_there_is(way: Way) -> None:
    way.open()
    saved()
    way.answers = {"restore a dump": Result(1, "", f"password={SECRET} it failed", 0.1)}

    with pytest.raises(StepFailedError, match="was not restored on ctl1") as told:
        restored(way)

    assert "/var/backups/test-before-restore-1.sql.gz" in str(told.value)
    assert SECRET not in str(told.value)


@pytest.mark.parametrize("half", [True, False])
def test_who_was_connected_may_have_written_so_it_is_saved_again(way: Way, *, half: bool) -> None:
    session = way.open()
    saved()
    way.cloud.production_tables.half = half
    way.answers = {"restore a dump": Result(IN_USE, "", "others are connected", 0.1)}

    with pytest.raises(StepFailedError, match="nothing was restored: others are connected"):
        restored(way)

    assert len(way.told(session, OUTDATED)) == (0 if half else 1)


def test_without_what_is_there_saved_nothing_is_restored(way: Way) -> None:
    way.open()

    with pytest.raises(StepFailedError, match="was not saved"):
        restored(way)

    assert not [one for one in way.shell.asked if "restore a dump" in one.script]


def test_a_dump_that_was_not_approved_is_not_restored(way: Way) -> None:
    session = way.open()
    saved()
    steps = tuple(
        replace(one, why=one.why.replace(SHA, "ef" * 32)) if one.id == RESTORE else one
        for one in session.plan.steps
    )
    session.plan = replace(session.plan, steps=steps)

    with pytest.raises(StepFailedError, match="another dump was approved"):
        restored(way)


def test_another_database_is_not_touched(way: Way) -> None:
    way.open()
    saved()
    assert way.cloud.inventory.database is not None
    url = "mysql+pymysql://ceilometer@192.0.2.99/ceilometer"
    database = way.cloud.inventory.database.model_copy(update={"url": url})
    way.cloud.inventory = way.cloud.inventory.model_copy(update={"database": database})

    with pytest.raises(StepFailedError, match="another database"):
        restored(way)


def test_what_it_takes_is_counted_before_and_kept_when_it_is_cut_off(way: Way) -> None:
    session = way.open()
    saved()
    way.answers = {"restore a dump": Result(1, "", "killed", 0.1)}
    with pytest.raises(StepFailedError):
        restored(way)
    session.undone.clear()
    session.error = None
    way.answers = {}
    way.cloud.production_tables = FakeTables(WAS, ROWS)

    said = restored(way)

    assert "lost: 5 samples" in said
    kept = way.cloud.ledger.documents(session.upgrade or 0, BEFORE)
    assert [json.loads(one.body)["rows"] for one in kept] == [[["sample", 5]]]


def test_a_dry_run_looks_at_nothing(way: Way) -> None:
    plan = way.plan()
    session = dry_run(way.cloud.as_cloud(), clouds.catalogue(), plan, FakeProgress())
    asked = len(way.shell.asked)

    for node, work in ((SAVE, _save), (RESTORE, _restore)):
        assert work(session, next(one for one in plan.steps if one.id == node)) == "dry run"

    assert len(way.shell.asked) == asked
