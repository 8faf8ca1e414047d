"""The phases of the polling agents' ticks: measured in their logs, and set by starts held back."""

from __future__ import annotations

import contextlib
import random
import signal
import threading
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from lab import fleet, processes
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
AHEAD_S = 1.6  # of its first poll is an agent started: what a start takes on a quiet machine
SPARE_S = 0.15  # more than the last start took is allowed for the next
REST_S = 0.12  # from letting a held agent go to its first poll: median of 9, 0.09 to 0.24
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

    LabError when one cannot be brought within NEAR_S of its phase.
    """
    found, ahead, interval = dict[str, float](), AHEAD_S, lab.cloud.interval_s
    for name, phase in phases.items():
        host = lab.named(name)
        for _ in range(TRIES):
            ticks_at, took = _restarted(lab, host, phase, ahead)
            ahead = took + REST_S + SPARE_S
            if ticks_at is not None and _apart(ticks_at, phase, interval) <= NEAR_S:
                found[name] = ticks_at
                break
        else:
            raise LabError(f"{name} does not tick at {phase:.1f} s after {TRIES} starts")
    shown = ", ".join(f"{name} {phase:.1f}" for name, phase in found.items())
    progress.say(f"ticks at {shown} of {interval} s")
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


def _restarted(lab: Lab, host: Host, phase: float, ahead: float) -> tuple[float | None, float]:
    """The phase after a start so timed: `ahead` seconds before, and held back for the rest.

    With it the seconds that it took to load.

    It is held for as short as can be, so that its log tells of about as long a start as any. One
    that has loaded too late is let go at once, and ticks elsewhere. None for an agent to which none
    of the group's resources fell: started again it is another member, to which some may.
    """
    fleet.supervisor(lab, host).stop(PROGRAMS[Role.POLLING])
    begin = now()
    go = begin + ahead + (phase - REST_S - begin - ahead) % lab.cloud.interval_s
    _wait_until(go - ahead)
    ordered = now()
    held = _started_and_held(lab, host)
    took = now() - ordered
    try:
        _wait_until(go)
    finally:
        for pid in held:
            processes.send(pid, signal.SIGCONT)

    def first() -> float | None:
        return next((poll for poll in polls(_log(lab, host)) if poll > begin), None)

    with contextlib.suppress(TimeUpError):
        polled = until(first, f"{host.name} polls", within=SILENT_S, every=0.05)
        return polled % lab.cloud.interval_s, took
    return None, took


def _started_and_held(lab: Lab, host: Host) -> tuple[int, ...]:
    """An agent stopped (SIGSTOP) when its worker is there, which has joined no group yet.

    Loading takes 0.7 to 5 s on a busy machine; from there to the first poll it is 0.1 to 0.25 s.
    """
    there = fleet.supervisor(lab, host)
    there.start(PROGRAMS[Role.POLLING])

    def family() -> tuple[int, ...]:
        master = there.pids().get(PROGRAMS[Role.POLLING])
        workers = processes.children(master) if master else set()
        return (master, *workers) if master and workers else ()

    held = until(family, f"the polling agent of {host.name} forks its worker", 30, every=0.005)
    for pid in held:
        processes.send(pid, signal.SIGSTOP)
    return held


def _wait_until(moment: float) -> None:
    """Until that moment (epoch seconds); not at all when it has passed."""
    threading.Event().wait(max(0.0, moment - now()))


def _apart(one: float, other: float, interval: float) -> float:
    distance = abs(one - other) % interval
    return min(distance, interval - distance)
