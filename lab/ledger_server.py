"""A PostgreSQL of its own that asks for a password: a ledger whose secret is looked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.errors import LabError
from lab.files import PRIVATE, write

USER = "ceilift"
NOBODY = 65534  # PostgreSQL refuses to be run by root


@contextmanager
def ledger_server(password: str) -> Iterator[str]:
    """The URL, without the password, of an empty database on a socket; gone after the block."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        raise LabError("no PostgreSQL programs on this machine: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="ceilift-ledger-"))
    write(folder / "password", f"{password}\n", PRIVATE)
    if os.getuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
        os.chown(folder / "password", NOBODY, NOBODY)
    data, stop = f"{folder}/data", ("-w", "-m", "immediate", "stop")
    try:
        login = ("-U", USER, "-A", "scram-sha-256", f"--pwfile={folder}/password")
        _run(programs[-1], folder, *login, "-N", "-D", data)
        server, log = programs[-1].with_name("pg_ctl"), f"{folder}/log"
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        _run(server, folder, "-w", "-D", data, "-l", log, "-o", options, "start")
        try:
            yield f"postgresql+psycopg://{USER}@/postgres?host={folder}"
        finally:
            _run(server, folder, "-D", data, *stop)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: Path, folder: Path, *words: str) -> None:
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
    done = subprocess.run(
        [program, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        **who,  # type: ignore[call-overload] # as a mapping
    )
    if done.returncode:
        raise LabError(f"{program.name} ended with {done.returncode}: {done.stderr[-500:]}")
