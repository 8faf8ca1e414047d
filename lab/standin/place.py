"""Where one cloud of stand-ins is: its folder, addresses and hosts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lab.clouds import NETWORK, PROGRAMS, Host, Role
from lab.settings import PORTS, Lab, the_lab

OLD, NEW = "9.0.6", "9.0.7"
RELEASES = (OLD, NEW)
INTERVAL_S = 1
CLOUD = "stand-in"
WITNESS = "var/lib/ceilometer/samples.log"  # where the notification agents publish to
FIRST_NET = 100  # the third number of the first one's addresses; the lab itself has 0 and 1
_ROLES = {
    "ctl1": (Role.POLLING, Role.NOTIFICATION, Role.COLLECTOR),
    "pol1": (Role.POLLING,),
}


@dataclass(frozen=True)
class Standin:
    """One of several such clouds side by side, told apart by its number (from 0)."""

    number: int

    @cached_property
    def lab(self) -> Lab:
        """Its folder, laid out as the lab's."""
        return Lab(the_lab().root / "standin" / str(self.number))

    @cached_property
    def hosts(self) -> tuple[Host, ...]:
        """Its hosts, each on an address of its own, polling two resources."""
        return tuple(
            Host(
                name, self._ip(11 + at), roles, (f"192.0.2.{10 * at + 1}", f"192.0.2.{10 * at + 2}")
            )
            for at, (name, roles) in enumerate(_ROLES.items())
        )

    @property
    def ssh_port(self) -> int:
        """Where its hosts' sshds listen."""
        return PORTS.ssh

    @property
    def entering(self) -> tuple[str, ...]:
        """What a command begins with that is to see its network; empty: every command does."""
        return ()

    def root(self, host: Host) -> str:
        """What its files' paths begin with on a host."""
        return str(self.lab.host(host))

    def logs(self, host: Host) -> str:
        """The folder of the services' logs on a host."""
        return f"{self.root(host)}/var/log"

    def files(self, host: Host) -> Path:
        """Where the host's files are as this machine sees them."""
        return self.lab.host(host)

    @property
    def network(self) -> str:
        """What its addresses begin with."""
        return f"{NETWORK}.{FIRST_NET + self.number}."

    @property
    def broker_ip(self) -> str:
        """Where the stand-in for the message bus listens."""
        return self._ip(1)

    @property
    def management(self) -> str:
        """The URL of its management API."""
        return f"http://{self.broker_ip}:{PORTS.management}"

    @property
    def records(self) -> Path:
        """The folder into which the programs on its hosts write what they did."""
        return self.lab.root

    @property
    def done(self) -> Path:
        """The log of what was done to the hosts, one line each."""
        return self.records / "done.log"

    @property
    def published(self) -> Path:
        """The file that the notification agent publishes to."""
        return Path(f"{self.root(self.hosts[0])}/{WITNESS}")

    def command(self, host: Host, role: Role, release: str) -> str:
        """The command line of a service at one release."""
        root, name = self.root(host), PROGRAMS[role]
        words = [f"{root}/opt/ceilometer/{release}/bin/{name}"]
        if role is Role.POLLING:
            words += ["--polling-namespaces", "central"]
        words += ["--config-file", f"{root}/etc/ceilometer/ceilometer.conf"]
        words += ["--log-file", f"{self.logs(host)}/{name}.log"]
        return " ".join(words)

    def _ip(self, last: int) -> str:
        return f"{self.network}{last}"
