"""Hosts for tests: a real sshd each, on loopback, with its own key, home and programs."""

from __future__ import annotations

import getpass
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ceilift.clock import Timeline
from ceilift.inventory import Inventory
from ceilift.remote.ssh import Connections, SshShell
from ceilift.secrets import EnvFileSecrets

SSHD = Path("/usr/sbin/sshd")
STARTS_WITHIN_S = 10.0
CONFIG = """\
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {key}.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitTTY no
UseDNS no
LogLevel VERBOSE
SetEnv HOME={folder}/home PATH={folder}/bin:/usr/local/bin:/usr/bin:/bin
"""


@dataclass
class Sshd:
    """One host: `home` is where its login begins, `bin` comes first in its PATH."""

    name: str
    folder: Path
    client_key: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        for part in ("home", "bin"):
            (self.folder / part).mkdir(parents=True)
        new_key(self.folder / "host_key")
        self.port = free_port()

    def start(self) -> None:
        text = CONFIG.format(port=self.port, folder=self.folder, key=self.client_key)
        (self.folder / "config").write_text(text, encoding="utf-8")
        words = ["-D", "-e", "-f", str(self.folder / "config")]
        with (self.folder / "log").open("ab") as log:
            clean = {"PATH": "/usr/sbin:/usr/bin:/bin"}
            self.process = subprocess.Popen([str(SSHD), *words], stderr=log, env=clean)
        until(self._listens)

    def stop(self) -> None:
        """Ends it and the sessions it has open."""
        if self.process is not None:
            self.cut()
            self.process.kill()
            self.process.wait()

    def cut(self) -> None:
        """Break every connection, as a network does: the listener goes on."""
        assert self.process is not None
        family = descendants(self.process.pid)
        for pid in family:  # first of all: an sshd still alive would tell that its shell has ended
            _kill(pid, signal.SIGSTOP)
        for pid in family:
            _kill(pid)

    def program(self, name: str, text: str) -> None:
        """Put a program into its PATH."""
        file = self.folder / "bin" / name
        file.write_text(text, encoding="utf-8")
        file.chmod(0o755)

    @property
    def logins(self) -> int:
        """How many logins it has accepted."""
        log = (self.folder / "log").read_text(encoding="utf-8")
        return log.count("Accepted publickey")

    @property
    def known_hosts_line(self) -> str:
        kind, key, *_ = (self.folder / "host_key.pub").read_text(encoding="utf-8").split()
        return f"[127.0.0.1]:{self.port} {kind} {key}\n"

    def _listens(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "log").read_text(encoding="utf-8")
        with socket.socket() as door:
            return door.connect_ex(("127.0.0.1", self.port)) == 0


@dataclass
class Network:
    """The hosts of one test, and the inventory that describes them."""

    folder: Path
    hosts: list[Sshd] = field(default_factory=list)
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def key(self) -> Path:
        return self.folder / "client_key"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    def add(self, name: str = "ctl1") -> Sshd:
        """A host that runs and is known."""
        host = Sshd(name, self.folder / name, self.key)
        host.start()
        self.hosts.append(host)
        with self.known_hosts.open("a", encoding="utf-8") as file:
            file.write(host.known_hosts_line)
        return host

    def inventory(self, overrides: dict[str, dict[str, Any]] | None = None) -> Inventory:
        """All hosts; `overrides` are the ssh settings of single ones, by name."""
        own = overrides or {}
        return Inventory.model_validate(
            {
                "cloud": "test",
                "ssh": {
                    "user": getpass.getuser(),
                    "key_file": str(self.key),
                    "known_hosts": str(self.known_hosts),
                    "connect_timeout_s": 5,
                },
                "hosts": [
                    {
                        "name": host.name,
                        "address": "127.0.0.1",
                        "root": str(host.folder / "home"),
                        "ssh": {"port": host.port, **own.get(host.name, {})},
                    }
                    for host in self.hosts
                ],
                "message_bus": {
                    "management_url": "http://192.0.2.1:15672",
                    "user": "ceilift",
                    "password": {"env": "NONE"},
                },
                "ledger": "sqlite://",
            }
        )

    def connections(self, overrides: dict[str, dict[str, Any]] | None = None) -> Connections:
        """Connections to them, closed when the test ends."""
        inventory = self.inventory(overrides)
        return self.stack.enter_context(Connections(inventory, EnvFileSecrets(), Timeline()))

    def shell(self, name: str = "ctl1", **ssh: object) -> SshShell:
        """The shell of one host, with these ssh settings of its own."""
        return self.connections({name: ssh}).shell(name)

    def close(self) -> None:
        self.stack.close()
        for host in self.hosts:
            host.stop()


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    if not SSHD.exists():
        pytest.skip("no sshd on this machine")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    made = Network(tmp_path)
    new_key(made.key)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def host(network: Network) -> Sshd:
    """One host that runs."""
    return network.add()


def new_key(path: Path) -> None:
    """A key pair without a passphrase."""
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
    subprocess.run(words, check=True)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition of another process."""
    end = time.monotonic() + STARTS_WITHIN_S
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.01)


def descendants(pid: int) -> set[int]:
    """All processes below one."""
    parents = {int(entry.name): _parent(entry) for entry in Path("/proc").glob("[0-9]*")}
    found, grown = {pid}, True
    while grown:
        more = {one for one, parent in parents.items() if parent in found} - found
        found, grown = found | more, bool(more)
    return found - {pid}


def _parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _kill(pid: int, how: signal.Signals = signal.SIGKILL) -> None:
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return
