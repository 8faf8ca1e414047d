"""The script that restores into production, run by a real sh with a client that remembers."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
from dataclasses import dataclass
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

SECRET = """pa"ss\\w:o'rd$HOME`id`"""  # noqa: S105 - a test's
URLS = {
    "mariadb": "mysql+pymysql://ceilo@db.example.net:3307/ceilometer",
    "psql": "postgresql+psycopg://ceilo@db.example.net/ceilometer",
}
CLIENT = """#!/bin/sh
printf '%s\\n' "$@" >>{notes}/argv
for word; do case $word in --defaults-extra-file=*) login=${{word#*=}} ;; esac; done
stat -c %a "${{login:-$PGPASSFILE}}" >{notes}/mode
asked=$(cat)
printf '%s\\n' "$asked" >>{notes}/sql
case $asked in
  *processlist*|*pg_stat_activity*) printf '{others}' ;;
  *"table_name = 'ceilift_restoring'"*) echo {half} ;;
  *{fails}*) echo 'it failed' >&2; exit 1 ;;
esac
"""


@dataclass
class Bench:
    """Two dumps, and a database client in front of the machine's own."""

    folder: Path
    tool: str

    def client(self, *, others: str = "", half: int = 0, fails: str = "'no such'") -> None:
        text = CLIENT.format(notes=self.folder, others=others, half=half, fails=fails)
        for name in ("mariadb", "mysql", "psql"):
            program = self.folder / "bin" / name
            program.parent.mkdir(exist_ok=True)
            program.write_text(text)
            program.chmod(0o755)

    @property
    def dump(self) -> Path:
        return self.folder / "it's a dump.sql.gz"

    @property
    def kept(self) -> Path:
        return self.folder / "before-restore.sql.gz"

    def restore(self, sums: tuple[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        files = (self.dump, self.kept)
        own = sums or (sha256(self.dump), sha256(self.kept))
        args = [str(word) for pair in zip(files, own, strict=True) for word in pair]
        return subprocess.run(
            ["sh", "-s", "--", *args],
            input=production_script(ProductionTarget(URLS[self.tool], SECRET)),
            env={"PATH": f"{self.folder}/bin:/usr/bin:/bin", "HOME": "/nonexistent"},
            text=True,
            capture_output=True,
            check=False,
        )

    @property
    def sql(self) -> str:
        file = self.folder / "sql"
        return file.read_text() if file.exists() else ""

    @property
    def changed(self) -> bool:
        words = ("DROP", "CREATE", "INSERT", "COMMIT", "BEGIN;")
        return any(word in self.sql for word in words)


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else "0" * 64


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
