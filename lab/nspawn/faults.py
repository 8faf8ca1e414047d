"""What can be broken about an nspawn host from outside, and mended again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lab.clouds import Host
from lab.errors import LabError
from lab.faults import in_force, remember
from lab.nspawn import base, disk_faults, life, machine, memory_faults, mounts, network_faults
from lab.nspawn.cgroups import group
from lab.nspawn.place import Nspawn
from lab.progress import Progress
from lab.waiting import until

CLOCK_S = 300
_AGENTS = "ceilometer-*.service"
_BOOT_S = 60.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to break a host, and the way back."""

    what: str
    inflict: Callable[[Nspawn, Host], None]
    heal: Callable[[Nspawn, Host], None]
    where: str = ""
    """Faults with the same ``where`` cannot be on one host together."""


def inflict(place: Nspawn, name: str, host_name: str | None) -> str:
    """Break a host (by default the last); says what is broken now. Broken twice is LabError."""
    fault, host = FAULTS[name], _host(place, host_name)
    life.running(place)
    there = in_force(place.lab).get(host.name, [])
    for other in there:
        if other == name or (fault.where and FAULTS[other].where == fault.where):
            raise LabError(f"{other} is in force on {host.name}: bin/lab mend {other} {host.name}")
    remember(place.lab, host, [*there, name])  # first: one that came half-way is to be mended, too
    fault.inflict(place, host)
    return f"{host.name}: {fault.what}"


def mend(place: Nspawn, name: str, host_name: str | None) -> str:
    """Undo a fault; a host that does not have it is left as it is."""
    host = _host(place, host_name)
    life.running(place)
    there = in_force(place.lab).get(host.name, [])
    if name not in there:
        return f"{host.name}: {name} was not in force"
    FAULTS[name].heal(place, host)
    remember(place.lab, host, [other for other in there if other != name])
    return f"{host.name}: {name} mended"


def _host(place: Nspawn, name: str | None) -> Host:
    return place.named(name) if name else place.hosts[-1]


def _boot(place: Nspawn, host: Host) -> None:
    life.start(place, host, base.ensure(place, Progress()))


def _freeze(place: Nspawn, host: Host) -> None:
    group(place, host).freeze(still=True)


def _thaw(place: Nspawn, host: Host) -> None:
    group(place, host).freeze(still=False)


def _replace_disk(place: Nspawn, host: Host) -> None:
    """Its power is cut, its disk checked, and it boots: a failed ext4 refuses to be written to."""
    machine.power_off(place, host)
    mounts.unmount(place.lab.host(host))
    _boot(place, host)


def _reboot(place: Nspawn, host: Host) -> None:
    before = machine.first_process(place, host)
    machine.reboot(place, host)
    gone = f"{host.name} goes down"
    until(lambda: machine.first_process(place, host) != before, gone, _BOOT_S, every=0.02)


def _booted(place: Nspawn, host: Host) -> None:
    machine.wait_for(place, host)


def _return_memory(place: Nspawn, host: Host) -> None:
    memory_faults.give_back(place, host)
    _start_failed(place, host)


def _empty(place: Nspawn, host: Host) -> None:
    disk_faults.empty(place, host)
    _start_failed(place, host)


def _start_failed(place: Nspawn, host: Host) -> None:
    """What systemd has given up; nothing that is kept from starting is started by that."""
    failed = f"systemctl list-units --state=failed --plain --no-legend '{_AGENTS}' | cut -d' ' -f1"
    again = "systemctl reset-failed $unit; systemctl start $unit"
    script = f"for unit in $({failed}); do {again}; done"
    machine.inside(place, host, "sh", "-c", script)


def _wrong_clock(place: Nspawn, host: Host) -> None:
    """Also for the agents, which are started anew: a clock cannot be moved under a process."""
    disk_faults.set_clock(place, host, CLOCK_S)
    _restart(place, host)


def _right_clock(place: Nspawn, host: Host) -> None:
    disk_faults.reset_clock(place, host)
    _restart(place, host)
    _start_failed(place, host)


def _restart(place: Nspawn, host: Host) -> None:
    machine.inside(place, host, "systemctl", "daemon-reload")
    machine.inside(place, host, "systemctl", "try-restart", "ssh.service", _AGENTS)


_NETWORK = network_faults
FAULTS = {
    "death": Fault("its power is cut", machine.power_off, _boot, where="power"),
    "reboot": Fault("it boots anew", _reboot, _booted, where="power"),
    "freeze": Fault("every process stands still", _freeze, _thaw, where="power"),
    "link-down": Fault("its link is down", _NETWORK.pull, _NETWORK.plug),
    "drop": Fault("every packet is lost", _NETWORK.drop, _NETWORK.pass_all, where="filter"),
    "loss": Fault(
        f"of its packets {_NETWORK.LOSS_PERCENT} % are lost each way",
        _NETWORK.lose,
        _NETWORK.pass_all,
        where="filter",
    ),
    "delay": Fault(
        f"its packets take {_NETWORK.DELAY_S * 1000:.0f} ms more each way",
        _NETWORK.slow,
        _NETWORK.quick,
    ),
    "disk-full": Fault("its disk is full", disk_faults.fill, _empty, where="disk"),
    "read-only": Fault(
        "its root became read-only by an error of the disk",
        disk_faults.fail,
        _replace_disk,
        where="disk",
    ),
    "oom": Fault("its memory is used up", memory_faults.use_up, _return_memory),
    "clock": Fault(f"its clock is {CLOCK_S} s ahead", _wrong_clock, _right_clock),
}
