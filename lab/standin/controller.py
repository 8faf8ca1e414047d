"""Ceilift as it acts on a cloud of stand-ins: its commands, its Prefect server and worker."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab import processes
from lab.accept.product import Said
from lab.errors import LabError
from lab.standin import life
from lab.standin.place import NEW, Standin

SERVE_TRIES = 5
COMMAND_S = 900.0  # a machine may be busy with several clouds
STARTED = "from flows import server, worker; server.ensure_server()"
WORKING = f"{STARTED}; worker.start_worker()"
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

    @property
    def log(self) -> Path:
        """What its commands said."""
        return self.standin.lab.root / "commands.log"

    def ceilift(self, *words: str, within: float = COMMAND_S) -> Said:
        """Run a command to its end; what it says is also kept in the log of commands."""
        return self._ended(words, self.start(*words), within)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Begin a command; whoever begins it ends it."""
        program = str(Path(sys.executable).with_name("ceilift"))
        return self._begun(program, *words, *self._inventory(words))

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

    def up(self) -> None:
        """Have the cloud's servers and sshds run; nothing is left of what ran there before."""
        self.close()
        life.up(self.standin)

    def down(self) -> None:
        """End all that runs there, the cloud included."""
        self.close()
        life.down(self.standin)

    def deploy(self) -> None:
        """Have server and worker run with a new database, in which every flow is deployed."""
        self.forget_prefect()
        self._tried(lambda: self.ceilift("serve"))
        self._deployed.touch()

    def deploy_as(self, other: Controller) -> None:
        """Have every flow deployed as at the other, by a copy of its server's database."""
        self.forget_prefect()
        self._database.parent.mkdir(parents=True, exist_ok=True)
        with (
            closing(sqlite3.connect(other._database)) as source,
            closing(sqlite3.connect(self._database)) as copy,
        ):
            source.backup(copy)
        self._deployed.touch()

    def serve(self, *, worker: bool = False) -> None:
        """Have the server run, and the `worker` where one is wanted: as a process manager would.

        Flows are deployed anew where its database was deleted.
        """
        if not self._deployed.is_file():
            self.deploy()
        if not (self.server() and (self.worker() or not worker)):
            words = ("-c", WORKING if worker else STARTED)
            self._tried(lambda: self._ended(words, self._begun(*words), COMMAND_S))

    def server(self) -> int:
        """The process id of its Prefect server; 0 where none runs."""
        return self._running("server")

    def worker(self) -> int:
        """The process id of its worker; 0 where none runs."""
        return self._running("worker")

    def api(self) -> str:
        """The URL of its Prefect server's API."""
        return f"http://127.0.0.1:{self._noted('server')['port']}/api"

    def kill_server(self) -> None:
        """SIGKILL to the server; what it started goes with it."""
        if pid := self.server():
            processes.kill({pid, *processes.children(pid)})

    def forget_prefect(self) -> None:
        """End the server and delete its database: nothing but the ledger remembers.

        The worker ends, too: a new server knows nothing of it, nor of the flows (see `serve`).
        """
        self.kill_server()
        if pid := self.worker():
            processes.kill({pid})
        self._deployed.unlink(missing_ok=True)
        for path in self._database.parent.glob(f"{self._database.name}*"):
            path.unlink()

    def close(self) -> None:
        """End every process of Ceilift and its Prefect."""
        processes.kill(processes.of_environment("CEILIFT_STATE", self.state))

    @property
    def _database(self) -> Path:
        return self.state / "prefect" / "prefect.db"

    @property
    def _deployed(self) -> Path:
        """Is there as long as the database has every flow."""
        return self.state / "deployed"

    def _begun(self, *words: str) -> subprocess.Popen[str]:
        """A Python with these words, in Ceilift's environment."""
        given = {**os.environ, **ENVIRONMENT, "CEILIFT_STATE": str(self.state)}
        given.pop("PREFECT_API_URL", None)
        return subprocess.Popen(
            [*self.standin.entering, sys.executable, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            env=given,
            start_new_session=True,  # Ctrl-C is not meant for the upgrades that are played
        )

    def _ended(self, words: tuple[str, ...], process: subprocess.Popen[str], within: float) -> Said:
        try:
            out, err = process.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            err += f"\nnot ended within {within:.0f} s"
        self._keep(words, process.returncode, out, err)
        return Said(process.returncode, out, err)

    def _tried(self, start: Callable[[], Said]) -> None:
        """Start them; again where the server needed more than the two minutes it is given."""
        if not any(start().code == 0 for _ in range(SERVE_TRIES)):
            raise LabError(f"server and worker did not start: {self.log}")

    def _running(self, what: str) -> int:
        """Its process id; 0 where it has ended, also when another process has that number now."""
        pid = int(self._noted(what).get("pid", 0))
        return pid if processes.carries(pid, "CEILIFT_STATE", self.state) else 0

    def _noted(self, what: str) -> dict[str, int]:
        """What Ceilift keeps about a process of its own."""
        file = self.state / f"{what}.json"
        found: dict[str, int] = json.loads(file.read_text()) if file.is_file() else {}
        return found

    def _inventory(self, words: tuple[str, ...]) -> tuple[str, ...]:
        return () if words[0] == "serve" else ("--inventory", str(self.standin.lab.inventory))

    def _keep(self, words: tuple[str, ...], code: int, out: str, err: str) -> None:
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ ceilift {' '.join(words)}\n{out}{err}exit {code}\n\n")
