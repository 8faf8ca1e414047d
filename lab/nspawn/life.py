"""The nspawn hosts as a whole: up, back to the old release, down."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import overseer, packages, processes
from lab.clouds import Host
from lab.commands import run
from lab.errors import LabError
from lab.faults import forget, in_force
from lab.nspawn import base, cgroups, disk_faults, layout, machine, memory_faults, mounts, network
from lab.nspawn.place import Nspawn
from lab.progress import Progress
from lab.rpc import STOPPED, Supervisor
from lab.settings import PORTS
from lab.standin import life
from lab.waiting import until

PACKAGES = Path(__file__).parent / "packages.txt"
POLLED_S = 120.0
_SIDE_BY_SIDE = 4


def up(place: Nspawn, progress: Progress) -> None:
    """Bring the hosts up, whatever state they are in; return when every resource was polled.

    What runs is left alone, an upgraded host stays upgraded. On failure all stays as far as it
    came, and ``up`` can be typed again.
    """
    packages.require(PACKAGES)
    there = in_force(place.lab).items()
    if broken := [f"{name} {host}" for host, names in there for name in names]:
        raise LabError(f"faults are in force: {', '.join(broken)}; bin/lab mend them, or reset")
    tree = base.ensure(place, progress)
    place.remember()
    layout.lay_out_shared(place)
    network.ensure(place)
    mounts.share(place.lab.root / "hosts")
    for host in place.hosts:
        cgroups.group(place, host).make()
    main = overseer.ensure(place.lab, programs(place))
    main.start("broker")
    until(lambda: machine.listens(place, place.broker_ip, PORTS.amqp), "the broker listens", 60)
    _every_host(place, lambda host: start(place, host, tree))
    progress.say(f"{len(place.hosts)} hosts answer on port {place.ssh_port}")
    until(lambda: life.polled(place), "every resource was polled", POLLED_S)


def start(place: Nspawn, host: Host, tree: Path) -> None:
    """Boot a host that does not run; return when its sshd answers."""
    main = overseer.overseer(place.lab)  # one for each: it serves one thread

    def settled() -> bool:
        """Not on its way down, nor up."""
        down = main.states()[machine.name(host)] in STOPPED
        return down or bool(machine.first_process(place, host))

    until(settled, f"{host.name} is up or down", machine.BOOT_S)
    if not machine.first_process(place, host):
        _complete(place, host, tree)
        main.start(machine.name(host))
    machine.wait_for(place, host)


def renewed(place: Nspawn, progress: Progress) -> None:
    """Every host as new, on the old release and polling; nothing stored, no ledger, no fault."""
    down(place, progress)
    for host in place.hosts:
        _wipe(place, host)
    for path in (*place.records.iterdir(), *place.lab.root.glob(f"{place.lab.ledger.name}*")):
        path.unlink()
    up(place, progress)


def down(place: Nspawn, progress: Progress, *, purge: bool = False) -> None:
    """End every process, mount, namespace and cgroup, also those that a killed ``up`` has left.

    What is on the hosts' disks stays, unless `purge`; faults do not.
    """
    root = place.lab.root
    if not root.exists():
        return
    while left := processes.of_lab(place.lab):
        processes.kill(left)
    whole = cgroups.whole_lab(place)
    whole.kill()
    mounts.unmount(root)
    whole.remove()
    forget(place.lab)
    if purge:
        shutil.rmtree(root)
    progress.say("the nspawn hosts are down")


def running(place: Nspawn) -> Supervisor:
    """The hosts' supervisord; LabError when they are down."""
    main = overseer.overseer(place.lab)
    if not main.alive():
        raise LabError("the nspawn hosts are not up: type bin/lab up --hosts nspawn")
    return main


def programs(place: Nspawn) -> tuple[overseer.Program, ...]:
    """What the supervisord of this lab runs: the stand-in for the message bus, and the hosts."""
    return (life.broker(place), *(machine.program(place, host) for host in place.hosts))


def _complete(place: Nspawn, host: Host, tree: Path) -> None:
    """Its disk is mounted, and all files are there; one whose making was cut short is made anew."""
    done = place.lab.host(host) / "complete"
    if not done.is_file():
        _wipe(place, host)
    mounts.ensure_disk(place, host, tree)
    disk_faults.empty(place, host)
    disk_faults.reset_clock(place, host)
    (place.files(host) / memory_faults.DROP_IN).unlink(missing_ok=True)
    if not done.is_file():
        layout.lay_out_host(place, host)
        run(["sync", "-f", place.lab.host(host) / "disk"])  # a disk that fails early has it all
        done.touch()


def _wipe(place: Nspawn, host: Host) -> None:
    """Take its disk away; it must not be running."""
    folder = place.lab.host(host)
    mounts.unmount(folder)
    if folder.is_dir():
        shutil.rmtree(folder)


def _every_host(place: Nspawn, act: Callable[[Host], None]) -> None:
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        list(pool.map(act, place.hosts))
