"""The restore script, run by a real sh with a client that remembers what it was asked."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

import pytest

from ceilift.database_restore import DISPROVED, NOT_OURS, RestoreTarget, restore_script
from tests.fake_database_client import SECRET, FakeDatabaseClient, sha256

URLS = {
    "mariadb": "mysql+pymysql://ceilo@db.example.net:3307/scratch",
    "psql": "postgresql+psycopg://ceilo@db.example.net/scratch",
}


class Bench(FakeDatabaseClient):
    """A dump, and the client."""

    def client(
        self, *, tables: str = "0\\t0", held: str = " new", fails: str = "'no such'"
    ) -> None:
        self.install(
            ('*"COUNT(*), COALESCE"*', f"{tables}\\n"),
            ('*"SELECT CONCAT(dump"*', f"{held}\\n"),
            fails=fails,
        )

    @property
    def sha256(self) -> str:
        return sha256(self.dump)

    def restore(
        self, *, sha256: str = "", purpose: str = "restored"
    ) -> subprocess.CompletedProcess[str]:
        script = restore_script(RestoreTarget(URLS[self.tool], SECRET))
        return self.run(script, str(self.dump), sha256 or self.sha256, purpose)


@pytest.fixture(params=sorted(URLS))
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    made = Bench(tmp_path, request.param)
    made.dump.write_bytes(gzip.compress(b"CREATE TABLE sample;\n"))
    made.client()
    return made


def test_an_empty_database_is_marked_filled_and_noted(bench: Bench) -> None:
    done = bench.restore()

    assert done.returncode == 0, done.stderr
    marked, filled = bench.sql.index("CREATE TABLE ceilift"), bench.sql.index("TABLE sample")
    noted = bench.sql.index(f"dump = '{bench.sha256}', is_now = 'restored'")
    assert marked < bench.sql.index("is_now = 'restoring'") < filled < noted


def test_the_password_is_in_a_private_file_that_goes(bench: Bench) -> None:
    done = bench.restore()

    argv = (bench.folder / "argv").read_text()
    assert (bench.folder / "mode").read_text().strip() == "600"
    assert "ss\\w" not in argv + done.stdout + done.stderr
    assert "--host=db.example.net" in argv
    assert argv.splitlines()[-1] == "scratch"
    assert sorted(bench.folder.glob(".login*")) == []
    assert SECRET not in repr(RestoreTarget(URLS[bench.tool], SECRET))


def test_a_database_of_somebody_else_is_not_touched(bench: Bench) -> None:
    bench.client(tables="14\\t0")

    done = bench.restore()

    assert done.returncode == NOT_OURS
    assert "Ceilift did not fill it" in done.stderr
    assert not any(word in bench.sql for word in ("CREATE", "DROP", "UPDATE", "INSERT"))


@pytest.mark.parametrize("purpose", ["restored", "rehearsed"])
def test_a_copy_that_is_there_untouched_is_kept(bench: Bench, purpose: str) -> None:
    bench.client(tables="4\\t1", held=f"{bench.sha256} restored")

    done = bench.restore(purpose=purpose)

    assert done.returncode == 0, done.stderr
    assert "TABLE sample" not in bench.sql
    assert f"is_now = '{purpose}'" in bench.sql


@pytest.mark.parametrize("state", ["rehearsed", "restoring"])
def test_a_copy_that_was_used_is_cleared_and_filled_again(bench: Bench, state: str) -> None:
    bench.client(tables="4\\t1", held=f"{bench.sha256} {state}")

    done = bench.restore()

    assert done.returncode == 0, done.stderr
    assert bench.sql.index("DROP") < bench.sql.index("CREATE TABLE sample")


def test_a_dump_that_is_not_there_or_another_is_none(bench: Bench) -> None:
    other = bench.restore(sha256="0" * 64)
    bench.dump.unlink()
    gone = bench.restore(sha256="0" * 64)

    assert (other.returncode, gone.returncode) == (DISPROVED, DISPROVED)
    assert "SHA-256 differs" in other.stderr
    assert "is not there" in gone.stderr
    assert bench.sql == ""


def test_a_dump_that_cannot_be_unpacked_is_none(bench: Bench) -> None:
    bench.dump.write_bytes(bench.dump.read_bytes()[:-9])

    done = bench.restore()

    assert done.returncode == DISPROVED
    assert "could not be unpacked" in done.stderr
    assert "is_now = 'restored'" not in bench.sql


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        ("'CREATE TABLE sample'", "could not be restored"),
        ("'CREATE TABLE ceilift'", "it failed"),
        ("restoring", "it failed"),
    ],
)
def test_what_fails_ends_it_without_a_note(bench: Bench, fails: str, said: str) -> None:
    bench.client(fails=fails)

    done = bench.restore()

    assert done.returncode == 1
    assert said in done.stderr
    assert "is_now = 'restored'" not in bench.sql
