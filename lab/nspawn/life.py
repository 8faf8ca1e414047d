"""The nspawn hosts as a whole: up, back to the old release, down."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import overseer, packages, processes, readiness
from lab.clouds import Host
from lab.commands import run
from lab.errors import LabError
from lab.faults import forget, in_force
from lab.nspawn import base, cgroups, disk_faults, layout, machine, memory_faults, mounts, network
from lab.nspawn.place import Nspawn
from lab.nspawn.serving import serving
from lab.progress import Progress
from lab.rpc import STOPPED, Supervisor
from lab.waiting import until

PACKAGES = Path(__file__).parent / "packages.txt"
POLLED_S = 240.0
ANYONE_ITS_OWN = 0o1777
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
    services = serving(place)
    place.records.mkdir(exist_ok=True)
    place.records.chmod(ANYONE_ITS_OWN)
    services.lay_out_shared(place, progress)
    network.ensure(place)
    mounts.share(place.lab.root / "hosts")
    for host in place.hosts:
        cgroups.group(place, host).make()
    main = overseer.ensure(place.lab, programs(place))
    services.start(place, main, progress)
    began = readiness.now()
    booted = any(_every_host(place, lambda host: start(place, host, tree)))
    progress.say(f"{len(place.hosts)} hosts answer on port {place.ssh_port}")
    since = began if booted else None
    until(lambda: services.polled(place, since), "every resource was polled", POLLED_S)


def start(place: Nspawn, host: Host, tree: Path) -> bool:
    """Boot a host that does not run; return when its sshd answers: whether it was booted."""
    main = overseer.overseer(place.lab)  # one for each: it serves one thread

    def settled() -> bool:
        """Not on its way down, nor up."""
        down = main.states()[machine.name(host)] in STOPPED
        return down or bool(machine.first_process(place, host))

    until(settled, f"{host.name} is up or down", machine.BOOT_S)
    off = not machine.first_process(place, host)
    if off:
        _complete(place, host, tree)
        main.start(machine.name(host))
    machine.wait_for(place, host)
    return off


def renewed(place: Nspawn, progress: Progress) -> None:
    """Every host as new, on the old release and polling; nothing stored, no ledger, no fault."""
    down(place, progress)
    for host in place.hosts:
        _wipe(place, host)
    for path in place.lab.root.glob(f"{place.lab.ledger.name}*"):
        path.unlink()
    serving(place).forget(place)
    up(place, progress)


def emptied(place: Nspawn, progress: Progress) -> None:
    """Down, with only the Debian tree left, so that other services can be laid out."""
    down(place, progress)
    for path in place.lab.root.iterdir():
        if path not in {place.base, place.lock}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


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
    """What the supervisord of this lab runs: what serves the hosts, and the hosts."""
    hosts = (machine.program(place, host) for host in place.hosts)
    return (*serving(place).programs(place), *hosts)


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
        serving(place).lay_out_host(place, host)
        layout.lay_out_host(place, host)
        run(["sync", "-f", place.lab.host(host) / "disk"])  # a disk that fails early has it all
        done.touch()


def _wipe(place: Nspawn, host: Host) -> None:
    """Take its disk away; it must not be running."""
    folder = place.lab.host(host)
    mounts.unmount(folder)
    if folder.is_dir():
        shutil.rmtree(folder)


def _every_host(place: Nspawn, act: Callable[[Host], bool]) -> list[bool]:
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        return list(pool.map(act, place.hosts))
