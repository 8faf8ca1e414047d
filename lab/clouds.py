"""What the lab can be: its network, hosts and roles, and the clouds made of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from enum import StrEnum

from lab.errors import LabError

OLD_RELEASE = "8.1.5"
NEW_RELEASE = "9.0.7"
DEFAULT_RELEASES = (OLD_RELEASE, NEW_RELEASE)
POLL_INTERVAL_S = 10
METERS = ("hardware.cpu.load.1min", "hardware.memory.total")
NETWORK = os.environ.get("CEILIFT_LAB_NET") or "127.66"


class Role(StrEnum):
    """A Ceilometer service that can run on a host."""

    COLLECTOR = "collector"
    NOTIFICATION = "notification"
    POLLING = "polling"
    API = "api"


PROGRAMS = {
    Role.COLLECTOR: "ceilometer-collector",
    Role.NOTIFICATION: "ceilometer-agent-notification",
    Role.POLLING: "ceilometer-polling",
    Role.API: "ceilometer-api",
}


@dataclass(frozen=True, slots=True)
class Host:
    """One loopback host: its address, what runs there and what it polls."""

    name: str
    ip: str
    roles: tuple[Role, ...]
    targets: tuple[str, ...]

    @property
    def programs(self) -> tuple[str, ...]:
        """The supervisor programs of this host."""
        return tuple(PROGRAMS[role] for role in self.roles)


def host_named(hosts: tuple[Host, ...], name: str) -> Host:
    """The one of that name, or a LabError that lists the names there are."""
    for host in hosts:
        if host.name == name:
            return host
    known = ", ".join(host.name for host in hosts)
    raise LabError(f"no host is called {name!r}; there are {known}")


_EVERYTHING = (Role.POLLING, Role.NOTIFICATION, Role.COLLECTOR, Role.API)


def targets_in(network: str) -> tuple[str, ...]:
    """Every SNMP target that there can be, in the order in which clouds take them."""
    return tuple(f"{network}.1.{number}" for number in range(1, 65))


def hosts_in(network: str) -> tuple[Host, ...]:
    """The hosts, each with two targets of its own."""
    places = (("ctl1", 11), ("ctl2", 12), ("pol1", 21), ("pol2", 22))
    targets = targets_in(network)
    return tuple(
        Host(
            name,
            f"{network}.0.{last}",
            _EVERYTHING if name.startswith("ctl") else (Role.POLLING,),
            targets[2 * at : 2 * at + 2],
        )
        for at, (name, last) in enumerate(places)
    )


HOSTS = hosts_in(NETWORK)
TARGETS = tuple(target for host in HOSTS for target in host.targets)
ALL_TARGETS = targets_in(NETWORK)


class CloudName(StrEnum):
    """The clouds there are: the same targets, other releases, services and numbers of hosts."""

    CLASSIC = "classic"
    COORDINATED = "coordinated"
    SINGLE = "single"


@dataclass(frozen=True, slots=True)
class Cloud:
    """What the lab is to be: its hosts with their roles, what runs first, what is upgraded to.

    `database`: samples are stored by collectors; else notification agents publish them to files.
    `one_group`: all polling agents share the targets. `partitioned`: workload_partitioning is on.
    `times`: so many times the targets: of a share of many of them chance decides less. `pace`: so
    many times the interval: what an upgrade does of itself takes a smaller part of it, and one poll
    of one target takes an eighth of a second of one processor. `api`: there is one where there is a
    database. `network`: the first two numbers of all addresses.
    """

    name: CloudName
    releases: tuple[str, ...]
    partitioned: bool = False
    pace: int = 1
    times: int = 1
    api: bool = True
    network: str = NETWORK

    @property
    def interval_s(self) -> int:
        """The polling interval."""
        return self.pace * POLL_INTERVAL_S

    @property
    def targets(self) -> tuple[str, ...]:
        """Every SNMP target that is polled."""
        return targets_in(self.network)[: self.times * len(TARGETS)]

    @property
    def old(self) -> str:
        """The release that everything starts on."""
        return self.releases[0]

    @property
    def new(self) -> str:
        """The release to upgrade to."""
        return self.releases[-1]

    @property
    def database(self) -> bool:
        """Whether there are collectors, a database and an API."""
        return self.name is not CloudName.COORDINATED

    @property
    def one_group(self) -> bool:
        """Whether all polling agents share all targets."""
        return self.name is CloudName.COORDINATED

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The hosts with what runs on them in this cloud."""
        everywhere = hosts_in(self.network)
        if self.name is CloudName.SINGLE:
            return (replace(everywhere[0], targets=self.targets),)
        if self.one_group:
            return tuple(replace(_with(host, _MODERN), targets=self.targets) for host in everywhere)
        return everywhere if self.api else tuple(_with(host, _AGENTS) for host in everywhere)


_MODERN = (Role.POLLING, Role.NOTIFICATION)
_AGENTS = (*_MODERN, Role.COLLECTOR)


def _with(host: Host, roles: tuple[Role, ...]) -> Host:
    """The host with only those of its roles."""
    return replace(host, roles=tuple(role for role in host.roles if role in roles))


FIRST_RELEASES = {
    CloudName.CLASSIC: DEFAULT_RELEASES,
    CloudName.COORDINATED: ("16.0.1", "17.0.2"),
    CloudName.SINGLE: ("9.0.6", "9.0.7"),
}


def cloud_named(name: str, releases: str = "", *, partitioned: bool = False) -> Cloud:
    """The cloud of that name with these releases, comma-separated, oldest first."""
    if name not in set(CloudName):
        raise LabError(f"no cloud is called {name!r}; there are {', '.join(CloudName)}")
    chosen = CloudName(name)
    given = tuple(word for word in releases.split(",") if word) or FIRST_RELEASES[chosen]
    return Cloud(chosen, given, partitioned)
