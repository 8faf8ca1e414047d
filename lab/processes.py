"""Which processes belong to the lab: asked of /proc, so that a crash hides none."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from pathlib import Path

from lab.settings import MARK, Host, Lab
from lab.waiting import until

_PROC = Path("/proc")
_TITLES = (b"ceilometer-", b"(wsgi:")


def of_lab(lab: Lab) -> set[int]:
    """Every live process started by this lab.

    A process counts when its environment carries the lab's mark, or when it is
    a Ceilometer process (setproctitle wipes the environment) at work in the
    lab's folder.
    """
    mark = f"{MARK}={lab.root}".encode()
    return {pid for pid in _all() if _marked(pid, mark) or _titled_in(pid, lab.root)}


def of_host(lab: Lab, host: Host) -> set[int]:
    """Every live process of a host but its sshd."""
    mark = f"{MARK}_HOST={host.name}".encode()
    root = lab.host(host)
    return {pid for pid in of_lab(lab) if _marked(pid, mark) or _titled_in(pid, root)}


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


def _marked(pid: int, mark: bytes) -> bool:
    return mark in _read(pid, "environ").split(b"\0")


def _titled_in(pid: int, folder: Path) -> bool:
    if not _read(pid, "cmdline").startswith(_TITLES):
        return False
    try:
        return (_PROC / str(pid) / "cwd").readlink().is_relative_to(folder)
    except OSError:
        return False


def _read(pid: int, name: str) -> bytes:
    try:
        return (_PROC / str(pid) / name).read_bytes()
    except OSError:
        return b""
