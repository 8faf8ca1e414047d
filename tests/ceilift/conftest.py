"""A private PostgreSQL, where the machine has its programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text


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


@pytest.fixture
def empty_postgresql(postgresql: str) -> str:
    """The private PostgreSQL with nothing in it."""
    engine = create_engine(postgresql)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return postgresql
