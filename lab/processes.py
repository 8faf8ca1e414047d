"""Which processes belong to the lab: asked of /proc, so that a crash hides none."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from pathlib import Path

from lab.clouds import Host
from lab.settings import MARK, Lab
from lab.waiting import until

_PROC = Path("/proc")
_RETITLED = (b"ceilometer-", b"(wsgi:", b"sshd: ", b"/usr/bin/redis-server ")
"""These overwrite their environment when they set their title."""

_SCRIPT = (b"timeout\0-k\0", b"sh\0-s\0", b"sh\0-c\0")
_SERVICES = (b"ceilometer-", b"(wsgi:", b"/usr/sbin/apache2")


def of_lab(lab: Lab) -> set[int]:
    """Every live process started by this lab, and what they started.

    A process counts when its environment carries the lab's mark, or when it is
    of a kind that wipes its environment and it works in the lab's folder.
    """
    mark = f"{MARK}={lab.root}".encode()
    return _with_descendants({pid for pid in _all() if _belongs(pid, mark, lab.root)})


def of_host(lab: Lab, host: Host) -> set[int]:
    """Every live process of a host but its sshd."""
    mark = f"{MARK}_HOST={host.name}".encode()
    sshd = {pid for pid in _all() if _read(pid, "cmdline").startswith(b"sshd: ")}
    mine = {pid for pid in of_lab(lab) if _belongs(pid, mark, lab.host(host))}
    return _with_descendants(mine - sshd)


def scripts(lab: Lab, host: Host) -> set[int]:
    """Shells on a host that run what came over SSH, and what these started."""
    ours = {pid for pid in of_lab(lab) if _on(pid, host)}
    return _with_descendants({pid for pid in ours if _read(pid, "cmdline").startswith(_SCRIPT)})


def _on(pid: int, host: Host) -> bool:
    return f"{MARK}_HOST={host.name}".encode() in _read(pid, "environ").split(b"\0")


def of_flow_run(run: object) -> set[int]:
    """The processes that carry a flow run out, and what they started."""
    return of_environment("PREFECT__FLOW_RUN_ID", run)


def of_environment(name: str, value: object) -> set[int]:
    """The processes that were started with that variable, and what they started."""
    mark = f"{name}={value}".encode()
    return _with_descendants({pid for pid in _all() if mark in _read(pid, "environ").split(b"\0")})


def carries(pid: int, name: str, value: object) -> bool:
    """Whether the process lives and was started with that variable."""
    return alive(pid) and f"{name}={value}".encode() in _read(pid, "environ").split(b"\0")


def orphans(lab: Lab, host: Host) -> set[int]:
    """Services of a host that outlived the supervisord or the master that started them."""
    ours = of_lab(lab)
    lost = {pid for pid in of_host(lab, host) if _parent(pid) not in ours}
    return {pid for pid in lost if _read(pid, "cmdline").startswith(_SERVICES)}


def kill(pids: Iterable[int], within: float = 20) -> None:
    """SIGKILL, and wait until they have gone."""
    wanted = set(pids) - {os.getpid(), os.getppid()}
    for pid in wanted:
        send(pid, signal.SIGKILL)
    until(lambda: not any(alive(pid) for pid in wanted), "killed processes go", within)


def send(pid: int, number: signal.Signals) -> None:
    """Signal a process that may have gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def alive(pid: int) -> bool:
    """Whether the process exists and is not a zombie."""
    return state(pid) not in {"", "Z"}


def state(pid: int) -> str:
    """The state letter of a process, or nothing when it has gone."""
    return _stat(pid)[0]


def children(pid: int) -> set[int]:
    """The direct children of a process."""
    return {other for other in _all() if _parent(other) == pid}


def _all() -> list[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]


def _parent(pid: int) -> int:
    return int(_stat(pid)[1])


def _stat(pid: int) -> list[str]:
    """State, parent and what follows; a process that has gone has none."""
    text = _read(pid, "stat").decode(errors="replace")
    return text.rpartition(")")[2].split() or ["", "0"]


def _with_descendants(pids: set[int]) -> set[int]:
    parents = {pid: _parent(pid) for pid in _all()}
    found = set(pids)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _belongs(pid: int, mark: bytes, folder: Path) -> bool:
    if mark in _read(pid, "environ").split(b"\0"):
        return True
    title = _read(pid, "cmdline")
    return title.startswith(_RETITLED) and (
        f"{folder}/".encode() in title or _works_in(pid, folder)
    )


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return (_PROC / str(pid) / "cwd").readlink().is_relative_to(folder)
    except OSError:
        return False


def _read(pid: int, name: str) -> bytes:
    try:
        return (_PROC / str(pid) / name).read_bytes()
    except OSError:
        return b""
