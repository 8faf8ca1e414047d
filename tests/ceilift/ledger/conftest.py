"""A ledger on each of its databases; PostgreSQL where the machine has its programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from ceilift.ledger.store import Ledger
from ceilift.record import Lease

PLAN = {"hash": "abc123", "path": "full", "from": ["8.1.5"], "to": "9.0.7"}
BASELINE = [{"host": "ctl1"}]


class Clock:
    """A clock that tells what it was set to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """URL of a private PostgreSQL on a Unix socket; skips where there is none installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("no PostgreSQL programs on this machine")
    folder = Path(tempfile.mkdtemp(prefix="ceilift-pg-"))
    server = PrivateServer(found[-1].parent, folder)
    try:
        server.start()
        yield f"postgresql+psycopg://owner@/postgres?host={folder}"
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


class PrivateServer:
    """A PostgreSQL of its own, never listening on the network, run by no root."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._as = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        self._as = self._as if os.getuid() == 0 else []

    def start(self) -> None:
        if self._as:
            os.chown(self._folder, 65534, 65534)
        self._run("initdb", "-U", "owner", "-A", "trust", "-N", "-D", f"{self._folder}/data")
        options = f"-k {self._folder} -c listen_addresses= -c fsync=off"
        log = f"{self._folder}/log"
        self._run("pg_ctl", "-w", "-D", f"{self._folder}/data", "-l", log, "-o", options, "start")

    def stop(self) -> None:
        stop = ("-w", "-m", "immediate", "-D", f"{self._folder}/data", "stop")
        self._run("pg_ctl", *stop, check=False)

    def _run(self, program: str, *args: str, check: bool = True) -> None:
        command = [*self._as, str(self._programs / program), *args]
        subprocess.run(command, check=check, capture_output=True, cwd=self._folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/state/ledger.db"
    server: str = request.getfixturevalue("postgresql")
    engine = create_engine(server)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return server


@pytest.fixture
def open_ledger(url: str, clock: Clock) -> Iterator[Callable[[], Ledger]]:
    """Opens the same ledger anew, as another controller would."""
    opened: list[Ledger] = []

    def make() -> Ledger:
        opened.append(Ledger(url, now=clock))
        return opened[-1]

    yield make
    for ledger in opened:
        ledger.dispose()


@pytest.fixture
def ledger(open_ledger: Callable[[], Ledger]) -> Ledger:
    return open_ledger()


@pytest.fixture
def lease(ledger: Ledger) -> Lease:
    return ledger.lease("demo", "alice@ctl", 60)


@pytest.fixture
def upgrade(ledger: Ledger, lease: Lease) -> int:
    return ledger.begin(lease, PLAN, BASELINE)
