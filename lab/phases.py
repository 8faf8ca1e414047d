"""The phases of the polling agents' ticks: measured in their logs, and set by timed starts."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median

from lab import fleet
from lab.clouds import PROGRAMS, Host, Role
from lab.errors import LabError, TimeUpError
from lab.progress import Progress
from lab.readiness import now
from lab.settings import Lab
from lab.waiting import until

ALIGNED = 0.2  # intervals within which aligned phases lie
NEAR_S = 0.5
TRIES = 8
SILENT_S = 5.0  # after which an agent has nothing to poll
AHEAD_S = 1.6  # of its first poll is the first agent started: a start on a quiet machine
_LINE = " Polling pollster "
_STAMP = len("2026-11-24 10:02:37.467")


def seeded(seed: int, lab: Lab, *, aligned: bool) -> dict[str, float]:
    """A phase (seconds into the interval) for every host, the same for the same seed."""
    chance, interval = random.Random(seed), lab.cloud.interval_s
    begin, width = chance.random(), ALIGNED if aligned else 1.0
    hosts = [host.name for host in lab.hosts]
    return {host: (begin + width * chance.random()) % 1.0 * interval for host in hosts}


def align(lab: Lab, phases: Mapping[str, float], progress: Progress) -> dict[str, float]:
    """Restart each polling agent so that it ticks at its phase; gives the phases measured.

    The starts are as any start is: what their logs tell of them is true, and a phase is met as
    well as starts are punctual. LabError when one does not come within NEAR_S of its phase.
    """
    found, took, interval = dict[str, float](), list[float](), lab.cloud.interval_s
    for name, phase in phases.items():
        host = lab.named(name)
        for _ in range(TRIES):
            ordered, first = _restarted(lab, host, phase, median(took or [AHEAD_S]))
            if first is None:
                continue
            took.append(first - ordered)
            if _apart(first % interval, phase, interval) <= NEAR_S:
                found[name] = first % interval
                break
        else:
            raise LabError(f"{name} does not tick at {phase:.1f} s after {TRIES} starts")
    shown = ", ".join(f"{name} {phase:.1f}" for name, phase in found.items())
    starts = ", ".join(f"{one:.1f}" for one in took)
    progress.say(f"ticks at {shown} of {interval} s (starts took {starts} s)")
    return found


def measured(lab: Lab) -> dict[str, float]:
    """The phase of every agent that polled lately; one to which no resource fell has none."""
    found, interval = {}, lab.cloud.interval_s
    for host in lab.hosts:
        last = ticks(_log(lab, host), interval)[-1:]
        if last and now() - last[0] < 1.5 * interval:
            found[host.name] = last[0] % interval
    return found


def ticks(log: Path, interval: float) -> list[float]:
    """When the polling cycles in a log began (epoch seconds)."""
    moments = polls(log)
    later = [b for a, b in pairwise(moments) if b - a > interval / 4]
    return moments[:1] + later


def polls(log: Path) -> list[float]:
    """When each pollster was polled, by a log (epoch seconds): several in one cycle."""
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    return [
        datetime.strptime(line[:_STAMP], "%Y-%m-%d %H:%M:%S.%f").astimezone().timestamp()
        for line in lines
        if _LINE in line
    ]


def _log(lab: Lab, host: Host) -> Path:
    name = f"{PROGRAMS[Role.POLLING]}.log"
    return lab.host(host) / "var" / "log" / "ceilometer" / name


def _restarted(lab: Lab, host: Host, phase: float, ahead: float) -> tuple[float, float | None]:
    """The moments of an order to start, `ahead` seconds before the phase, and of the first poll.

    None for an agent to which none of the group's resources fell: started again it is another
    member, to which some may.
    """
    there = fleet.supervisor(lab, host)
    there.stop(PROGRAMS[Role.POLLING])
    begin = now()
    _wait_until(begin + (phase - ahead - begin) % lab.cloud.interval_s)
    ordered = now()
    there.start(PROGRAMS[Role.POLLING])

    def first() -> float | None:
        return next((poll for poll in polls(_log(lab, host)) if poll > begin), None)

    with contextlib.suppress(TimeUpError):
        return ordered, until(first, f"{host.name} polls", within=SILENT_S, every=0.05)
    return ordered, None


def _wait_until(moment: float) -> None:
    """Until that moment (epoch seconds); not at all when it has passed."""
    threading.Event().wait(max(0.0, moment - now()))


def _apart(one: float, other: float, interval: float) -> float:
    distance = abs(one - other) % interval
    return min(distance, interval - distance)
