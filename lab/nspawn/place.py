"""Where the nspawn hosts are: folder, names, addresses, and from where they are seen."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from lab.clouds import Cloud, CloudName, Host, Role, cloud_named, host_named, targets_in
from lab.credentials import SSH_PORT
from lab.errors import LabError
from lab.files import write
from lab.settings import Lab, the_lab
from lab.standin.place import OLD, Standin

NETWORK = "198.18"  # set aside for tests of networks (RFC 2544): no real host has it
PREFIX = 16
DEFAULT_COUNT = 10
LARGEST_COUNT = 100
LOGIN = "ceilift"
STANDIN, CLASSIC = KINDS = ("standin", str(CloudName.CLASSIC))
MIRROR = os.environ.get("CEILIFT_LAB_MIRROR") or "http://deb.debian.org/debian"
BASE = Path(given).resolve() if (given := os.environ.get("CEILIFT_LAB_BASE")) else None
CGROUP = os.environ.get("CEILIFT_LAB_CGROUP") or ""
"""Below which cgroup the hosts are put, in every hierarchy that has one of that name."""

_ALL = (Role.POLLING, Role.NOTIFICATION, Role.COLLECTOR)


@dataclass(frozen=True)
class Nspawn(Standin):
    """So many nspawn hosts with stand-ins on them, or those of a cloud of real Ceilometer."""

    number: int = 0
    count: int = DEFAULT_COUNT
    cloud: Cloud | None = None

    @cached_property
    def lab(self) -> Lab:
        """Its folder; all that is mounted or bound for it lies in it."""
        root = the_lab().root / "nspawn"
        return Lab(root, self.cloud) if self.cloud else Lab(root)

    @property
    def old(self) -> str:
        """The release that everything starts on."""
        return self.cloud.old if self.cloud else OLD

    @property
    def what(self) -> str:
        """What there is of what."""
        if self.cloud:
            return f"nspawn hosts with real Ceilometer {self.cloud.old}"
        return f"{self.count} nspawn hosts with stand-ins"

    @cached_property
    def hosts(self) -> tuple[Host, ...]:
        """Of stand-ins up to three with everything, the rest with a polling agent alone."""
        if self.cloud:
            return self.cloud.hosts
        everything = min(3, max(1, self.count // 3 + (self.count > 2)))  # noqa: PLR2004
        names = [f"ctl{at + 1}" for at in range(everything)]
        names += [f"pol{at + 1}" for at in range(self.count - everything)]
        return tuple(self._host(at, name) for at, name in enumerate(names))

    @property
    def network(self) -> str:
        """What its addresses begin with."""
        return f"{NETWORK}.0."

    @property
    def served(self) -> tuple[str, ...]:
        """The addresses of what is polled, which answer beside the broker."""
        return targets_in(NETWORK) if self.cloud else ()

    @property
    def ssh_port(self) -> int:
        """The usual one: every host has an address of its own."""
        return SSH_PORT

    @property
    def entering(self) -> tuple[str, ...]:
        """What a command begins with that is to see the hosts."""
        return ("/usr/bin/nsenter", f"--net={self.control}")

    def root(self, host: Host) -> str:
        """A host begins at its own root."""
        del host
        return ""

    def logs(self, host: Host) -> str:
        """A folder of their own: the services run as a user of their own."""
        del host
        return "/var/log/ceilometer"

    def files(self, host: Host) -> Path:
        """Where the host's root is mounted."""
        return self.lab.host(host) / "root"

    @property
    def records(self) -> Path:
        """The one folder that every host can write to."""
        return self.lab.root / "records"

    @property
    def lock(self) -> Path:
        """Held by the command that makes or unmakes hosts."""
        return self.lab.root / "lock"

    @property
    def base(self) -> Path:
        """The Debian trees that hosts stand on; several labs can share them."""
        return BASE or self.lab.root / "base"

    @property
    def control(self) -> Path:
        """The network namespace with the bridge."""
        return self.lab.run / "control.net"

    def namespace(self, host: Host) -> Path:
        """The network namespace of a host."""
        return self.lab.run / f"{host.name}.net"

    def named(self, name: str) -> Host:
        """The host of that name, or a LabError that lists the names there are."""
        return host_named(self.hosts, name)

    def remember(self) -> None:
        """Write down what there is, for the commands that follow."""
        if self.cloud:
            self.lab.choose(self.cloud)
        else:
            write(self.lab.root / "count", f"{self.count}\n")

    def _host(self, at: int, name: str) -> Host:
        roles = _ALL if name.startswith("ctl") else (Role.POLLING,)
        targets = tuple(f"192.0.2.{2 * at + end}" for end in (1, 2))
        return Host(name, f"{NETWORK}.1.{at + 1}", roles, targets)


def the_nspawn(count: int = 0, kind: str = "", releases: str = "") -> Nspawn:
    """The nspawn hosts of this lab as asked for, else as `up` was last asked for.

    `kind`: STANDIN or CLASSIC; `releases`: of real Ceilometer, comma-separated, oldest first.
    """
    if count > LARGEST_COUNT or count < 0:
        raise LabError(f"{count} hosts: give a number from 1 to {LARGEST_COUNT}")
    if kind not in {"", *KINDS}:
        raise LabError(f"nspawn hosts are no cloud {kind!r}; they are {' or '.join(KINDS)}")
    if kind == STANDIN and releases:
        raise LabError("stand-ins have releases of their own: leave --releases")
    root = Nspawn().lab.root
    was_real = (root / "cloud.json").is_file()
    if kind == CLASSIC or releases or (was_real and not kind):
        if count:
            raise LabError("of real Ceilometer the number of hosts is not chosen: leave --count")
        wanted = replace(cloud_named(CLASSIC, releases), api=False, network=NETWORK)
        asked = kind or releases
        return Nspawn(cloud=wanted if asked else Lab(root, wanted).cloud)
    file = root / "count"
    known = int(file.read_text()) if file.is_file() else DEFAULT_COUNT
    return Nspawn(count=count or known)
