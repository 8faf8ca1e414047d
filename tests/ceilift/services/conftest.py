"""One host in a folder: real sh, real processes, and stand-ins for supervisorctl and systemctl."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from ceilift.clock import monotonic
from ceilift.inventory import Inventory
from ceilift.remote.act import Actor, Recorder
from ceilift.remote.shell import Result

UNIT = "ceilometer-collector"
AGENT = """\
#!/bin/sh
# Looks like an agent: a master that carries its release in its command line, and a worker.
sleep 60 &
wait
"""


@dataclass
class LocalHost:
    """A shell on this machine for a host whose root is a folder; its `bin` comes first in PATH."""

    root: Path
    host: str = "ctl1"
    runs: int = 0
    inventory: Inventory = field(init=False)
    backend: Literal["supervisor", "systemd"] = "supervisor"

    def __post_init__(self) -> None:
        for folder in ("bin", "fake", "etc/conf.d"):
            (self.root / folder).mkdir(parents=True)
        self.inventory = inventory(self.root, self.backend)

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.root}/bin:{os.environ['PATH']}"
        return {"PATH": path, "HOME": str(self.root), "FAKE": str(self.root / "fake")}

    def run(
        self,
        script: str,
        *args: str,
        timeout_s: float = 30.0,
        become: bool = True,  # noqa: ARG002 - the protocol's
    ) -> Result:
        self.runs += 1
        begun = monotonic()
        done = subprocess.run(
            ["sh", "-s", "--", *args],
            input=script,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            env=self.environment,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr, monotonic() - begun)

    def act(self, *, dry: bool = False) -> Actor:
        """Someone who may act here, and remembers nothing."""
        return Actor(self.inventory, Recorder(), 1, dry=dry)

    def file(self, name: str, text: str, mode: int = 0o644) -> Path:
        """Write a file below the root."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def release(self, version: str, agent: str = AGENT) -> str:
        """Install a release that holds one agent; gives its folder."""
        self.file(f"opt/ceilometer/{version}/bin/agent", agent, 0o755)
        return str(self.root / "opt" / "ceilometer" / version)

    def fake(self, name: str, text: str | None = None) -> str:
        """Read, or set, a file that the stand-in remembers by."""
        path = self.root / "fake" / name
        if text is not None:
            path.write_text(text, encoding="utf-8")
        return path.read_text(encoding="utf-8").strip() if path.exists() else ""

    def calls(self) -> list[str]:
        """What the stand-in was asked to do, without what only looks."""
        looks = ("status", "pid", "show", "tail")
        return [line for line in self.fake("calls").splitlines() if not line.startswith(looks)]

    def end_processes(self) -> None:
        """Kill what agents were started here."""
        for pid in self.fake("started").split():
            try:
                os.killpg(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                continue


def inventory(root: Path, backend: Literal["supervisor", "systemd"]) -> Inventory:
    """One host below that root."""
    return Inventory.model_validate(
        {
            "cloud": "test",
            "hosts": [{"name": "ctl1", "address": "192.0.2.1", "root": str(root)}],
            "services": {
                "backend": backend,
                "definition": "{root}/etc/conf.d/{unit}.conf",
                "stop_timeout_s": 1,
            },
            "wsgi": {
                "config": "{root}/etc/site.conf",
                "script": "{root}/etc/app.wsgi",
                "reload": ["reload-server", "{address}", "two words"],
            },
            "message_bus": {
                "management_url": "http://192.0.2.1:15672",
                "user": "ceilift",
                "password": {"env": "NONE"},
            },
            "ledger": "sqlite://",
        }
    )


@pytest.fixture
def host(tmp_path: Path) -> Iterator[LocalHost]:
    """A host with supervisor's stand-in."""
    made = LocalHost(tmp_path / "host")
    stand_in = Path(__file__).with_name("fake_supervisorctl.sh")
    made.file("bin/supervisorctl", stand_in.read_text(encoding="utf-8"), 0o755)
    yield made
    made.end_processes()


@pytest.fixture
def systemd_host(tmp_path: Path) -> Iterator[LocalHost]:
    """A host with systemd's stand-in."""
    made = LocalHost(tmp_path / "host", backend="systemd")
    stand_in = Path(__file__).with_name("fake_systemctl.sh")
    made.file("bin/systemctl", stand_in.read_text(encoding="utf-8"), 0o755)
    made.file("bin/journalctl", "#!/bin/sh\necho 'journal: password=hidden no route'\n", 0o755)
    yield made
    made.end_processes()
