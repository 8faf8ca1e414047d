"""A host's disk full, or failed; and what of a fault lies on it taken away."""

from __future__ import annotations

import os
from pathlib import Path

from lab.clouds import Host
from lab.commands import run
from lab.files import write
from lab.nspawn.place import Nspawn

_FILLER = "filler"
_PRELOAD, _GIVEN = "etc/ld.so.preload", "etc/faketimerc"
_SERVICES = "etc/systemd/system/service.d/lab-clock.conf"


def fill(place: Nspawn, host: Host) -> None:
    """No byte is left, not even for root. What takes them the host itself does not see."""
    disk = _disk(place, host)
    with (disk / _FILLER).open("wb") as stream:
        while free := os.statvfs(disk).f_bfree * os.statvfs(disk).f_frsize:
            begin = stream.seek(0, os.SEEK_END)
            if not _taken(stream.fileno(), begin, free):
                break


def empty(place: Nspawn, host: Host) -> None:
    """Give the room back."""
    (_disk(place, host) / _FILLER).unlink(missing_ok=True)


def fail(place: Nspawn, host: Host) -> None:
    """The file system meets an error and makes itself read-only, also for files that are open."""
    device = run(["findmnt", "--noheadings", "--output", "SOURCE", _disk(place, host)]).strip()
    (Path("/sys/fs/ext4") / Path(device).name / "trigger_fs_error").write_text("1")


def set_clock(place: Nspawn, host: Host, seconds: int) -> None:
    """Processes that start from now on see a clock that is so far ahead (negative: behind).

    Services are told by their environment: sshd, confined as it is, could not open the file any
    more. Their monotonic clock is as far ahead: with that one let be, libfaketime lets no Python
    sleep.
    """
    root = place.files(host)
    [library] = (root / "usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    write(root / _GIVEN, f"{seconds:+}s\n")
    write(root / _SERVICES, f"[Service]\nEnvironment=FAKETIME={seconds:+}s\n")
    write(root / _PRELOAD, f"/{library.relative_to(root)}\n")


def reset_clock(place: Nspawn, host: Host) -> None:
    """Processes that start from now on see the machine's clock."""
    for name in (_PRELOAD, _GIVEN, _SERVICES):
        (place.files(host) / name).unlink(missing_ok=True)


def _taken(descriptor: int, begin: int, size: int) -> bool:
    """Take so many bytes, or the largest part of them that can be had."""
    while size >= 1:
        try:
            os.posix_fallocate(descriptor, begin, size)
        except OSError:
            size //= 2
        else:
            return True
    return False


def _disk(place: Nspawn, host: Host) -> Path:
    return place.lab.host(host) / "disk"
