"""Drives the product and the test cloud from outside, as an operator would: by their commands."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

RESTART_LOGIN = """
import sys
from lab import fleet, overseer
from lab.settings import the_lab
fleet.restart_login(overseer.overseer(the_lab()), the_lab().named(sys.argv[1]))
"""
IS_UP = """
from lab import overseer
from lab.settings import the_lab
print(overseer.overseer(the_lab()).alive())
"""
HASH = re.compile(r"--approve ([0-9a-f]{16})")
TARGET = "9.0.7"
CEILIFT = Path(sys.executable).parent / "ceilift"
DEADLINE_S = 400.0


@dataclass(frozen=True)
class Ran:
    """How one command ended, and everything it said."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """What went to stdout and stderr."""
        return f"{self.out}\n{self.err}"

    @property
    def hash(self) -> str:
        """The plan hash in the command it tells to type."""
        found = HASH.search(self.said)
        assert found is not None, self.said
        return found[1]

    @property
    def ending(self) -> str:
        """The lines of stderr from the run's end state on: its message and the next command."""
        found = re.search(r"^(Error|Failed|Refused|Paused|BadInput): ", self.err, re.MULTILINE)
        return self.err[found.start() :] if found else ""


@dataclass(frozen=True)
class Bench:
    """One test cloud and the product's state folder beside it."""

    root: Path
    repository: Path

    @property
    def inventory(self) -> Path:
        """The inventory that the test cloud wrote."""
        return self.root / "inventory.yaml"

    def lab(self, *words: str) -> str:
        """One command of the test cloud; it must succeed."""
        return self.python("-m", "lab", *words)

    def restart_login(self, host: str) -> None:
        """Let the sshd of a host take up its configuration."""
        self.python("-c", RESTART_LOGIN, host)

    def supervisor(self, host: str, *words: str) -> str:
        """What supervisorctl says on a host."""
        program = self.root / "hosts" / host / "bin" / "supervisorctl"
        done = subprocess.run(
            [str(program), *words], capture_output=True, text=True, timeout=120, check=False
        )
        return done.stdout

    def polling_releases(self) -> set[str]:
        """The releases of the polling agents that run, read from their command lines."""
        found = set()
        for host in (self.root / "hosts").iterdir():
            pid = self.supervisor(host.name, "pid", "ceilometer-polling").strip()
            if pid.isdigit() and int(pid):
                title = Path(f"/proc/{pid}/cmdline").read_text()
                found |= set(re.findall(r"/opt/ceilometer/([0-9.]+)/bin", title))
        return found

    def started(self, unit: str) -> list[str]:
        """The hosts on which a unit was started, in that order."""
        rows = self.ledger(
            f"SELECT host FROM intents WHERE summary = 'start {unit}' ORDER BY id"  # noqa: S608 - a test's own words
        )
        return [str(host) for (host,) in rows]

    def python(self, *words: str, codes: Sequence[int] = (0,)) -> str:
        """What a program of the checkout prints; it must end with one of the codes."""
        done = subprocess.run(
            [sys.executable, *words],
            cwd=self.repository,
            env={**os.environ, "CEILIFT_LAB_DIR": str(self.root)},
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
        assert done.returncode in codes, f"{' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def is_up(self) -> bool:
        """Whether the test cloud's own supervisord answers."""
        return self.python("-c", IS_UP).strip() == "True"

    def break_(self, fault: str, host: str, *, at_restart: bool = False) -> None:
        """Break something; `at_restart`: it shows when the new agent starts."""
        self.lab("break", fault, host, *(("--when", "restart") if at_restart else ()))

    def mend(self, fault: str, host: str) -> None:
        """Undo a fault."""
        self.lab("mend", fault, host)

    def start(self, *words: str, inventory: Path | None = None) -> subprocess.Popen[str]:
        """Begin a `ceilift` command without a terminal."""
        return subprocess.Popen(
            [str(CEILIFT), *words, "-i", str(inventory or self.inventory)],
            cwd=self.root,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ended(self, process: subprocess.Popen[str], words: Sequence[str] = ()) -> Ran:
        """Wait for a command; whatever it is, it shows no traceback of its own and no secret."""
        out, err = process.communicate(timeout=DEADLINE_S)
        ran = Ran(tuple(words), process.returncode, out, err)
        for ours in ("flows", "tasks", "ceilift", ".venv"):  # an agent's own may be quoted
            assert f'File "{self.repository / ours}/' not in ran.said, ran.said
        for secret in self.secrets():
            assert secret not in ran.said, f"a secret was shown by ceilift {' '.join(words)}"
        return ran

    def ceilift(self, *words: str, inventory: Path | None = None) -> Ran:
        """Run a `ceilift` command to its end, without a terminal."""
        return self.ended(self.start(*words, inventory=inventory), words)

    def upgrade(self, *words: str, inventory: Path | None = None) -> Ran:
        """`ceilift upgrade` to the target."""
        return self.ceilift("upgrade", "--to", TARGET, "--quiet", *words, inventory=inventory)

    def plan(self, *words: str, inventory: Path | None = None) -> dict[str, Any]:
        """The plan as JSON."""
        ran = self.ceilift("plan", "--to", TARGET, "--format", "json", *words, inventory=inventory)
        found: dict[str, Any] = json.loads(ran.out)
        return found | {"code": ran.code}

    def secrets(self) -> list[str]:
        """Every password of this cloud."""
        files = (self.root / "secrets").iterdir()
        return [text for file in files if len(text := file.read_text().strip()) >= 8]

    def other_inventory(self, name: str, **changes: Any) -> Path:  # noqa: ANN401 - YAML
        """An inventory like the cloud's own with other values: `hosts__0__ssh={...}`."""
        data = yaml.safe_load(self.inventory.read_text())
        for path, value in changes.items():
            *folders, last = [int(p) if p.isdigit() else p for p in path.split("__")]
            place = data
            for folder in folders:
                place = place.setdefault(folder, {}) if isinstance(place, dict) else place[folder]
            place[last] = value
        file = self.root / f"{name}.yaml"
        file.write_text(yaml.safe_dump(data, sort_keys=False))
        return file

    def ceilift_alone(self, *words: str) -> None:
        """A `ceilift` command that takes no inventory."""
        subprocess.run(
            [str(CEILIFT), *words], env=self._environment(), capture_output=True, check=False
        )

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "CEILIFT_STATE": str(self.root / "state"), "PYTHONSAFEPATH": "1"}

    def table(self, name: str) -> list[tuple[Any, ...]]:
        """All rows of one table of the ledger; none when there is no such table yet."""
        names = self.ledger("SELECT name FROM sqlite_master WHERE type = 'table'")
        return self.ledger(f"SELECT * FROM {name}") if (name,) in names else []  # noqa: S608 - a test's own words

    def ledger(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the ledger; none when there is no ledger yet."""
        file = self.root / "ledger.db"
        if not file.exists():
            return []
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()

    def acts(self, summary: str) -> list[str]:
        """How the commands of that summary (SQL pattern) ended: an act is an intent first."""
        rows = self.ledger(
            "SELECT intents.summary, outcomes.status FROM intents LEFT JOIN outcomes "  # noqa: S608 - a test's own words
            f"ON outcomes.intent_id = intents.id WHERE intents.summary LIKE '{summary}' "
            "ORDER BY intents.id"
        )
        return [str(status) for _, status in rows]


@dataclass(frozen=True)
class Picture:
    """What a run must not change: files of the hosts, the agents' processes, the ledger's rows."""

    files: dict[str, str] = field(default_factory=dict)
    pids: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)


def picture(bench: Bench) -> Picture:
    """Digests of all unit files and configurations; every agent's pid; the ledger."""
    files: dict[str, str] = {}
    for path in sorted((bench.root / "hosts").glob("*/etc/**/*")):
        if path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            files[str(path.relative_to(bench.root))] = digest
    for path in sorted((bench.root / "hosts").glob("*/var/lib/ceilift/*")):
        files[str(path.relative_to(bench.root))] = path.read_text()
    return Picture(files, pids(bench), _rows(bench))


def pids(bench: Bench) -> dict[str, str]:
    """Every agent (`ctl1/ceilometer-polling`) with its pid, or its state where it has none."""
    found = {}
    for host in sorted((bench.root / "hosts").iterdir()):
        for line in bench.supervisor(host.name, "status").splitlines():
            name, _, rest = line.partition(" ")
            pid = re.search(r"pid (\d+)", rest)
            found[f"{host.name}/{name}"] = pid[1] if pid else rest.split()[0]
    return found


def _rows(bench: Bench) -> dict[str, int]:
    """How many rows each table has; not the lease's, which every run holds while it looks."""
    names = bench.ledger("SELECT name FROM sqlite_master WHERE type = 'table' AND name != 'lease'")
    return {name: count for (name,) in names if (count := len(bench.table(name)))}
