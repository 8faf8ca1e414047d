"""A single machine's worker: pool, deployments and the process that picks up runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from ceilift.errors import CeiliftError
from flows.server import ensure_server, state_folder

POOL = "ceilift"
STOP_DEADLINE_S = 60


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
            preexec_fn=_heed_interrupts,  # noqa: PLW1509 - one thread, one signal
        )
    _record().write_text(json.dumps({"pid": process.pid}), encoding="utf-8")
    return process.pid


def _heed_interrupts() -> None:
    """Prefect turns SIGTERM into SIGINT, which a script's background processes ignore."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def stop_worker() -> bool:
    """End the worker, and wait until it is gone; False when none was running.

    Raises CeiliftError when it is still there after STOP_DEADLINE_S.
    """
    pid = worker_pid()
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    if not _goes(pid):
        raise CeiliftError(f"the worker (pid {pid}) did not end in {STOP_DEADLINE_S} s")
    _record().unlink(missing_ok=True)
    return True


@retry(
    retry=retry_if_result(lambda gone: not gone),
    stop=stop_after_delay(STOP_DEADLINE_S),
    wait=wait_fixed(0.2),
    retry_error_callback=lambda _: False,
)
def _goes(pid: int) -> bool:
    return worker_pid() != pid


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
