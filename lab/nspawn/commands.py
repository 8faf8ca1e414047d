"""What `bin/lab` does with nspawn hosts."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from lab import overseer
from lab.errors import LabError
from lab.nspawn import faults, life
from lab.nspawn.faults import FAULTS
from lab.nspawn.place import Nspawn, the_nspawn
from lab.progress import Progress
from lab.settings import MARK

__all__ = ["FAULTS", "break_", "down", "mend", "reset", "up"]


def up(count: int, kind: str = "", releases: str = "") -> None:
    """The hosts that are asked for, or those there were; LabError while there are others."""
    there, progress = the_nspawn(), Progress()
    wanted = the_nspawn(count, kind, releases)
    with _alone(wanted):
        if wanted != there and overseer.overseer(there.lab).alive():
            raise LabError(f"{there.what} are up: type bin/lab down")
        if wanted.cloud != there.cloud:
            life.emptied(there, progress)
        life.up(wanted, progress)
    progress.say(f"{wanted.what} are up: {wanted.lab.inventory}")
    progress.say(f"commands that are to see them: {' '.join(wanted.entering)} COMMAND")


def reset() -> None:
    """Every host as new."""
    place, progress = the_nspawn(), Progress()
    with _alone(place):
        life.renewed(place, progress)
    progress.say(f"every service is on {place.old}")


def break_(fault: str, host: str | None) -> str:
    """Break a host, by default the last; says what is broken now."""
    place = the_nspawn()
    with _alone(place):
        return faults.inflict(place, fault, host)


def mend(fault: str, host: str | None) -> str:
    """Undo a fault."""
    place = the_nspawn()
    with _alone(place):
        return faults.mend(place, fault, host)


def down(*, purge: bool) -> None:
    """Take down what there is; nothing is said where there never were any."""
    place = the_nspawn()
    if place.lab.root.exists():
        with _alone(place):
            life.down(place, Progress(), purge=purge)


@contextmanager
def _alone(place: Nspawn) -> Iterator[None]:
    """No other command makes or unmakes hosts meanwhile.

    Whatever this one starts carries the lab's mark: should it be killed, `down` finds that.
    """
    place.lab.root.mkdir(parents=True, exist_ok=True)
    with place.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabError("another bin/lab is at work on the nspawn hosts: wait for it") from None
        os.environ[MARK] = str(place.lab.root)
        yield
