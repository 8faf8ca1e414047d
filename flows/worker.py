"""A single machine's worker: pool, deployments and the process that picks up runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from ceilift.errors import CeiliftError
from flows.server import ensure_server, state_folder

POOL = "ceilift"


def project_folder() -> Path:
    """Where prefect.yaml stands: $CEILIFT_HOME, else the checkout these flows were loaded from.

    Raises CeiliftError when there is none.
    """
    given = os.environ.get("CEILIFT_HOME")
    folder = Path(given) if given else Path(__file__).resolve().parent.parent
    if not (folder / "prefect.yaml").is_file():
        raise CeiliftError(
            f"no prefect.yaml in {folder}",
            next_command="set CEILIFT_HOME to the folder that holds it",
        )
    return folder


def deploy_all() -> None:
    """Create the work pool where it is missing and register every deployment of prefect.yaml."""
    ensure_server()
    folder = project_folder()
    os.environ["CEILIFT_HOME"] = str(folder)
    _prefect("work-pool", "create", POOL, "--type", "process", "--overwrite", folder=folder)
    _prefect("--no-prompt", "deploy", "--all", folder=folder)


def start_worker() -> int:
    """Start the worker in the background, unless it runs; returns its process id."""
    running = worker_pid()
    if running is not None:
        return running
    log = state_folder() / "prefect" / "worker.log"
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "prefect",
                "worker",
                "start",
                "--pool",
                POOL,
                "--name",
                "ceilift",
            ],
            cwd=project_folder(),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    _record().write_text(json.dumps({"pid": process.pid}), encoding="utf-8")
    return process.pid


def stop_worker() -> bool:
    """End the worker; False when none was running."""
    pid = worker_pid()
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    _record().unlink(missing_ok=True)
    return True


def worker_pid() -> int | None:
    """The process id of our worker while it lives; None otherwise."""
    try:
        pid = int(json.loads(_record().read_text(encoding="utf-8"))["pid"])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if b"worker" in command and b"prefect" in command else None


def _record() -> Path:
    return state_folder() / "worker.json"


def _prefect(*words: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "prefect", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines()[-3:]
        raise CeiliftError(f"prefect {' '.join(words)} failed: {' '.join(said)}")
