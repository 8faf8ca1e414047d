"""The database back to its dump: on real MariaDB and PostgreSQL, killed in the middle, resumed."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import sqlite3
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from ceilift.errors import CeiliftError, StepFailedError
from ceilift.telemetry.schema import sample
from lab.database_servers import PASSWORD, PASSWORD_QUOTED
from lab.waiting import until
from tests.lab.conftest import DatabaseStages
from tests.lab.database_stage import DatabaseStage
from tests.lab.test_backup_proven import command_lines

pytestmark = pytest.mark.lab

ROWS, MORE = 4000, 7
FORK = multiprocessing.get_context("fork")
ALL = ("database/save", "database/restore")
SLOW_GZIP = """#!/bin/sh
# unpacks, and stops on the way until it is told to go on; says so each time
[ "$1" = -dc ] || exec /usr/bin/gzip "$@"
echo "$$ $PPID" >>{notes}/begun
/usr/bin/gzip "$@" | {{ head -c 150000; while [ ! -e {notes}/go ]; do sleep 0.1; done; cat; }}
"""


@pytest.fixture
def stage(database_stages: DatabaseStages) -> DatabaseStage:
    """Upgraded, and some more samples stored on the new schema since."""
    made = database_stages(ROWS)
    made.migration(
        "ALTER TABLE meter ADD COLUMN unit VARCHAR(255)",
        "CREATE TABLE gnocchi_map (id INTEGER PRIMARY KEY)",
    )
    with made.upgrade() as upgrade:
        upgrade.do()
    made.sql("UPDATE meter SET unit = 'MB'")
    store(made, MORE)
    return made


def store(stage: DatabaseStage, count: int) -> None:
    rows = [
        {"meter_id": 1, "resource_id": 1, "timestamp": 1.7e9 + n, "message_id": f"later{n}"}
        for n in range(count)
    ]
    with stage.server.engine("ceilometer").begin() as connection:
        connection.execute(insert(sample), rows)


def contents(stage: DatabaseStage) -> list[tuple[object, ...]]:
    return stage.sql("SELECT id, message_id FROM sample ORDER BY id")


def is_as_saved(stage: DatabaseStage) -> None:
    """Nothing of later, everything of before, the former schema."""
    found = contents(stage)
    assert [row[1] for row in found] == [f"m{n}" for n in range(ROWS)]
    with pytest.raises(Exception, match="unit"):
        stage.sql("SELECT unit FROM meter")
    with pytest.raises(Exception, match="gnocchi_map"):
        stage.sql("SELECT id FROM gnocchi_map")
    with pytest.raises(Exception, match="ceilift_restoring"):
        stage.sql("SELECT dump FROM ceilift_restoring")


def dumps(stage: DatabaseStage, words: str) -> list[Path]:
    return [one for one in stage.backups if words in one.name]


def test_what_is_lost_is_counted_beforehand(stage: DatabaseStage) -> None:
    with stage.rollback() as rollback:
        assert rollback.plan.blockers == ()
        [told] = [one.what for one in rollback.plan.findings if one.id == "restore-loses"]

    assert f"{MORE} samples stored from 2023-11-14 22:13:20 UTC to 2023-11-14 22:13:26" in told
    assert "of the schema go table gnocchi_map, column meter.unit" in told
    assert f"(sample.id = {ROWS})" in told


def test_it_comes_back_proven_and_what_it_took_is_kept(stage: DatabaseStage) -> None:
    seen, stop = set[bytes](), threading.Event()

    def watch() -> None:
        while not stop.wait(0.01):
            seen.update(command_lines())

    watching = threading.Thread(target=watch)
    watching.start()
    with stage.rollback() as rollback:
        assert rollback.left == ALL
        saved, restored = rollback.do()
    stop.set()
    watching.join()

    is_as_saved(stage)
    assert f"3 tables alike, {ROWS + 2} rows counted" in restored
    assert f"lost: {MORE} samples stored from 2023-11-14 22:13:20 UTC" in restored
    [kept] = dumps(stage, "before-restore")
    assert saved.startswith(f"{kept} sha256:")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    texts = [*seen, (stage.root / "ledger.db").read_bytes(), *map(str.encode, stage.told)]
    assert any(b"psql" in text or b"mariadb" in text for text in seen)
    assert [t for t in texts if PASSWORD.encode() in t or PASSWORD_QUOTED.encode() in t] == []
    store(stage, 1)  # keys go on behind the last
    assert stage.sql(f"SELECT COUNT(*) FROM sample WHERE id > {ROWS}") == [(1,)]  # noqa: S608


def test_what_it_took_can_be_had_again(stage: DatabaseStage) -> None:
    before = contents(stage)
    with stage.rollback() as rollback:
        rollback.do()
    [kept] = dumps(stage, "before-restore")

    said = subprocess.run(["gzip", "-dc", kept], capture_output=True, text=True, check=True).stdout
    assert len(re.findall(r"later\d", said)) == MORE
    assert len(before) == ROWS + MORE


def test_done_it_is_not_done_again(stage: DatabaseStage) -> None:
    with stage.rollback() as first:
        first.do()
    store(stage, 3)

    with stage.rollback() as second:
        assert second.left == ()

    assert len(contents(stage)) == ROWS + 3


def test_given_up_and_begun_anew_it_is_refused(stage: DatabaseStage) -> None:
    with stage.rollback() as first:
        first.do()
        number = first.session.upgrade
        first.session.cloud.ledger.close(number or 0, "abandoned", "other plans")
    store(stage, 3)

    with stage.rollback() as second:
        [found] = second.plan.blockers

    assert (found.id, f"rollback {number} " in found.what) == ("restored-already", True)
    assert len(contents(stage)) == ROWS + 3


@pytest.fixture
def slowly(stage: DatabaseStage, tmp_path: Path) -> Iterator[Path]:
    """Every restore stops in the middle until `go` is there; `begun` has a line for each."""
    program = tmp_path / "bin" / "gzip"
    program.parent.mkdir()
    program.write_text(SLOW_GZIP.format(notes=tmp_path))
    program.chmod(0o755)
    stage.here.environment["PATH"] = f"{program.parent}:/usr/bin:/bin"
    yield tmp_path
    (tmp_path / "go").touch()


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """Something that happens while what follows goes on."""
    beside = threading.Thread(target=work)
    beside.start()
    yield
    beside.join(60)
    assert not beside.is_alive()


def begun(notes: Path) -> list[str]:
    file = notes / "begun"
    return file.read_text().splitlines() if file.exists() else []


def test_the_server_killed_in_the_middle_it_is_restored_by_the_next_run(
    stage: DatabaseStage, slowly: Path
) -> None:
    def kill() -> None:
        until(lambda: begun(slowly), "the restore is under way", within=60)
        stage.server.kill()
        (slowly / "go").touch()

    with stage.rollback() as first:
        first.do("save")
        with meanwhile(kill), pytest.raises(StepFailedError, match="was not restored on") as told:
            first.do("restore")
    assert PASSWORD not in str(told.value)
    assert str(dumps(stage, "before-restore")[0]) in str(told.value)
    stage.server.start()

    with stage.rollback() as second:
        assert second.left == ("database/restore",)
        [restored] = second.do()

    is_as_saved(stage)
    assert f"lost: {MORE} samples" in restored
    assert len(begun(slowly)) == 2
    assert len(dumps(stage, "before-restore")) == 1


def test_the_script_killed_in_the_middle_it_is_restored_by_the_next_run(
    stage: DatabaseStage, slowly: Path
) -> None:
    mysql = stage.server.scheme.startswith("mysql")

    def kill() -> None:
        until(lambda: begun(slowly), "the restore is under way", within=60)
        own, parent = map(int, begun(slowly)[0].split())
        group = os.getpgid(own)
        assert os.getpgid(parent) == group
        os.killpg(group, signal.SIGKILL)

    with stage.rollback() as first:
        first.do("save")
        with meanwhile(kill), pytest.raises(CeiliftError):
            first.do("restore")
    if mysql:
        assert stage.sql("SELECT COUNT(*) FROM ceilift_restoring") == [(1,)]
    else:
        until(lambda: len(contents(stage)) == ROWS + MORE, "the transaction is undone", within=30)
    (slowly / "go").touch()

    with stage.rollback() as second:
        [loss] = [one.what for one in second.plan.findings if one.id == "restore-loses"]
        assert f"{MORE} samples" in loss
        assert second.left == ("database/restore",)
        second.do()

    is_as_saved(stage)


def test_the_controller_killed_in_the_middle_it_is_waited_for_and_not_done_twice(
    stage: DatabaseStage, slowly: Path
) -> None:
    with stage.rollback() as first:
        first.do("save")

    def dying() -> None:
        with stage.rollback() as doomed:
            doomed.do("restore")

    child = FORK.Process(target=dying)
    child.start()
    until(lambda: begun(slowly), "the restore is under way", within=60)
    os.kill(child.pid or 0, signal.SIGKILL)
    child.join(30)
    asked(stage, "UPDATE lease SET expires_at = 0")  # as if its two minutes had passed

    def go_on() -> None:
        count = "SELECT COUNT(*) FROM intents WHERE node = 'database/restore'"
        until(lambda: asked(stage, count) >= [(3,)], "the next run comes to it, too", within=60)
        (slowly / "go").touch()

    with stage.rollback() as second, meanwhile(go_on):
        assert second.left == ("database/restore",)
        [restored] = second.do()

    is_as_saved(stage)
    assert len(begun(slowly)) == 1
    assert f"lost: {MORE} samples" in restored


def asked(stage: DatabaseStage, statement: str) -> list[tuple[object, ...]]:
    """Of the ledger's own file."""
    with closing(sqlite3.connect(stage.root / "ledger.db", timeout=30)) as ledger, ledger:
        return ledger.execute(statement).fetchall()


def test_who_is_connected_stops_it_and_what_it_may_have_written_is_saved(
    stage: DatabaseStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ceilift.production_restore.WAIT_S", 1)
    with stage.rollback() as first:
        first.do("save")
        with stage.server.engine("ceilometer").connect() as other:
            other.execute(text("SELECT 1"))
            with pytest.raises(StepFailedError, match=r"others are connected .*ceilometer") as told:
                first.do("restore")
    assert "nothing was restored" in str(told.value)
    assert len(contents(stage)) == ROWS + MORE
    store(stage, 2)

    with stage.rollback() as second:
        assert second.left == ALL
        _, restored = second.do()

    is_as_saved(stage)
    assert f"lost: {MORE + 2} samples" in restored
    assert len(dumps(stage, "before-restore")) == 2


@pytest.mark.parametrize("spoilt", ["gone", "changed"])
def test_a_dump_that_is_another_is_refused_beforehand_and_by_the_host(
    stage: DatabaseStage, spoilt: str
) -> None:
    [dump] = dumps(stage, "to-9.0.7")
    with stage.rollback() as first:
        first.do("save")
        if spoilt == "gone":
            dump.unlink()
        else:
            dump.write_bytes(dump.read_bytes()[:-1])
        with pytest.raises(StepFailedError, match=r"is not there|SHA-256 differs"):
            first.do("restore")

    with stage.rollback() as second:
        [found] = second.plan.blockers

    assert found.id == "restore-file"
    assert len(contents(stage)) == ROWS + MORE


def test_without_what_was_saved_nothing_is_restored(stage: DatabaseStage) -> None:
    with stage.rollback() as rollback:
        rollback.do("save")
        [kept] = dumps(stage, "before-restore")
        kept.unlink()
        with pytest.raises(StepFailedError, match="is not there"):
            rollback.do("restore")

    assert len(contents(stage)) == ROWS + MORE


def test_another_database_is_never_emptied(stage: DatabaseStage) -> None:
    inventory = stage.inventory()
    assert inventory.database is not None
    other = inventory.database.model_copy(update={"url": stage.server.url("scratch")})

    with stage.rollback(inventory.model_copy(update={"database": other})) as rollback:
        assert [one.id for one in rollback.plan.blockers] == ["restore-elsewhere"]
        rollback.do("save")
        with pytest.raises(StepFailedError, match="another database"):
            rollback.do("restore")


def test_a_row_that_was_altered_or_deleted_since_comes_back(stage: DatabaseStage) -> None:
    stage.sql("UPDATE sample SET message_id = 'altered' WHERE id = 1")
    stage.sql("DELETE FROM sample WHERE id = 2")

    with stage.rollback() as rollback:
        rollback.do()

    is_as_saved(stage)


def test_a_plain_dump_is_restored_too(database_stages: DatabaseStages) -> None:
    stage = database_stages(ROWS)
    plain = stage.inventory(policy="dump", scratch=None)
    with stage.upgrade(plain) as upgrade:
        assert "sample.id = 4000" in upgrade.do()[0]
    store(stage, MORE)

    with stage.rollback(plain) as rollback:
        rollback.do()

    assert [row[1] for row in contents(stage)] == [f"m{n}" for n in range(ROWS)]


def test_of_a_snapshot_of_the_operators_nothing_is_restored(
    database_stages: DatabaseStages,
) -> None:
    stage = database_stages(10)
    theirs = stage.inventory(policy="external", snapshot="nightly 7", scratch=None)
    with stage.upgrade(theirs) as upgrade:
        upgrade.do()

    with stage.rollback(theirs) as rollback:
        [found] = rollback.plan.blockers

    assert found.id == "restore-no-dump"
    assert "external snapshot nightly 7" in found.what


def test_a_half_restored_database_is_told_of(stage: DatabaseStage) -> None:
    """PostgreSQL restores all or nothing: there it is never half."""
    mysql = stage.server.scheme.startswith("mysql")
    stage.sql("CREATE TABLE ceilift_restoring (dump VARCHAR(64))")

    with stage.rollback() as rollback:
        samples = rollback.session.cloud.samples
        assert samples is not None
        assert samples.facts().half_restored == mysql
