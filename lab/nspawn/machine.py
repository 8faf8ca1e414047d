"""One host as a running thing: booted, reached, looked into, powered off."""

from __future__ import annotations

import contextlib
import signal
import socket
from pathlib import Path

from lab import processes
from lab.clouds import Host
from lab.commands import run
from lab.errors import LabError
from lab.nspawn.cgroups import UNIFIED, group
from lab.nspawn.namespace import entered
from lab.nspawn.place import Nspawn
from lab.overseer import Program
from lab.waiting import until

BOOT_S = 120.0
_KEEPER = Path(__file__).parent / "keeper.sh"
_ANSWER_S = 2.0


def program(place: Nspawn, host: Host) -> Program:
    """What keeps it running: booted again when it reboots, and not when it dies."""
    venvs, records = place.lab.root / "venvs", place.records
    command = (
        "/bin/sh",
        str(_KEEPER),
        "/usr/bin/systemd-nspawn",
        "--quiet",
        "--boot",
        "--keep-unit",
        "--register=no",
        f"--machine={host.name}",
        f"--directory={place.files(host)}",
        f"--network-namespace-path={place.namespace(host)}",
        f"--bind-ro={venvs}:{venvs}:norbind",
        f"--bind={records}:{records}:norbind",
        "--resolv-conf=off",
        "--timezone=off",
        "--link-journal=no",
        "--kill-signal=SIGRTMIN+3",
        "--console=pipe",
    )
    groups = " ".join(str(folder) for folder in group(place, host).folders.values())
    environment = {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1", "LAB_GROUPS": groups}
    return Program(name(host), command, environment, restart=False)


def name(host: Host) -> str:
    """What the lab's supervisord calls it."""
    return f"host-{host.name}"


def first_process(place: Nspawn, host: Host) -> int:
    """Its systemd, as this machine numbers it; 0 when the host does not run."""
    scope = group(place, host).folders[UNIFIED] / "payload" / "init.scope" / "cgroup.procs"
    with contextlib.suppress(OSError):
        return min((int(word) for word in scope.read_text().split()), default=0)
    return 0


def answers(place: Nspawn, host: Host) -> bool:
    """Whether its sshd says what it is, to somebody at the control namespace."""
    try:
        with (
            entered(place.control),
            socket.create_connection((host.ip, place.ssh_port), _ANSWER_S) as to,
        ):
            to.settimeout(_ANSWER_S)
            return to.recv(4) == b"SSH-"
    except OSError:
        return False


def listens(place: Nspawn, ip: str, port: int) -> bool:
    """Whether somebody takes connections there, as the control namespace sees it."""
    try:
        with entered(place.control), socket.create_connection((ip, port), _ANSWER_S):
            return True
    except OSError:
        return False


def wait_for(place: Nspawn, host: Host, within: float = BOOT_S) -> None:
    """Return when its sshd answers."""
    until(lambda: answers(place, host), f"sshd of {host.name} answers", within)


def inside(place: Nspawn, host: Host, *words: str, within: float = 30) -> str:
    """What a command says in the host, run by its root without a login; LabError when it fails.

    Bounded there too: a process that outlived this one would keep the host from being taken down.
    """
    first = first_process(place, host)
    if not first:
        raise LabError(f"{host.name} does not run")
    enter = ["nsenter", f"--target={first}", "--mount", "--uts", "--ipc", "--net", "--pid"]
    bounded = ["timeout", "--signal=KILL", f"{within:.0f}", *words]
    return run([*enter, "--", *bounded], within=within + 5)


def power_off(place: Nspawn, host: Host) -> None:
    """As if its power were cut: everything ends at once, nothing is written any more."""
    group(place, host).kill()


def reboot(place: Nspawn, host: Host) -> None:
    """As its three-finger salute: services are stopped, and it boots again."""
    first = first_process(place, host)
    if not first:
        raise LabError(f"{host.name} does not run")
    processes.send(first, signal.SIGINT)
