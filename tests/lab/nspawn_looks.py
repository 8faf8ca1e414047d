"""What is seen of nspawn hosts: from outside, over their network, and by their own systemctl."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.clouds import Host
from lab.commands import run
from lab.errors import LabError
from lab.nspawn import machine
from lab.nspawn.place import LOGIN, Nspawn

CEILIFT = Path(sys.executable).parent / "ceilift"


def over_ssh(place: Nspawn, host: Host, command: str, within: float = 30) -> str:
    """What a command says that somebody types who logs in from the control namespace."""
    keys = place.lab.ssh
    options = (
        f"UserKnownHostsFile={keys}/known_hosts",
        "BatchMode=yes",
        "IdentitiesOnly=yes",
        "ConnectTimeout=5",
    )
    given = [word for option in options for word in ("-o", option)]
    to = [*place.entering, "ssh", "-i", str(keys / "id_ed25519"), *given, f"{LOGIN}@{host.ip}"]
    return run([*to, command], within=within)


def ceilift(place: Nspawn, *words: str) -> subprocess.CompletedProcess[str]:
    """A `ceilift` command typed in the control namespace."""
    return subprocess.run(
        [*place.entering, str(CEILIFT), *words, "--inventory", str(place.lab.inventory)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def lab_command(*words: str, environment: Mapping[str, str] | None = None) -> str:
    """What `bin/lab` says; it must succeed. Making the Debian tree takes minutes."""
    return run([sys.executable, "-m", "lab", *words], env=environment, within=1800)


@dataclass(frozen=True)
class Unit:
    """A unit of a host, as the host's own systemctl tells of it."""

    place: Nspawn
    host: Host
    name: str

    def show(self, name: str) -> str:
        """A property."""
        words = ("systemctl", "show", "--value", "-p", name, self.name)
        return machine.inside(self.place, self.host, *words).strip()

    def ask(self, *words: str) -> str:
        """What systemctl says of it in one word (`is-active`); its exit code is no failure."""
        return self.does(f"systemctl {' '.join(words)} {self.name} || true").strip()

    def does(self, script: str) -> str:
        """What a script says on the host, run by its root."""
        return machine.inside(self.place, self.host, "sh", "-c", script)

    @property
    def active(self) -> str:
        """Its ActiveState."""
        return self.show("ActiveState")

    @property
    def command(self) -> str:
        """The command line of its main process; empty while it does not run."""
        pid = self.show("MainPID")
        try:
            return self.does(f"tr '\\0' ' ' </proc/{pid}/cmdline") if int(pid) else ""
        except LabError:
            return ""
