"""What a database does to an upgrade: killed, full, locked, closed. On MariaDB and PostgreSQL."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from ceilift.errors import CeiliftError, StepFailedError
from ceilift.secrets import Secret
from lab.database_servers import PASSWORD
from lab.waiting import until
from tests.lab.conftest import DatabaseStages
from tests.lab.database_stage import DatabaseStage, Passwords

pytestmark = pytest.mark.lab

ROWS = 4000
DOUBLINGS = 7  # to 512,000 samples, some 20 MB: more than pipes and sockets hold (6 MB)
MORE = (
    "INSERT INTO sample (meter_id, resource_id, timestamp, message_id)"
    " SELECT meter_id, resource_id, timestamp, message_id FROM sample"
)
SLOW_GZIP = """#!/bin/sh
# compresses, and stops on the way until it is told to go on
[ "$1" = -dc ] && exec /usr/bin/gzip "$@"
{{ head -c 100000; touch {notes}/begun; while [ ! -e {notes}/go ]; do sleep 0.1; done; cat; }} |
  /usr/bin/gzip -c
"""
SLEEP = {"mysql+pymysql": "SELECT SLEEP(600)", "postgresql+psycopg": "SELECT pg_sleep(600)"}


@pytest.fixture
def stage(database_stages: DatabaseStages) -> DatabaseStage:
    return database_stages(ROWS)


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """Something that happens while what follows goes on."""
    beside = threading.Thread(target=work)
    beside.start()
    yield
    beside.join(60)
    assert not beside.is_alive()


def sleeping(stage: DatabaseStage) -> bool:
    """Whether the migration is at work in the server."""
    mysql = stage.server.scheme.startswith("mysql")
    asked = (
        "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'"
        if mysql
        else "SELECT COUNT(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
    )
    return stage.sql(asked) != [(0,)]


def finishes(stage: DatabaseStage, left: tuple[str, ...]) -> None:
    """A resumed run does what is left, and that alone."""
    with stage.upgrade() as again:
        assert again.left == left
        assert "ended with 0" in again.do()[-1]


ALL = ("database/backup", "database/verify-backup", "database/rehearse", "database/dbsync")


def test_killed_during_the_dump_it_leaves_no_dump(stage: DatabaseStage, tmp_path: Path) -> None:
    for _ in range(DOUBLINGS):
        stage.sql(MORE)
    program = tmp_path / "bin" / "gzip"
    program.parent.mkdir()
    program.write_text(SLOW_GZIP.format(notes=tmp_path))
    program.chmod(0o755)

    def kill() -> None:
        until((tmp_path / "begun").exists, "the dump is under way", within=60)
        stage.server.kill()
        (tmp_path / "go").touch()

    stage.here.environment["PATH"] = f"{program.parent}:/usr/bin:/bin"
    with (
        stage.upgrade() as upgrade,
        meanwhile(kill),
        pytest.raises(StepFailedError, match="the dump failed on ctl1") as told,
    ):
        upgrade.do("backup")

    assert PASSWORD not in str(told.value)
    assert stage.backups == []
    stage.here.environment.clear()
    stage.server.start()
    finishes(stage, ALL)


def test_killed_during_the_migration_it_is_run_again(stage: DatabaseStage) -> None:
    with stage.upgrade() as upgrade:
        upgrade.do("backup", "verify-backup", "rehearse")
        stage.migration(SLEEP[stage.server.scheme])

        def kill() -> None:
            until(lambda: sleeping(stage), "the migration is under way", within=60)
            stage.server.kill()

        with meanwhile(kill), pytest.raises(StepFailedError, match="Nothing was stopped") as told:
            upgrade.do("dbsync")

    assert PASSWORD not in str(told.value)
    stage.server.start()
    stage.migration("ALTER TABLE meter ADD COLUMN unit VARCHAR(255)")
    finishes(stage, ("database/dbsync",))


def test_killed_during_the_rehearsal_only_that_is_repeated(stage: DatabaseStage) -> None:
    with stage.upgrade() as upgrade:
        upgrade.do("backup", "verify-backup")
        stage.migration(SLEEP[stage.server.scheme])

        def kill() -> None:
            until(lambda: sleeping(stage), "the rehearsal is under way", within=60)
            stage.server.kill()

        with meanwhile(kill), pytest.raises(StepFailedError, match="Production was not touched"):
            upgrade.do("rehearse")

    stage.server.start()
    stage.migration("ALTER TABLE meter ADD COLUMN unit VARCHAR(255)")
    finishes(stage, ("database/rehearse", "database/dbsync"))


def test_a_database_that_is_down_is_told(stage: DatabaseStage) -> None:
    stage.server.kill()

    with stage.upgrade() as upgrade, pytest.raises(CeiliftError, match="does not answer") as told:
        upgrade.do("backup")

    assert PASSWORD not in str(told.value)
    stage.server.start()
    finishes(stage, ALL)


def test_a_full_disk_leaves_no_dump(stage: DatabaseStage) -> None:
    folder = stage.root / "backups"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        with stage.upgrade() as upgrade, pytest.raises(StepFailedError, match="kB free, the dump"):
            upgrade.do("backup")
        with stage.upgrade() as upgrade:
            upgrade.session.cloud._made["samples"] = None  # whose size is then not known
            run = pytest.raises(StepFailedError, match="could not write the dump")
            with run:
                upgrade.do("backup")
        assert stage.backups == []
    finally:
        subprocess.run(["umount", str(folder)], check=True)

    finishes(stage, ALL)


def test_a_lock_that_is_never_let_go_ends_the_migration(stage: DatabaseStage) -> None:
    """MariaDB carries out what waited, once the lock is gone, though its client is gone, too."""
    stage.migration("ALTER TABLE meter ADD COLUMN IF NOT EXISTS unit VARCHAR(255)")
    with stage.upgrade() as upgrade:
        upgrade.do("backup", "verify-backup", "rehearse")
        database = upgrade.session.cloud.inventory.database
        assert database is not None
        impatient = database.model_copy(update={"dbsync_timeout_s": 3.0})
        inventory = upgrade.session.cloud.inventory
        upgrade.session.cloud.inventory = inventory.model_copy(update={"database": impatient})
        with stage.server.engine("ceilometer").connect() as holder:
            holder.execute(text("SELECT * FROM meter")).all()  # in a transaction that stays open
            with pytest.raises(StepFailedError, match="did not end within 3 s") as told:
                upgrade.do("dbsync")

    assert "the old release keeps running" in str(told.value)
    finishes(stage, ("database/dbsync",))


class WrongPasswords(Passwords):
    def get(self, _ref: object) -> Secret:
        return Secret("wrong" + PASSWORD)


@pytest.mark.parametrize("policy", ["dump", "dump+restore"])
def test_a_wrong_password_is_told_and_not_shown(stage: DatabaseStage, policy: str) -> None:
    changes = {} if policy == "dump+restore" else {"scratch": None}
    inventory = stage.inventory(policy=policy, **changes)

    with (
        stage.upgrade(inventory, passwords=WrongPasswords()) as upgrade,
        pytest.raises(CeiliftError, match=r"(?i)refuses|denied|authentication failed") as told,
    ):
        upgrade.do("backup")

    assert PASSWORD not in str(told.value)
    assert stage.backups == []
