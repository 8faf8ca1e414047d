"""The dump script, run by a real sh with a dump tool that remembers how it was called."""

from __future__ import annotations

import gzip
import hashlib
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from ceilift.database_dump import ROTATE, DumpTarget, dump_script, dumps_of

SECRET = """pa"ss\\w:o'rd$HOME`id`"""  # noqa: S105 - a test's
MYSQL = "mysql+pymysql://ceilo@db.example.net:3307/ceilometer"
POSTGRESQL = "postgresql+psycopg://ceilo@db.example.net/ceilometer"
TOOL = """#!/bin/sh
printf '%s\\n' "$@" >{notes}/argv
for word; do case $word in --defaults-extra-file=*) login=${{word#*=}} ;; esac; done
login=${{login:-$PGPASSFILE}}
cat "$login" >{notes}/login
stat -c %a "$login" >{notes}/mode
for try in 1 2 3 4 5 6 7 8 9 10; do # gzip, which opens it, starts at the same time
  ls -A {folder} | grep -c part >{notes}/parts && break
  sleep 0.2
done
{does}
"""
DUMPS = "echo 'CREATE TABLE sample'"


@dataclass
class Bench:
    """A folder for dumps, and programs in front of the machine's own."""

    folder: Path
    notes: Path
    programs: Path

    def tool(self, name: str, does: str = DUMPS) -> None:
        text = TOOL.format(notes=self.notes, folder=self.folder, does=does)
        self.program(name, text)

    def program(self, name: str, text: str) -> None:
        file = self.programs / name
        file.write_text(text)
        file.chmod(0o755)

    def dump(
        self, url: str, password: str | None = SECRET, needed_bytes: int | None = None
    ) -> subprocess.CompletedProcess[str]:
        target = DumpTarget(url, password, str(self.folder), "prod-8.1.5-to-9.0.7")
        return subprocess.run(
            ["sh", "-s"],
            input=dump_script(target, needed_bytes=needed_bytes),
            env={"PATH": f"{self.programs}:/usr/bin:/bin", "HOME": "/nonexistent"},
            text=True,
            capture_output=True,
            check=False,
        )

    def noted(self, name: str) -> str:
        return (self.notes / name).read_text()

    @property
    def left(self) -> list[Path]:
        return sorted(self.folder.iterdir()) if self.folder.exists() else []


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path / "it's backups", tmp_path / "notes", tmp_path / "bin")
    made.notes.mkdir()
    made.programs.mkdir()
    return made


@pytest.fixture
def simple(tmp_path: Path) -> Bench:
    """As above, with a folder whose name needs no quoting inside the tool."""
    made = Bench(tmp_path / "backups", tmp_path / "notes", tmp_path / "bin")
    made.notes.mkdir()
    made.programs.mkdir()
    return made


@pytest.mark.parametrize(
    ("url", "tool"), [(MYSQL, "mariadb-dump"), (MYSQL, "mysqldump"), (POSTGRESQL, "pg_dump")]
)
def test_one_private_file_with_its_checksum_is_left(simple: Bench, url: str, tool: str) -> None:
    simple.tool(tool)
    if tool == "mysqldump":  # the machine's own would be found first
        simple.program("mariadb-dump", '#!/bin/sh\nexec mysqldump "$@"\n')

    done = simple.dump(url)

    assert done.returncode == 0, done.stderr
    [file] = simple.left
    assert gzip.decompress(file.read_bytes()) == b"CREATE TABLE sample\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    path, checksum, size, _ = done.stdout.split()
    assert path == str(file)
    assert checksum == "sha256:" + hashlib.sha256(file.read_bytes()).hexdigest()
    assert int(size) == file.stat().st_size


@pytest.mark.parametrize(("url", "tool"), [(MYSQL, "mariadb-dump"), (POSTGRESQL, "pg_dump")])
def test_the_password_is_never_on_a_command_line_and_its_file_is_private(
    simple: Bench, url: str, tool: str
) -> None:
    simple.tool(tool)

    done = simple.dump(url)

    assert done.returncode == 0, done.stderr
    assert "pa" + '"ss' not in simple.noted("argv")
    assert simple.noted("mode").strip() == "600"
    assert len(simple.left) == 1  # the login file went with the script
    assert SECRET not in done.stdout + done.stderr


def test_passwords_are_quoted_as_each_tool_wants_them(simple: Bench) -> None:
    simple.tool("mariadb-dump")
    simple.dump(MYSQL)
    assert simple.noted("login") == '[client]\npassword="pa\\"ss\\\\w:o\'rd$HOME`id`"\n'

    simple.tool("pg_dump")
    simple.dump(POSTGRESQL)
    assert simple.noted("login") == "*:*:*:*:pa\"ss\\\\w\\:o'rd$HOME`id`\n"


def test_mariadb_is_dumped_in_one_transaction_over_the_network(simple: Bench) -> None:
    simple.tool("mariadb-dump")

    simple.dump(MYSQL)

    words = simple.noted("argv").splitlines()
    assert words[0].startswith("--defaults-extra-file=")  # the tools take it in first place only
    assert {"--single-transaction", "--host=db.example.net", "--port=3307"} <= set(words)
    assert {"--user=ceilo", "--protocol=tcp"} <= set(words)
    assert words[-1] == "ceilometer"


def test_a_url_without_a_user_names_nobody(simple: Bench) -> None:
    simple.tool("pg_dump")

    simple.dump("postgresql+psycopg:///ceilo%20meter", password=None)

    words = simple.noted("argv").splitlines()
    assert "None" not in " ".join(words)
    assert words[-1] == "ceilo meter"


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("echo half; exit 3", "ended with 3"),
        ("kill -9 $$", "ended with"),
        ("echo 'access denied' >&2; exit 2", "access denied"),
    ],
)
def test_a_dump_that_fails_leaves_nothing(simple: Bench, does: str, said: str) -> None:
    simple.tool("mariadb-dump", does)

    done = simple.dump(MYSQL)

    assert done.returncode == 1
    assert said in done.stderr
    assert simple.left == []
    assert simple.noted("parts").strip() == "1"  # there was something to be left


def test_a_dump_that_cannot_be_written_whole_leaves_nothing(simple: Bench) -> None:
    simple.tool("mariadb-dump")
    simple.program("gzip", "#!/bin/sh\ncat >/dev/null\necho half\nexit 1\n")

    done = simple.dump(MYSQL)

    assert done.returncode == 1
    assert "gzip" in done.stderr
    assert simple.left == []


def test_too_little_space_is_told_before_anything_is_dumped(simple: Bench) -> None:
    simple.tool("mariadb-dump")

    done = simple.dump(MYSQL, needed_bytes=2**62)

    assert done.returncode == 1
    assert "kB free" in done.stderr
    assert not (simple.notes / "argv").exists()
    assert simple.left == []


def test_a_missing_tool_is_named(simple: Bench) -> None:
    for name in ("sh", "mkdir", "date", "df", "awk", "rm", "mktemp", "cat"):
        found = next(p for p in ("/usr/bin", "/bin") if Path(f"{p}/{name}").exists())
        (simple.programs / name).symlink_to(f"{found}/{name}")
    target = DumpTarget(POSTGRESQL, None, str(simple.folder), "prod")

    done = subprocess.run(
        ["sh", "-s"],
        input=dump_script(target, needed_bytes=None),
        env={"PATH": str(simple.programs)},
        text=True,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 1
    assert "no pg_dump" in done.stderr
    assert simple.left == []


def test_a_folder_with_a_quote_in_its_name_is_only_a_name(bench: Bench) -> None:
    bench.program("mariadb-dump", "#!/bin/sh\necho data\n")

    done = bench.dump(MYSQL)

    assert done.returncode == 0, done.stderr
    assert len(bench.left) == 1


def kept(folder: Path, cloud: str, keep: int) -> list[str]:
    """What rotation leaves in a folder, and says that it removed nothing else."""
    before = {file.name for file in folder.iterdir()}
    done = subprocess.run(
        ["sh", "-s", "--", str(folder), dumps_of(cloud), str(keep)],
        input=ROTATE,
        text=True,
        capture_output=True,
        check=True,
    )
    left = {file.name for file in folder.iterdir()}
    assert set(done.stdout.split()) == before - left
    assert done.stderr == ""
    return sorted(left)


def test_the_newest_dumps_of_a_cloud_are_kept_and_everything_else(bench: Bench) -> None:
    bench.folder.mkdir()
    others = [
        "notes.txt",
        "prod-2-8.1.5-to-9.0.7-20200101T000000Z.sql.gz",
        "prod-8.1.5-to-9.0.7-20200101T000000Z.sql.gz.gpg",
        "x-prod-8.1.5-to-9.0.7-20200101T000000Z.sql.gz",
    ]
    own = [
        "prod-8.1.5-to-9.0.7-20230101T000000Z.sql.gz",
        "prod-9.0.6-to-9.0.7-20210101T000000Z.sql.gz",
        "prod-to-9.0.7-20220101T000000Z.sql.gz",
    ]
    for name in (*others, *own):
        (bench.folder / name).touch()

    assert kept(bench.folder, "prod", 3) == sorted((*others, *own))
    assert kept(bench.folder, "prod", 2) == sorted((*others, own[0], own[2]))
    assert kept(bench.folder, "prod-2", 1) == sorted((*others, own[0], own[2]))


def test_a_target_never_shows_its_password() -> None:
    assert SECRET not in repr(DumpTarget(MYSQL, SECRET, "/backup", "prod"))
