"""What runs on nspawn hosts and how they are, read by this machine: not asked of Ceilift."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lab.accept.fault_bed import Bed
from lab.accept.fault_judge import Agents
from lab.clouds import PROGRAMS, Host
from lab.nspawn import machine
from lab.nspawn.cgroups import group
from lab.standin import records

EVERY_S = 0.5
_TRIES = 5
_PROC = Path("/proc")
_AGENT = re.compile(rb"/opt/ceilometer/([^/]+)/bin/(ceilometer-[a-z-]+)")
_COMPONENT = {program: str(role) for role, program in PROGRAMS.items()}
_KEPT = ("etc/ceilometer", "etc/systemd/system")
_OF_THE_LAB = re.compile(r"lab-(clock|memory)\.conf$")


class Pictures:
    """What ran on all hosts, looked at again and again while used as a context."""

    def __init__(self, bed: Bed) -> None:
        self._bed = bed
        self._taken: list[tuple[int, Agents]] = []

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Look every EVERY_S seconds, and once more at the end."""
        over = threading.Event()

        def look() -> None:
            while True:
                ends = over.wait(EVERY_S)
                ended = sum(bool(one.status) for one in records.written(self._bed))
                self._taken.append((ended, agents(self._bed)))
                if ends:
                    return

        thread = threading.Thread(target=look, name="pictures", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def while_reported(self) -> list[Agents]:
        """Those since the last step ended, and the one before: its report was made then."""
        pictures, last = self._taken, self._taken[-1][0]
        first = next(at for at, (ended, _) in enumerate(pictures) if ended == last)
        return [one for _, one in pictures[max(first - 1, 0) :]]


def agents(bed: Bed) -> Agents:
    """The releases of every agent's master, by host and component; none that does not run."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for host in bed.hosts:
        for component, release in sorted(_masters(bed, host)):
            key = (host.name, component)
            found[key] = (*found.get(key, ()), release)
    return found


def condition(bed: Bed) -> dict[str, str]:
    """How everything is, to be compared: units, what runs, and every file's digest."""
    running, found = agents(bed), {}
    for host in bed.hosts:
        for role in host.roles:
            key = (host.name, str(role))
            show = ("systemctl", "show", "--value", "-p", "ActiveState", PROGRAMS[role])
            runs = ", ".join(running.get(key, ())) or "nothing"
            found[" ".join(key)] = f"{machine.inside(bed, host, *show).strip()}, runs {runs}"
        found |= _files(bed, host)
    return dict(sorted(found.items()))


def _masters(bed: Bed, host: Host) -> Iterator[tuple[str, str]]:
    """Component and release of each agent; a worker is its master's child and looks like it."""
    named = {pid: words for pid in _pids(bed, host) if (words := _agent(pid)) is not None}
    for pid, words in named.items():
        if named.get(_parent(pid)) != words:
            release, program = words
            yield _COMPONENT.get(program, program), release


def _pids(bed: Bed, host: Host) -> set[int]:
    """Its processes; looked for again where a group of them went while it was listed."""
    for _ in range(_TRIES):
        with suppress(FileNotFoundError):
            return group(bed, host).pids()
    return set()


def _agent(pid: int) -> tuple[str, str] | None:
    """The release and the program that a process is by its command line."""
    words = _read(pid, "cmdline").split(b"\0")
    found = _AGENT.fullmatch(words[1]) if len(words) > 1 and b"python" in words[0] else None
    return (found[1].decode(), found[2].decode()) if found else None


def _parent(pid: int) -> int:
    fields = _read(pid, "stat").decode(errors="replace").rpartition(")")[2].split()
    return int(fields[1]) if len(fields) > 1 else 0


def _read(pid: int, name: str) -> bytes:
    try:
        return (_PROC / str(pid) / name).read_bytes()
    except OSError:
        return b""


def _files(bed: Bed, host: Host) -> Iterator[tuple[str, str]]:
    root = bed.files(host)
    for folder in _KEPT:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and not path.is_symlink() and not _OF_THE_LAB.search(path.name):
                digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
                yield f"{host.name} {path.relative_to(root)}", digest
