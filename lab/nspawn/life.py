"""The nspawn hosts as a whole: up, back to the old release, down."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import overseer, packages, processes
from lab.clouds import Host
from lab.errors import LabError
from lab.nspawn import base, cgroups, layout, machine, mounts, network
from lab.nspawn.place import Nspawn
from lab.progress import Progress
from lab.rpc import RUNNING, Supervisor
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
    tree = base.ensure(place, progress)
    place.remember()
    layout.lay_out_shared(place)
    network.ensure(place)
    for host in place.hosts:
        cgroups.group(place, host).make()
    main = overseer.ensure(place.lab, programs(place))
    main.start("broker")
    until(lambda: main.states()["broker"] == RUNNING, "the broker runs", within=20)
    _every_host(place, lambda host: start(place, host, tree, main))
    progress.say(f"{len(place.hosts)} hosts answer on port {place.ssh_port}")
    until(lambda: life.polled(place), "every resource was polled", POLLED_S)


def start(place: Nspawn, host: Host, tree: Path, main: Supervisor) -> None:
    """Boot a host that does not run; return when its sshd answers."""
    if not machine.first_process(place, host):
        _complete(place, host, tree)
        main.start(machine.name(host))
    machine.wait_for(place, host)


def renewed(place: Nspawn, progress: Progress) -> None:
    """Every host as new, on the old release and polling; nothing stored, no ledger."""
    running(place)
    for host in place.hosts:
        machine.power_off(place, host)
        _wipe(place, host)
    for path in (*place.records.iterdir(), *place.lab.root.glob(f"{place.lab.ledger.name}*")):
        path.unlink()
    running(place).restart("broker")
    up(place, progress)


def down(place: Nspawn, progress: Progress, *, purge: bool = False) -> None:
    """End every process, mount, namespace and cgroup, also those that a killed ``up`` has left.

    What is on the hosts' disks stays, unless `purge`.
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
    if not done.is_file():
        layout.lay_out_host(place, host)
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
