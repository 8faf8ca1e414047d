"""Machines of a team: each is a folder, its services are started as their systemd units say."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab import processes

REPOSITORY = Path(__file__).resolve().parents[2]
UNITS = REPOSITORY / "deployments" / "systemd"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
PORT = "4200"


@dataclass(frozen=True)
class Machine:
    """One machine; its folder is in place of /var/lib/ceilift, `home` in place of /opt/ceilift.

    `port` is where the server listens in place of 4200. What a unit's EnvironmentFile would hold
    is given to it. Systemd itself is not there: no other user, no sandbox, no restart.
    """

    name: str
    folder: Path
    home: Path
    port: int
    begun: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def state(self) -> Path:
        """Its /var/lib/ceilift."""
        return self.folder / "state"

    def start(self, unit: str, variables: Mapping[str, str]) -> None:
        """Run a unit's command, with its environment and what stands in its EnvironmentFile."""
        text = (UNITS / f"{unit}.service").read_text(encoding="utf-8")
        read = [line.partition("=") for line in text.splitlines() if not line.startswith("#")]
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        words = next(self._here(value) for key, _, value in read if key == "ExecStart")
        with (self.folder / f"{unit}.log").open("ab") as log:
            process = subprocess.Popen(
                shlex.split(words),
                cwd=self.home,
                env=self.environment(variables, [v for k, _, v in read if k == "Environment"]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.begun.append(process)

    def environment(
        self, variables: Mapping[str, str], unit: list[str] | None = None
    ) -> dict[str, str]:
        """What a process of that machine's user sees, and of a unit with these settings."""
        given = dict(self._here(one).partition("=")[::2] for one in unit or ())
        mine = {"CEILIFT_STATE": str(self.state), "CEILIFT_HOME": str(self.home)}
        return {"PATH": PATH, "HOME": str(self.state), **mine, **given, **variables}

    def freeze(self) -> None:
        """Its services stand still; what they began goes on."""
        for one in self.begun:
            one.send_signal(signal.SIGSTOP)

    def die(self) -> None:
        """Everything on it ends at once."""
        processes.kill(self.processes())
        for one in self.begun:
            one.wait()

    def processes(self) -> set[int]:
        """Its processes, runs of its worker included."""
        return processes.of_environment("CEILIFT_STATE", self.state)

    def _here(self, text: str) -> str:
        """What stands in a unit, with this machine's places."""
        places = {
            "/opt/ceilift/.venv/bin": str(Path(sys.executable).parent),
            "/opt/ceilift": str(self.home),
            "/var/lib/ceilift": str(self.state),
            f"--port {PORT}": f"--port {self.port}",
            "%H": self.name,
        }
        for theirs, ours in places.items():
            text = text.replace(theirs, ours)
        return text
