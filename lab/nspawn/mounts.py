"""A host's disk: a small ext4 image, laid over the shared tree. What is mounted where."""

from __future__ import annotations

import re
from pathlib import Path

from lab.clouds import Host
from lab.commands import run
from lab.nspawn.place import Nspawn

DISK_MB = 256
_MOUNTS = Path("/proc/self/mountinfo")
_POINT = 4
_CORRECTED = 1  # e2fsck: the file system had errors, which it has corrected


def ensure_disk(place: Nspawn, host: Host, base: Path) -> None:
    """Mount the host's root; a disk that is there keeps what is on it, its errors corrected.

    A disk of its own can be full, and can fail, without any other noticing. A failure makes it
    read-only, as ext4 does on real hosts.
    """
    folder = place.lab.host(host)
    image, disk, root = folder / "disk.img", folder / "disk", place.files(host)
    there = mounted(folder)
    for path in (disk, root):
        path.mkdir(parents=True, exist_ok=True)
    if disk not in there:
        _ready(image)
        run(["mount", "-o", "loop,errors=remount-ro", image, disk])
    for name in ("upper", "work"):
        (disk / name).mkdir(exist_ok=True)
    if root not in there:
        layers = f"lowerdir={base},upperdir={disk}/upper,workdir={disk}/work"
        run(["mount", "-t", "overlay", "overlay", "-o", layers, root])


def share(folder: Path) -> None:
    """What is unmounted in that folder from now on is unmounted for every host as well.

    Each was started with a copy of this machine's mounts, and what is left in one of those cannot
    be mounted anew.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if folder not in mounted(folder):
        run(["mount", "--bind", folder, folder])
        run(["mount", "--make-shared", folder])


def mounted(folder: Path) -> list[Path]:
    """All that is mounted in a folder, the last first: in that order it can be taken away."""
    points = [line.split()[_POINT] for line in _MOUNTS.read_text().splitlines()]
    plain = [Path(re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), p)) for p in points]
    return [path for path in reversed(plain) if path.is_relative_to(folder)]


def unmount(folder: Path) -> None:
    """Take away all that is mounted in a folder; nothing may be using it any more."""
    while there := mounted(folder):
        run(["umount", there[0]])


def _ready(image: Path) -> None:
    if not image.is_file():
        making = image.with_suffix(".making")
        with making.open("wb") as stream:
            stream.truncate(DISK_MB << 20)
        run(["mkfs.ext4", "-q", "-F", making])
        making.rename(image)
    run(["sh", "-c", f'e2fsck -p "$1" || [ $? -le {_CORRECTED} ]', "sh", image])
