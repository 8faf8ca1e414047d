"""One cgroup for each host, in every hierarchy here: to limit, freeze and kill it whole."""

from __future__ import annotations

import contextlib
import hashlib
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab import processes
from lab.clouds import Host
from lab.errors import LabError
from lab.nspawn.hog import kills
from lab.nspawn.place import CGROUP, Nspawn
from lab.waiting import until

_MOUNTS = Path("/proc/self/mountinfo")
_OWN = Path("/proc/self/cgroup")
UNIFIED = ""
_WANTED = frozenset({"cpu", "memory", "pids", "name=systemd"})  # nspawn itself uses the last


@dataclass(frozen=True, slots=True)
class Group:
    """A host's cgroup: its folder in each hierarchy, by the name of that (`UNIFIED`: version 2)."""

    folders: dict[str, Path]

    def make(self) -> None:
        """Make the folders that are not there."""
        for folder in self.folders.values():
            folder.mkdir(parents=True, exist_ok=True)

    def kill(self) -> None:
        """SIGKILL to all of it, until nothing is left."""
        if not self._is_there():
            return
        self.freeze(still=False)
        (self.folders[UNIFIED] / "cgroup.kill").write_text("1")
        until(lambda: not self._left(), f"all in {self.folders[UNIFIED]} ends", within=30)

    def freeze(self, *, still: bool) -> None:
        """Let every process of it stand still, or go on."""
        (self.folders[UNIFIED] / "cgroup.freeze").write_text(str(int(still)))

    def pids(self) -> set[int]:
        """Every process of it, as this machine counts them."""
        lists = self.folders[UNIFIED].rglob("cgroup.procs")
        return {int(word) for file in lists for word in _read(file).split()}

    def limit_memory(self, size: int | None) -> None:
        """So many bytes, and no more; None: as many as there are."""
        if (folder := self.folders.get("memory")) is not None:
            (folder / "memory.limit_in_bytes").write_text(str(-1 if size is None else size))
        else:
            (self.folders[UNIFIED] / "memory.max").write_text("max" if size is None else str(size))

    def memory_needed(self) -> int:
        """Bytes that it cannot give up: what it holds of files is given up first."""
        if (folder := self.folders.get("memory")) is not None:
            with contextlib.suppress(OSError):  # refused, when as much as possible was given up
                self.limit_memory(1)
            return int(_read(folder / "memory.usage_in_bytes") or 0)
        with contextlib.suppress(OSError):  # could not give up all of it
            (self.folders[UNIFIED] / "memory.reclaim").write_text("1G")
        return int(_read(self.folders[UNIFIED] / "memory.current") or 0)

    def killed_for_memory(self) -> int:
        """How many of its processes the kernel has killed because its memory was used up."""
        _procs, events = self.memory_files()
        return kills(events)

    def memory_files(self) -> tuple[Path, Path]:
        """The file by which a process joins what has that memory, and the one that counts kills."""
        folder = self.folders.get("memory")
        name = "memory.oom_control" if folder is not None else "memory.events"
        folder = folder or self.folders[UNIFIED]
        return folder / "cgroup.procs", folder / name

    def remove(self) -> None:
        """Remove its folders; all of it must have ended."""
        for folder in self.folders.values():
            _remove(folder)

    def _is_there(self) -> bool:
        return self.folders[UNIFIED].is_dir()

    def _left(self) -> set[int]:
        """What is in it by any hierarchy; a process on its way out leaves them one by one."""
        plain = [folder / "cgroup.procs" for folder in self.folders.values()]
        left = self.pids() | {int(word) for file in plain for word in _read(file).split()}
        for pid in left - {0}:  # 0: somebody whom this machine's own numbers do not reach
            processes.send(pid, signal.SIGKILL)
        return left


def group(place: Nspawn, host: Host) -> Group:
    """The cgroup of a host, there or not."""
    whole = whole_lab(place)
    return Group({name: folder / host.name for name, folder in whole.folders.items()})


def whole_lab(place: Nspawn) -> Group:
    """The cgroup of all hosts together."""
    name = f"ceilift-lab-{hashlib.sha256(str(place.lab.root).encode()).hexdigest()[:8]}"
    return Group({kind: parent / name for kind, parent in _parents().items()})


def _parents() -> dict[str, Path]:
    """Where the lab's cgroup goes, in each hierarchy.

    Below the one that CEILIFT_LAB_CGROUP names where there is such a one, else below our own: what
    limits us then limits the hosts. In version 2 alone a cgroup with processes can have no limits
    below it, so there it is the top.
    """
    tops, own = dict(_mounted()), dict(_own())
    if UNIFIED not in tops:
        raise LabError("no cgroup version 2 is mounted here: nspawn hosts cannot be had")
    found = {}
    for kind, top in tops.items():
        given = top / CGROUP
        alone = kind == UNIFIED and len(tops) == 1
        found[kind] = given if CGROUP and given.is_dir() else top if alone else top / own[kind]
    if CGROUP and not any(path == tops[kind] / CGROUP for kind, path in found.items()):
        raise LabError(f"CEILIFT_LAB_CGROUP: no hierarchy has a cgroup {CGROUP!r}: make it first")
    return found


def _mounted() -> Iterator[tuple[str, Path]]:
    for line in _MOUNTS.read_text().splitlines():
        before, _, after = line.partition(" - ")
        kind, _source, options = after.split(" ", 2)
        point = Path(before.split()[4])
        if kind == "cgroup2":
            yield UNIFIED, point
        elif kind == "cgroup":
            for name in _WANTED & set(options.split(",")):
                yield name, point


def _own() -> Iterator[tuple[str, str]]:
    for line in _OWN.read_text().splitlines():
        _number, names, path = line.split(":", 2)
        for name in names.split(","):
            yield name, path.lstrip("/")


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""


def _remove(folder: Path) -> None:
    if not folder.is_dir():
        return
    for below in folder.iterdir():
        if below.is_dir():
            _remove(below)
    folder.rmdir()
