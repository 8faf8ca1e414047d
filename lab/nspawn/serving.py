"""What runs on nspawn hosts: stand-ins, or real Ceilometer."""

from __future__ import annotations

from typing import Protocol

from lab.clouds import Host
from lab.nspawn import ceilometer, standins
from lab.nspawn.place import Nspawn
from lab.overseer import Program
from lab.progress import Progress
from lab.rpc import Supervisor


class Serving(Protocol):
    """The services of the hosts, and the servers that these need."""

    def lay_out_shared(self, place: Nspawn, progress: Progress) -> None:
        """Write what all hosts share."""

    def lay_out_host(self, place: Nspawn, host: Host) -> None:
        """Write the services of a host that has nothing but its Debian tree."""

    def programs(self, place: Nspawn) -> tuple[Program, ...]:
        """The servers, as the lab's supervisord runs them."""

    def start(self, place: Nspawn, main: Supervisor, progress: Progress) -> None:
        """Start the servers that do not run; return when all answer."""

    def polled(self, place: Nspawn, since: float | None) -> bool:
        """Whether data flows; `since`: when the first of these hosts was booted, if any was."""

    def forget(self, place: Nspawn) -> None:
        """Delete what was stored, while all is down."""


def serving(place: Nspawn) -> Serving:
    """What runs on these hosts."""
    if place.cloud:
        return ceilometer
    return standins
