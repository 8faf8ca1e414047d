"""The clouds that faults meet: stand-ins on nspawn hosts, several side by side, and soon as new."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lab import faults as all_faults
from lab import overseer
from lab.clouds import Host, Role
from lab.nspawn import base, faults, life, machine, mounts
from lab.nspawn.place import BASE, Nspawn
from lab.progress import Progress
from lab.settings import PORTS, Lab, the_lab
from lab.standin import life as standins
from lab.standin.controller import Controller
from lab.waiting import until

HOSTS = 3  # two of everything and one that polls alone: one may fail, and its like is there
_BROKER_S, _POLLED_S = 60.0, 120.0


@dataclass(frozen=True)
class Bed(Nspawn):
    """One of several such clouds: each has networks of its own, so all have the same addresses."""

    count: int = HOSTS

    @cached_property
    def lab(self) -> Lab:
        """Its folder, beside that of `bin/lab up --hosts nspawn`."""
        return Lab(the_lab().root / "faults" / str(self.number))

    @property
    def base(self) -> Path:
        """The Debian trees of `bin/lab up --hosts nspawn`."""
        return BASE or the_lab().root / "nspawn" / "base"

    @property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """The hosts of each component."""
        kinds = (Role.COLLECTOR, Role.NOTIFICATION, Role.POLLING)
        return {
            str(kind): tuple(host.name for host in self.hosts if kind in host.roles)
            for kind in kinds
        }


def bed_of(controller: Controller) -> Bed:
    """The cloud that a controller upgrades, which is one of these."""
    if not isinstance(controller.standin, Bed):
        raise TypeError(f"faults need nspawn hosts, not {type(controller.standin).__name__}")
    return controller.standin


def renewed(bed: Bed, progress: Progress) -> None:
    """Every host as new, polling; nothing stored, no ledger, no fault, no message.

    Namespaces and network stay, unlike in a reset of `bin/lab`: Ceilift's own server lives there.
    """
    tree = base.ensure(bed, progress)
    for name, there in all_faults.in_force(bed.lab).items():
        for fault in there:
            faults.mend(bed, fault, name)
    with ThreadPoolExecutor(len(bed.hosts)) as pool:
        list(pool.map(lambda host: _wiped(bed, host), bed.hosts))
    for file in (bed.done, bed.records / "stored", bed.records / "schema"):
        file.write_bytes(b"")
    for file in bed.lab.root.glob(f"{bed.lab.ledger.name}*"):
        file.unlink()
    overseer.overseer(bed.lab).restart("broker")
    broker = (bed, bed.broker_ip, PORTS.amqp)
    until(lambda: machine.listens(*broker), "the broker listens", _BROKER_S)
    with ThreadPoolExecutor(len(bed.hosts)) as pool:
        list(pool.map(lambda host: life.start(bed, host, tree), bed.hosts))
    until(lambda: standins.polled(bed), "every resource was polled", _POLLED_S)


def whole(bed: Bed) -> None:
    """Mend every fault that is in force, and wait until its hosts are as they were before it."""
    for name, there in all_faults.in_force(bed.lab).items():
        for fault in there:
            faults.mend(bed, fault, name)
        settled(bed, bed.named(name))


def settled(bed: Bed, host: Host) -> None:
    """It answers, and its systemd has nothing more to start."""
    machine.wait_for(bed, host)
    words = ("sh", "-c", "systemctl list-jobs --no-legend 2>&1 || echo not yet")
    idle = f"systemd of {host.name} has nothing to do"
    until(lambda: not machine.inside(bed, host, *words).strip(), idle, _POLLED_S, every=0.5)


def _wiped(bed: Bed, host: Host) -> None:
    """Its disk is taken away; nobody runs there any more."""
    machine.power_off(bed, host)
    mounts.unmount(bed.lab.host(host))
    shutil.rmtree(bed.lab.host(host), ignore_errors=True)
