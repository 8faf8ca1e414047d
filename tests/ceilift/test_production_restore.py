"""The script that restores into production, run by a real sh with a client that remembers."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

import pytest

from ceilift import production_restore
from ceilift.production_restore import (
    IN_USE,
    NO_DUMP,
    NOT_SAVED,
    ProductionTarget,
    production_script,
)
from tests.fake_database_client import SECRET, FakeDatabaseClient, sha256

URLS = {
    "mariadb": "mysql+pymysql://ceilo@db.example.net:3307/ceilometer",
    "psql": "postgresql+psycopg://ceilo@db.example.net/ceilometer",
}


class Bench(FakeDatabaseClient):
    """Two dumps, and the client."""

    def client(self, *, others: str = "", half: int = 0, fails: str = "'no such'") -> None:
        self.install(
            ("*processlist*|*pg_stat_activity*", others),
            ("*\"table_name = 'ceilift_restoring'\"*", f"{half}\\n"),
            fails=fails,
        )

    @property
    def kept(self) -> Path:
        return self.folder / "before-restore.sql.gz"

    def restore(self, sums: tuple[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        files = (self.dump, self.kept)
        own = sums or (sha256(self.dump), sha256(self.kept))
        args = [str(word) for pair in zip(files, own, strict=True) for word in pair]
        return self.run(production_script(ProductionTarget(URLS[self.tool], SECRET)), *args)

    @property
    def changed(self) -> bool:
        words = ("DROP", "CREATE", "INSERT", "COMMIT", "BEGIN;")
        return any(word in self.sql for word in words)


@pytest.fixture(params=sorted(URLS))
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    made = Bench(tmp_path, request.param)
    made.dump.write_bytes(gzip.compress(b"CREATE TABLE sample;\n"))
    made.kept.write_bytes(gzip.compress(b"CREATE TABLE later;\n"))
    made.client()
    return made


def test_what_is_there_goes_and_the_dump_comes(bench: Bench) -> None:
    done = bench.restore()

    assert (done.returncode, done.stdout) == (0, "restored\n"), done.stderr
    assert bench.sql.index("DROP") < bench.sql.index("CREATE TABLE sample")
    assert "CREATE TABLE later" not in bench.sql


def test_postgresql_takes_it_in_one_transaction(bench: Bench) -> None:
    bench.restore()

    if bench.tool == "psql":
        places = [bench.sql.index(word) for word in ("BEGIN;", "DROP", "TABLE sample", "COMMIT;")]
        assert places == sorted(places)
        assert bench.sql.index("client_min_messages = warning") < places[0]


def test_mariadb_is_marked_for_as_long_as_it_is_not_whole(bench: Bench) -> None:
    bench.restore()

    if bench.tool == "mariadb":
        made, gone = "CREATE TABLE ceilift_restoring", "DROP TABLE ceilift_restoring;"
        places = [bench.sql.index(one) for one in (made, "TABLE sample", gone)]
        assert places == sorted(places)
        assert "table_name <> 'ceilift_restoring'" in bench.sql


def test_the_password_is_in_a_private_file_that_goes(bench: Bench) -> None:
    done = bench.restore()

    argv = (bench.folder / "argv").read_text()
    assert (bench.folder / "mode").read_text().strip() == "600"
    assert "ss\\w" not in argv + done.stdout + done.stderr
    assert argv.splitlines()[-1] == "ceilometer"
    assert sorted(bench.folder.glob(".login*")) == []
    assert SECRET not in repr(ProductionTarget(URLS[bench.tool], SECRET))


@pytest.mark.parametrize("spoilt", ["gone", "another"])
def test_a_dump_that_is_none_changes_nothing(bench: Bench, spoilt: str) -> None:
    sums = (sha256(bench.dump), sha256(bench.kept))
    if spoilt == "gone":
        bench.dump.unlink()
    else:
        bench.dump.write_bytes(b"x")

    done = bench.restore(sums)

    assert done.returncode == NO_DUMP
    assert ("is not there" in done.stderr) == (spoilt == "gone")
    assert not bench.changed


def test_without_what_was_saved_before_nothing_is_changed(bench: Bench) -> None:
    bench.kept.unlink()

    done = bench.restore()

    assert done.returncode == NOT_SAVED
    assert str(bench.kept) in done.stderr
    assert not bench.changed


def test_one_that_was_cut_off_goes_on_without_it(bench: Bench) -> None:
    """What was there is gone by then: only the end makes the database whole again."""
    bench.client(half=1)
    bench.kept.unlink()

    done = bench.restore()

    assert done.returncode == (0 if bench.tool == "mariadb" else NOT_SAVED)


def test_while_somebody_is_connected_nothing_is_changed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(production_restore, "WAIT_S", 0)
    bench.client(others="grafana from 192.0.2.7\\n")

    done = bench.restore()

    assert done.returncode == IN_USE
    assert "others are connected to the database: grafana from 192.0.2.7" in done.stderr
    assert not bench.changed


def test_a_dump_that_cannot_be_unpacked_is_never_committed(bench: Bench) -> None:
    bench.dump.write_bytes(bench.dump.read_bytes()[:-9])

    done = bench.restore()

    assert done.returncode == 1
    assert "could not be unpacked" in done.stderr
    assert "COMMIT;" not in bench.sql
    assert "DROP TABLE ceilift_restoring" not in bench.sql


def test_a_client_that_fails_is_told_and_the_mark_stays(bench: Bench) -> None:
    bench.client(fails="'CREATE TABLE sample'")

    done = bench.restore()

    assert done.returncode == 1
    assert "could not be restored" in done.stderr
    assert "DROP TABLE ceilift_restoring" not in bench.sql
