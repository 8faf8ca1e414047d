"""Eats the memory of a cgroup: `hog.py PROCS EVENTS BYTES`, files of that cgroup.

Bite by bite as long as the kernel kills nobody for it, up to so many bytes. Killed itself, it
begins again.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

BITE = 1 << 20
EVERY_S = 0.02
DIGESTS_S = 2.0  # how long it waits after a kill: who is started again needs some of what is free


def main() -> None:
    """Have a child that eats, until somebody ends the process."""
    procs, events, most = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    while True:
        if not (child := os.fork()):
            eat(procs, events, most)
        os.waitpid(child, 0)


def eat(procs: Path, events: Path, most: int) -> None:
    """Join the cgroup, and eat until killed."""
    procs.write_text(str(os.getpid()), encoding="ascii")
    eaten: list[bytearray] = []
    killed, since = kills(events), 0.0
    while True:
        now = kills(events)
        if now > killed:
            killed, since = now, time.monotonic()
        if time.monotonic() - since > DIGESTS_S and len(eaten) * BITE < most:
            eaten.append(bytearray(b"x" * BITE))
        time.sleep(EVERY_S)


def kills(events: Path) -> int:
    """How many the kernel has killed."""
    lines = events.read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))


if __name__ == "__main__":
    main()
