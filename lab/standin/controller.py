"""Ceilift as it acts on a cloud of stand-ins: its commands, its Prefect server and worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab import processes
from lab.accept.product import Said
from lab.errors import LabError
from lab.standin.place import NEW, Standin

SERVE_TRIES = 5
COMMANDS = "commands.log"
COMMAND_S = 900.0  # a machine may be busy with several clouds
ENVIRONMENT = {
    "PREFECT_WORKER_QUERY_SECONDS": "2",
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
}


@dataclass(frozen=True)
class Controller:
    """The machine from which a cloud of stand-ins is upgraded, with a Prefect server of its own."""

    standin: Standin

    @property
    def state(self) -> Path:
        """Ceilift's state folder there."""
        return self.standin.lab.root / "state"

    def ceilift(self, *words: str, within: float = COMMAND_S) -> Said:
        """Run a command to its end; what it says is also kept in the log of commands."""
        process = self.start(*words)
        try:
            out, err = process.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            err += f"\nnot ended within {within:.0f} s"
        self._keep(words, process.returncode, out, err)
        return Said(process.returncode, out, err)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Begin a command; whoever begins it ends it."""
        program = Path(sys.executable).with_name("ceilift")
        given = {**os.environ, **ENVIRONMENT, "CEILIFT_STATE": str(self.state)}
        given.pop("PREFECT_API_URL", None)
        return subprocess.Popen(
            [*self.standin.entering, sys.executable, program, *words, *self._inventory(words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            env=given,
        )

    @contextmanager
    def upgrading(self, path: str, plan: str) -> Iterator[subprocess.Popen[str]]:
        """An upgrade from the terminal, in a process that has ended when the block has."""
        words = ("upgrade", "--to", NEW, "--path", path, "--approve", plan, "--quiet")
        process = self.start(*words)
        try:
            yield process
        finally:
            process.kill()
            out, err = process.communicate()
            self._keep(words, process.returncode, out, err)

    def plan(self, path: str) -> str:
        """The hash of the plan, which is the same for every cloud of this kind."""
        said = self.ceilift("plan", "--to", NEW, "--path", path, "--format", "json")
        return str(said.json()["hash"])

    def serve(self) -> None:
        """Have server and worker run, with every flow deployed.

        Tried again: Ceilift gives a server two minutes to answer, which a busy machine may need.
        """
        pids = (self.server(), self.worker())
        if all(pid and processes.alive(pid) for pid in pids):
            return
        if not any(self.ceilift("serve").code == 0 for _ in range(SERVE_TRIES)):
            log = self.standin.lab.root / COMMANDS
            raise LabError(f"server and worker did not start: {log}")

    def server(self) -> int:
        """The process id of its Prefect server; 0 before it had one."""
        return int(self._noted("server").get("pid", 0))

    def worker(self) -> int:
        """The process id of its worker; 0 before it had one."""
        return int(self._noted("worker").get("pid", 0))

    def api(self) -> str:
        """The URL of its Prefect server's API."""
        return f"http://127.0.0.1:{self._noted('server')['port']}/api"

    def kill_server(self) -> None:
        """SIGKILL to the server; what it started goes with it."""
        pid = self.server()
        if processes.alive(pid):
            processes.kill({pid, *processes.children(pid)})

    def forget_prefect(self) -> None:
        """End the server and delete its database: nothing but the ledger remembers.

        The worker ends, too: a new server knows nothing of it, nor of the flows (see `serve`).
        """
        self.kill_server()
        worker = self.worker()
        processes.kill({worker} if worker else set())
        for path in (self.state / "prefect").glob("prefect.db*"):
            path.unlink()

    def close(self) -> None:
        """End all that runs there."""
        processes.kill(processes.of_environment("CEILIFT_STATE", self.state))

    def _noted(self, what: str) -> dict[str, int]:
        """What Ceilift keeps about a process of its own."""
        file = self.state / f"{what}.json"
        found: dict[str, int] = json.loads(file.read_text()) if file.is_file() else {}
        return found

    def _inventory(self, words: tuple[str, ...]) -> tuple[str, ...]:
        return () if words[0] == "serve" else ("--inventory", str(self.standin.lab.inventory))

    def _keep(self, words: tuple[str, ...], code: int, out: str, err: str) -> None:
        with (self.standin.lab.root / COMMANDS).open("a", encoding="utf-8") as log:
            log.write(f"$ ceilift {' '.join(words)}\n{out}{err}exit {code}\n\n")
