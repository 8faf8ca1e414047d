"""The copy: restored, compared, migrated, and in which words each ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from ceilift.copy_comparison import Rows
from ceilift.database_restore import DISPROVED, NOT_OURS
from ceilift.errors import StepFailedError
from ceilift.inventory import Inventory
from ceilift.planner import make_plan
from ceilift.remote.shell import Result
from ceilift.schema_change import Column, Table
from ceilift.state import DatabaseState
from tasks import database
from tasks.carry_out import carry_out
from tasks.run import dry_run
from tasks.scratch import _rehearse, _verify
from tasks.session import Session
from tests import clouds
from tests.fakes import FakeProgress, FakeShell, FakeStore, FakeTables
from tests.tasks.conftest import INVENTORY, Runs

SHA = "ab" * 32
DUMP = f"/var/backups/ceilometer/x.sql.gz sha256:{SHA} 12 bytes"
SAMPLE = Table({"id": Column("int(11)")}, key=("id",))
BEFORE = {"sample": SAMPLE}
MORE = {"sample": Table({**SAMPLE.columns, "more": Column("text")}, key=("id",))}
ROWS = {"sample": Rows(2, {(1,): "a", (2,): "b"})}
OK = Result(0, "", "", 0.1)
SECRET = "hunter2"  # noqa: S105 - a test's
VERIFY, REHEARSE = "database/verify-backup", "database/rehearse"


def proven(url: str = "mysql+pymysql://c@192.0.2.10/scratch", **changes: object) -> Inventory:
    backup = {
        "policy": "dump+restore",
        "host": "ctl1",
        "folder": "/var/backups/ceilometer",
        "scratch": {"url": url},
        **changes,
    }
    given = INVENTORY.model_dump()
    given["database"] |= {"backup": backup}
    return Inventory.model_validate(given)


@dataclass
class Stage:
    """A run that has made its dump, and what the host is to answer."""

    runs: Runs
    answers: dict[str, Result] = field(default_factory=dict)

    def open(self, **asked: clouds.Field) -> Session:
        runs = self.runs
        runs.cloud.scratch_password = SECRET
        runs.cloud.production_tables = FakeTables(BEFORE, ROWS)
        runs.cloud.scratch_tables = FakeTables(BEFORE, ROWS, later=MORE)
        runs.cloud.samples = FakeStore(state=DatabaseState(reachable=True))
        self.shell.answer = self.answer
        plan = make_plan(
            runs.cloud.inventory, runs.state(), clouds.catalogue(), clouds.request(**asked)
        )
        session = runs.open(plan)
        carry_out(["database/backup"], lambda _session, _step: DUMP)
        return session

    @property
    def shell(self) -> FakeShell:
        return self.runs.cloud.connections.shell("ctl1")

    def answer(self, script: str, _args: tuple[str, ...]) -> Result:
        return next((one for words, one in self.answers.items() if words in script), OK)

    def told(self, session: Session, node: str) -> list[str]:
        assert session.upgrade is not None
        evidence = self.runs.cloud.ledger.evidence(session.upgrade)
        return [one.detail for one in evidence if one.node == node]


@pytest.fixture
def stage(runs: Runs) -> Stage:
    runs.cloud.inventory = proven()
    return Stage(runs)


def verify() -> str:
    return carry_out([VERIFY], _verify)[0]["detail"]


def rehearse() -> str:
    carry_out([VERIFY], lambda _session, _step: "proven")
    return carry_out([REHEARSE], _rehearse)[0]["detail"]


def test_a_dump_is_restored_from_its_file_and_compared(stage: Stage) -> None:
    stage.open()

    said = verify()

    [asked] = stage.shell.asked
    assert asked.args[-3:] == ("/var/backups/ceilometer/x.sql.gz", SHA, "restored")
    assert SECRET in asked.script
    assert not any(SECRET in word for word in asked.args)
    assert said.startswith("/var/backups/ceilometer/x.sql.gz was restored: 1 tables alike")


@pytest.mark.parametrize("spoil", ["schema", "rows", "file"])
def test_a_dump_that_is_none_is_not_counted(stage: Stage, spoil: str) -> None:
    session = stage.open()
    marked = f"{DUMP}, up to sample.id = 2"
    session.done["database/backup"] = {"node": "database/backup", "detail": marked}
    if spoil == "schema":
        stage.runs.cloud.scratch_tables = FakeTables(MORE, ROWS)
    elif spoil == "rows":
        stage.runs.cloud.scratch_tables = FakeTables(BEFORE, {"sample": Rows(1, {(1,): "a"})})
    else:
        stage.answers["restore a dump"] = Result(DISPROVED, "", "its SHA-256 differs", 0.1)

    with pytest.raises(StepFailedError, match="not counted as a backup") as told:
        verify()

    assert told.value.next_command == "mend the cause, then: ceilift resume"
    assert len(stage.told(session, "database/backup-disproved")) == 1
    assert stage.told(session, VERIFY) == []


def test_a_restore_that_fails_says_nothing_of_the_dump(stage: Stage) -> None:
    session = stage.open()
    stage.answers["restore a dump"] = Result(NOT_OURS, "", f"password={SECRET} not empty", 0.1)

    with pytest.raises(StepFailedError, match="could not be restored on ctl1") as told:
        verify()

    assert SECRET not in str(told.value)
    assert stage.told(session, "database/backup-disproved") == []


def test_the_dump_is_found_in_the_ledger_by_a_later_run(stage: Stage) -> None:
    session = stage.open()
    session.done.clear()

    assert "x.sql.gz was restored" in carry_out([VERIFY], _verify)[0]["detail"]


def test_no_dump_is_told(stage: Stage) -> None:
    session = stage.open()
    session.done["database/backup"] = {"node": "database/backup", "detail": "external snapshot"}

    with pytest.raises(StepFailedError, match="names no dump"):
        verify()


def test_the_migration_is_tried_on_the_copy_alone(stage: Stage) -> None:
    stage.answers["the same migration"] = Result(0, "", "", 12.34)
    stage.open()

    said = rehearse()

    restored, migrated = stage.shell.asked
    assert restored.args[-1] == "rehearsed"
    assert "/opt/ceilometer/9.0.7/bin/ceilometer-upgrade --skip-gnocchi" in migrated.script
    assert f"c:{SECRET}@192.0.2.10/scratch" in migrated.script
    assert not any(SECRET in word for word in migrated.args)
    assert said == (
        "rehearsed in 12.3 s: ceilometer-upgrade of 9.0.7 on the copy; added: column sample.more"
    )


def test_the_window_learns_what_it_took(stage: Stage) -> None:
    learned: dict[str, float] = {}

    class Guard:
        def learned(self, node_id: str, seconds: float) -> None:
            learned[node_id] = seconds

        def bars(self, _node_id: str) -> str:
            return ""

    stage.answers["the same migration"] = Result(0, "", "", 12.34)
    stage.open().guard = Guard()  # type: ignore[assignment]

    rehearse()

    assert learned == {"database/dbsync": 12.34}


@pytest.mark.parametrize(("code", "said"), [(124, "within 3600 s"), (1, "exited with 1")])
def test_a_migration_that_fails_there_is_told(stage: Stage, code: int, said: str) -> None:
    stage.answers["the same migration"] = Result(code, f"mysql://c:{SECRET}@h/s", "", 1.0)
    stage.open()

    with pytest.raises(StepFailedError, match="Production was not touched") as told:
        rehearse()

    assert said in str(told.value)
    assert SECRET not in str(told.value)


def test_what_it_deletes_fails_it_and_is_remembered(stage: Stage) -> None:
    session = stage.open()
    stage.runs.cloud.scratch_tables.later = {}

    with pytest.raises(StepFailedError, match="table sample is gone") as told:
        rehearse()

    assert "--accept schema-not-additive" in str(told.value.next_command)
    assert stage.told(session, "database/not-additive") == ["table sample is gone"]
    assert stage.told(session, REHEARSE) == []


def test_what_it_deletes_may_be_accepted(stage: Stage) -> None:
    stage.open(accept={"schema-not-additive": "nobody reads it"})
    stage.runs.cloud.scratch_tables.later = {}

    assert "deleted or modified, and accepted: table sample is gone" in rehearse()


def test_a_production_that_changed_meanwhile_fails_it(stage: Stage) -> None:
    stage.open()
    stage.runs.cloud.production_tables.later = MORE

    with pytest.raises(StepFailedError, match="production's schema was changed"):
        rehearse()


@pytest.mark.parametrize("step", [verify, rehearse])
def test_production_is_never_the_copy(stage: Stage, step: Callable[[], str]) -> None:
    """An inventory from elsewhere than a file is not checked before."""
    assert stage.runs.cloud.inventory.database is not None
    stage.runs.cloud.inventory = proven(stage.runs.cloud.inventory.database.url)
    stage.open()

    with pytest.raises(StepFailedError, match="production's own database"):
        step()

    assert stage.shell.asked == []


def test_a_scratch_database_of_others_stops_it_before_the_dump(stage: Stage) -> None:
    session = stage.open()
    stage.runs.cloud.scratch_tables.ours = False
    session.done.clear()

    with pytest.raises(StepFailedError, match="nothing was done"):
        carry_out(["database/backup"], database._backup)

    assert stage.shell.asked == []


def test_the_keys_are_noted_before_the_dump(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SETTLE_S", 0)
    session = stage.open()
    session.done.clear()
    stage.answers["gzip -c"] = Result(0, DUMP, "", 1.0)

    [done] = carry_out(["database/backup"], database._backup)

    assert done["detail"] == f"{DUMP}, up to sample.id = 2"


def test_old_dumps_go_when_the_new_one_is_proven(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SETTLE_S", 0)
    stage.runs.cloud.inventory = proven(keep=3)
    session = stage.open()
    session.done.clear()
    stage.answers |= {"gzip -c": Result(0, DUMP, "", 1.0), "# remove": Result(0, "old\n", "", 0.1)}

    carry_out(["database/backup"], database._backup)
    verify()

    rotations = [asked.args[-1] for asked in stage.shell.asked if "# remove" in asked.script]
    assert rotations == ["4", "3"]
    assert "old dumps removed: old" in session.progress.notes  # type: ignore[attr-defined]


def test_a_dry_run_looks_at_nothing(stage: Stage) -> None:
    cloud = stage.runs.cloud
    plan = make_plan(cloud.inventory, stage.runs.state(), clouds.catalogue(), clouds.request())
    session = dry_run(cloud.as_cloud(), clouds.catalogue(), plan, FakeProgress())

    for node, work in ((VERIFY, _verify), (REHEARSE, _rehearse)):
        step = next(one for one in plan.steps if one.id == node)
        assert work(session, step) == "dry run"

    assert (cloud.scratch_tables.looks, cloud.connections.asked) == (0, [])
