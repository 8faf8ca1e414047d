"""Every address, port and path of the lab, in one place."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path

from lab.clouds import HOSTS, NETWORK, Cloud, CloudName, Host, Role, cloud_named, host_named
from lab.errors import LabError
from lab.files import write

REPOSITORY = Path(__file__).resolve().parent.parent
PYTHON = Path("/usr/bin/python3.11")
_NETWORK_FORM = re.compile(r"127\.(\d{1,2}|1\d\d|2[0-4]\d|25[0-5])")
_OCTET = int(found[1]) if (found := _NETWORK_FORM.fullmatch(NETWORK)) else 0
MARK = "CEILIFT_LAB"
LONGEST_SOCKET_PATH = 95
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+-]+")


@dataclass(frozen=True, slots=True)
class Ports:
    """The lab's own ports, away from every default but the API's.

    Erlang's two differ by network: they are taken on every address of the machine.
    """

    amqp: int = 20672
    management: int = 20673
    erlang: int = 20608 + _OCTET
    epmd: int = 26000 + _OCTET
    database: int = 20306
    redis: int = 20379
    snmp: int = 20161
    ssh: int = 2222
    api: int = 8777
    udp: int = 4952


PORTS = Ports()
DEAD_PORT = 20399
"""Nothing listens here: faults point broken connections at it."""


_FIRST = cloud_named(CloudName.CLASSIC)


@dataclass(frozen=True)
class Lab:
    """Where one lab keeps its state.

    `first`: the cloud that it is until it is asked for another; its network is that of every other.
    """

    root: Path
    first: Cloud = _FIRST

    @cached_property
    def cloud(self) -> Cloud:
        """The cloud that `bin/lab up` was last asked for."""
        if not self._cloud.is_file():
            return self.first
        known = {field.name for field in fields(Cloud)}  # another checkout may have had others
        found = {k: v for k, v in json.loads(self._cloud.read_text()).items() if k in known}
        found |= {"name": CloudName(found["name"]), "releases": (*found["releases"],)}
        return Cloud(**found | {"network": self.first.network})

    def choose(self, cloud: Cloud) -> Lab:
        """Remember another cloud; gives the lab that is that cloud."""
        write(self._cloud, json.dumps(asdict(cloud)))
        return Lab(self.root, self.first)

    @property
    def services_ip(self) -> str:
        """Where its broker, database and Redis listen."""
        return f"{self.first.network}.0.1"

    @property
    def _cloud(self) -> Path:
        return self.root / "cloud.json"

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The hosts of the cloud."""
        return self.cloud.hosts

    @property
    def api_hosts(self) -> tuple[Host, ...]:
        """Those that serve the API."""
        return tuple(host for host in self.hosts if Role.API in host.roles)

    def named(self, name: str) -> Host:
        """The host of that name, or a LabError that lists the names there are."""
        return host_named(self.hosts, name)

    def witness(self, host: Host) -> Path:
        """Where a notification agent publishes to, in a cloud without a database."""
        return self.host(host) / "var" / "lib" / "ceilometer" / "samples.log"

    @cached_property
    def secrets(self) -> Path:
        """Random passwords, mode 0600."""
        return self.root / "secrets"

    @cached_property
    def run(self) -> Path:
        """Sockets and process ids of the lab's own services."""
        return self.root / "run"

    @cached_property
    def logs(self) -> Path:
        """Logs of the lab's own services."""
        return self.root / "log"

    @cached_property
    def ssh(self) -> Path:
        """The client key pair and known_hosts."""
        return self.root / "ssh"

    @cached_property
    def traffic(self) -> Path:
        """The generator's configuration and its log of what was sent."""
        return self.root / "traffic"

    @cached_property
    def inventory(self) -> Path:
        """The inventory written for the product."""
        return self.root / "inventory.yaml"

    @cached_property
    def faults(self) -> Path:
        """Which faults are in force."""
        return self.root / "faults.json"

    @cached_property
    def ledger(self) -> Path:
        """The product's ledger for this lab; a reset forgets it."""
        return self.root / "ledger.db"

    @cached_property
    def sent_log(self) -> Path:
        """One line for each notification whose publish has returned."""
        return self.traffic / "sent.jsonl"

    def host(self, host: Host) -> Path:
        """The root folder of a host."""
        return self.root / "hosts" / host.name

    def venv(self, release: str) -> Path:
        """The environment shared by every host that has this release."""
        return self.root / "venvs" / f"ceilometer-{release}"

    def program(self, host: Host, program: str) -> Path:
        """The supervisor program file of a service on a host."""
        return self.host(host) / "etc" / "supervisor" / "conf.d" / f"{program}.conf"

    def supervisor_socket(self, host: Host) -> Path:
        """The control socket of a host's supervisord."""
        return self.host(host) / "run" / "supervisor.sock"


def the_lab() -> Lab:
    """The lab of this checkout, or of ``CEILIFT_LAB_DIR``.

    Refuses a folder whose path the services could not carry: unix sockets
    must be short, and supervisor, apache and sshd quote differently.
    """
    folder = os.environ.get("CEILIFT_LAB_DIR") or REPOSITORY / ".lab"
    if not _OCTET:
        raise LabError(f"CEILIFT_LAB_NET is {NETWORK!r}: give the first two numbers, as in 127.66")
    lab = Lab(Path(folder).resolve())
    if not _PLAIN_PATH.fullmatch(str(lab.root)):
        raise LabError(f"{lab.root}: choose a folder of letters, digits and / . _ + - only")
    longest = max(len(str(lab.supervisor_socket(host))) for host in HOSTS)
    if longest > LONGEST_SOCKET_PATH:
        raise LabError(
            f"{lab.root} is too deep for unix sockets: "
            "set CEILIFT_LAB_DIR to a shorter path, for example /tmp/lab"
        )
    return lab
