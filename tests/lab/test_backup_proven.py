"""A dump restored and compared, a migration rehearsed: on real MariaDB and PostgreSQL."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ceilift.errors import StepFailedError
from lab.database_servers import PASSWORD, PASSWORD_QUOTED
from tests.lab.conftest import DatabaseStages
from tests.lab.database_stage import DatabaseStage

pytestmark = pytest.mark.lab

ROWS = 3000


@pytest.fixture
def stage(database_stages: DatabaseStages) -> DatabaseStage:
    return database_stages(ROWS)


@contextmanager
def at_once(work: threading.Thread, stop: threading.Event) -> Iterator[None]:
    """Let something go on beside."""
    work.start()
    try:
        yield
    finally:
        stop.set()
        work.join(30)


def command_lines() -> Iterator[bytes]:
    """What every process of this machine was started with, for all to read."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield file.read_bytes()
        except OSError:
            continue


def test_the_whole_stage_proves_rehearses_and_migrates(stage: DatabaseStage) -> None:
    seen, stop = set[bytes](), threading.Event()

    def watch() -> None:
        while not stop.wait(0.01):
            seen.update(command_lines())

    with at_once(threading.Thread(target=watch), stop), stage.upgrade() as upgrade:
        saved, verified, rehearsed, migrated = upgrade.do()

    [dump] = stage.backups
    assert stat.S_IMODE(dump.stat().st_mode) == 0o600
    assert saved.startswith(f"{dump} sha256:")
    assert f"sample.id = {ROWS}" in saved
    assert f"3 tables alike, {ROWS + 2} rows counted, {ROWS} of them in sample" in verified
    assert "added: column meter.unit" in rehearsed
    assert "ended with 0" in migrated
    assert stage.sql("SELECT unit FROM meter") == [(None,)]
    texts = [*seen, (stage.root / "ledger.db").read_bytes(), *map(str.encode, stage.told)]
    assert any(b"psql" in text or b"mariadb" in text for text in seen)
    assert [t for t in texts if PASSWORD.encode() in t or PASSWORD_QUOTED.encode() in t] == []


def test_what_is_proven_is_not_done_again(stage: DatabaseStage) -> None:
    with stage.upgrade() as first:
        first.do("backup", "verify-backup")
    [dump] = stage.backups

    with stage.upgrade() as second:
        left = second.left
        second.do()

    assert left == ("database/rehearse", "database/dbsync")
    assert stage.backups == [dump]
    assert not [one for one in stage.summaries() if "backup:" in one]


def test_production_that_goes_on_is_no_difference(stage: DatabaseStage) -> None:
    """A collector stores, and the expirer deletes, all the time."""
    stop = threading.Event()

    def collect() -> None:
        number = 1
        while not stop.wait(0.02):
            stage.sql(f"DELETE FROM sample WHERE id = {number}")  # noqa: S608 - a number of ours
            stage.sql("INSERT INTO sample (meter_id, resource_id, message_id) VALUES (1, 1, 'x')")
            number += 1

    with at_once(threading.Thread(target=collect), stop), stage.upgrade() as upgrade:
        _, verified, *_ = upgrade.do()

    assert "3 tables alike" in verified


def test_a_dump_that_was_damaged_is_no_backup_and_another_is_made(stage: DatabaseStage) -> None:
    with stage.upgrade() as first:
        first.do("backup")
        [dump] = stage.backups
        dump.write_bytes(dump.read_bytes()[:-100])
        with pytest.raises(StepFailedError, match=r"SHA-256 differs.*not counted as a backup"):
            first.do("verify-backup")

    with stage.upgrade() as second:
        assert second.left[0] == "database/backup"
        second.do()

    assert len(stage.backups) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE sample SET message_id = 'another' WHERE id = 1", "sample: 1 of .* rows differ: 1"),
        ("INSERT INTO meter (id, name) VALUES (0, 'x')", "meter: 1 of 2 rows up to meter.id = 1"),
        ("ALTER TABLE meter ADD COLUMN more INTEGER", "column meter.more differs"),
        ("CREATE TABLE more (id INTEGER)", "table more is only in production"),
    ],
)
def test_a_copy_that_differs_is_told(stage: DatabaseStage, change: str, said: str) -> None:
    with stage.upgrade() as upgrade:
        upgrade.do("backup")
        if stage.server.scheme.startswith("mysql"):
            stage.sql("SET GLOBAL sql_mode = 'NO_AUTO_VALUE_ON_ZERO'", as_root=True)
        stage.sql(change)

        with pytest.raises(StepFailedError, match=said):
            upgrade.do("verify-backup")

    with stage.upgrade() as again:
        assert again.left[0] == "database/backup"


def test_a_scratch_database_of_somebody_else_is_left_alone(stage: DatabaseStage) -> None:
    stage.sql("CREATE TABLE theirs (id INTEGER)", "scratch")

    with (
        stage.upgrade() as upgrade,
        pytest.raises(StepFailedError, match="tables that Ceilift did not put there"),
    ):
        upgrade.do("backup")

    assert stage.backups == []
    assert stage.sql("SELECT COUNT(*) FROM theirs", "scratch") == [(0,)]


def test_production_under_another_name_is_not_emptied(stage: DatabaseStage) -> None:
    """127.1 is 127.0.0.1 to the tools, and a name like any other to whoever compares URLs."""
    alias = stage.server.url("ceilometer").replace("127.0.0.1", "127.1")
    with stage.upgrade() as first:
        first.do("backup")

    inventory = stage.inventory(scratch={"url": alias, "password": {"env": "PASSWORD"}})
    with (
        stage.upgrade(inventory) as second,
        pytest.raises(StepFailedError, match="not empty, and Ceilift did not fill it"),
    ):
        second.do("verify-backup")

    assert stage.sql("SELECT COUNT(*) FROM sample") == [(ROWS,)]


def test_a_migration_that_fails_is_found_before_production(stage: DatabaseStage) -> None:
    stage.migration("ALTER TABLE nowhere ADD COLUMN more INTEGER")
    with stage.upgrade() as first:
        first.do("backup", "verify-backup")
        with pytest.raises(StepFailedError, match=r"on the copy.*exited with.*not touched") as told:
            first.do("rehearse")
        assert PASSWORD not in str(told.value)

    stage.migration("ALTER TABLE meter ADD COLUMN more INTEGER")
    with stage.upgrade() as second:
        assert second.left == ("database/rehearse", "database/dbsync")
        second.do()

    assert stage.sql("SELECT more FROM meter") == [(None,)]


def test_what_the_migration_deletes_is_named_and_may_be_accepted(stage: DatabaseStage) -> None:
    stage.migration("ALTER TABLE resource DROP COLUMN resource_id")
    with stage.upgrade() as first:
        first.do("backup", "verify-backup")
        with pytest.raises(StepFailedError, match=r"column resource\.resource_id is gone"):
            first.do("rehearse")
    assert stage.sql("SELECT COUNT(resource_id) FROM resource") == [(1,)]

    with stage.upgrade() as second:
        assert [one.id for one in second.plan.blockers] == ["schema-not-additive"]
    with stage.upgrade(accept={"schema-not-additive": "nobody reads it"}) as third:
        assert third.plan.blockers == ()
        rehearsed, _ = third.do()

    assert "accepted: column resource.resource_id is gone" in rehearsed


def test_old_dumps_go_once_the_new_one_is_proven(stage: DatabaseStage) -> None:
    folder = stage.root / "backups"
    folder.mkdir()
    for year in range(2020, 2024):
        (folder / f"test-8.1.5-to-9.0.6-{year}0101T000000Z.sql.gz").touch()
    (folder / "test-2-8.1.5-to-9.0.6-20200101T000000Z.sql.gz").touch()
    (folder / "ours.sql.gz").touch()

    with stage.upgrade(stage.inventory(keep=2)) as upgrade:
        upgrade.do("backup")
        assert len(stage.backups) == 5  # one more, until the new one is proven
        upgrade.do("verify-backup")

    names = [file.name for file in stage.backups]
    assert names[:2] == ["ours.sql.gz", "test-2-8.1.5-to-9.0.6-20200101T000000Z.sql.gz"]
    assert names[2] == "test-8.1.5-to-9.0.6-20230101T000000Z.sql.gz"
    assert len(names) == 4
