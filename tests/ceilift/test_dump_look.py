"""What is found out of a dump before it is restored: from ledger, host and database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from ceilift.copy_comparison import Rows, rows_to_json
from ceilift.database_evidence import BACKUP_ID, DISPROVED
from ceilift.dump_look import DUMPED, HELD, restorable
from ceilift.dump_record import Mark
from ceilift.errors import StepFailedError, TransientError
from ceilift.paths.nodes import RESTORE_ID
from ceilift.planner import make_plan
from ceilift.remote.shell import Result
from ceilift.restorable import Dumped, Restorable
from ceilift.schema_change import Column, Table
from tests import clouds
from tests.ceilift.past import begin
from tests.fakes import FakeCloud, FakeTables, fake_ledger

CLOUD = clouds.inventory({"ctl1": ["collector", "polling-central"]})
BEFORE = clouds.all_at(CLOUD, "8.1.5")
PLAN = make_plan(CLOUD, BEFORE, clouds.catalogue(), clouds.request())
WAY_BACK = make_plan(
    CLOUD,
    clouds.all_at(CLOUD, "9.0.7", former=BEFORE.instances, left="9.0.7"),
    clouds.catalogue(),
    clouds.request("8.1.5", rollback=True),
)
SHA = "ab" * 32
DUMP = f"/var/backups/x.sql.gz sha256:{SHA} 12 bytes, up to sample.id = 2"
WAS = {"sample": Table({"id": Column("int(11)")}, key=("id",))}
NOW = {**WAS, "more": WAS["sample"]}
HERE = "mysql://192.0.2.10:3306/ceilometer"


@dataclass
class Past:
    """An upgrade that has saved the database."""

    cloud: FakeCloud
    number: int = 0
    marks: tuple[Mark, ...] = field(default=(Mark("sample", "id", 2),))

    def saved(self, detail: str = DUMP, *, noted: bool = True, address: str = HERE) -> None:
        ledger = self.cloud.ledger
        self.number = begin(ledger, PLAN, BEFORE)
        if noted:
            about = Dumped("ctl1", address, WAS, self.marks)
            ledger.save_document(self.number, DUMPED, "0", about.to_json())
            rows = rows_to_json({"sample": Rows(2, {(1,): "a"})})
            ledger.save_document(self.number, HELD, "0", rows)
        ledger.add_evidence(self.number, BACKUP_ID, "9.0.7", "2026-01-01", detail)

    def look(self) -> Restorable:
        return restorable(self.cloud.as_cloud())


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    cloud = FakeCloud(CLOUD, fake_ledger(tmp_path))
    cloud.production_tables = FakeTables(NOW, after={"sample": 5}, times=(1.7e9, 1.8e9))
    cloud.connections.shell("ctl1").answer = Result(0, f"{SHA}\n", "", 0.1)
    yield Past(cloud)
    cloud.ledger.dispose()


def test_what_a_restore_takes_is_counted(past: Past) -> None:
    past.saved()

    found = past.look()

    assert (found.file, found.problem, found.by) == ("", "", None)
    assert found.dump is not None
    assert (found.host, found.dump.sha256, found.made_at) == ("ctl1", SHA, "2026-01-01")
    assert found.lost is not None
    assert (found.lost.samples, found.lost.goes) == (5, ("table more",))
    assert found.dumped == found.here == HERE


def test_an_upgrade_that_saved_nothing_has_none(past: Past) -> None:
    begin(past.cloud.ledger, PLAN, BEFORE)

    assert "has saved no database" in past.look().missing


def test_a_snapshot_of_the_operators_is_none(past: Past) -> None:
    past.saved("external snapshot nightly, unproven by us")

    assert "external snapshot nightly" in past.look().missing


def test_one_that_was_disproved_is_none(past: Past) -> None:
    past.saved()
    past.cloud.ledger.add_evidence(past.number, DISPROVED, "9.0.7", "2026-01-02", "it differs")

    assert "disproved" in past.look().missing


def test_of_one_that_nobody_noted_nothing_is_counted(past: Past) -> None:
    past.saved(noted=False)

    found = past.look()

    assert (found.host, found.lost) == ("", None)
    assert past.cloud.connections.asked == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Result(0, "it is not there\n", "", 0.1), "it is not there"),
        (Result(0, "cd" * 32, "", 0.1), "its SHA-256 differs"),
        (Result(1, "", "Permission denied", 0.1), "Permission denied"),
        (TransientError("no answer"), "could not be looked at: no answer"),
        (StepFailedError("wrong key"), "could not be looked at: wrong key"),
    ],
)
def test_what_is_wrong_with_the_file_is_told(
    past: Past, answer: Result | StepFailedError, words: str
) -> None:
    past.saved()
    past.cloud.connections.shell("ctl1").answer = answer

    assert words in past.look().file


def test_a_host_that_is_gone_is_told(past: Past) -> None:
    past.saved()
    past.cloud.inventory = clouds.inventory({"new1": ["collector", "polling-central"]})

    assert "no longer in the inventory" in past.look().file


def test_another_database_is_not_looked_into(past: Past) -> None:
    past.saved(address="postgresql://192.0.2.10:5432/ceilometer")

    found = past.look()

    assert found.dumped != found.here
    assert (found.lost, past.cloud.production_tables.looks) == (None, 0)


def test_a_database_that_does_not_answer_is_told(past: Past) -> None:
    past.saved()
    past.cloud.production_tables.error = TransientError("it does not answer")

    assert past.look().problem == "it does not answer"


def test_another_rollback_that_has_restored_it_is_named(past: Past) -> None:
    past.saved()
    by = begin(past.cloud.ledger, WAY_BACK, BEFORE, past.number)
    past.cloud.ledger.add_evidence(by, RESTORE_ID, "8.1.5", "2026-01-03", "restored")

    assert past.look().by is None  # it goes on with that one
    past.cloud.ledger.close(by, "abandoned")
    assert past.look().by == by


def test_what_is_half_restored_takes_what_was_counted_before(past: Past) -> None:
    past.saved()
    by = begin(past.cloud.ledger, WAY_BACK, BEFORE, past.number)
    body = {"rows": [["sample", 9]], "since": 1.0, "until": 2.0, "goes": []}
    past.cloud.ledger.save_document(by, "before restore", SHA, body)
    past.cloud.production_tables = replace(past.cloud.production_tables, half=True)

    found = past.look()

    assert found.half
    assert found.lost is not None
    assert found.lost.samples == 9
