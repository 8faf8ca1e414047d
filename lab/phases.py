"""The phases of the polling agents' ticks: measured in their logs, and set by timed starts."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from lab import fleet
from lab.errors import LabError, TimeUpError
from lab.progress import Progress
from lab.readiness import now
from lab.settings import POLL_INTERVAL_S, PROGRAMS, Host, Lab, Role
from lab.waiting import until

ALIGNED = 0.2  # intervals within which aligned phases lie
NEAR_S = 1.0
TRIES = 8
SILENT_S = 15.0  # after which an agent has nothing to poll
USUAL_LEAD_S = 1.5  # from the order to the first poll; learned anew from every start
_LINE = " Polling pollster "
_STAMP = len("2026-11-24 10:02:37.467")


def seeded(seed: int, hosts: Sequence[str], *, aligned: bool) -> dict[str, float]:
    """A phase (seconds into the interval) for every host, the same for the same seed."""
    chance = random.Random(seed)
    begin, width = chance.random(), ALIGNED if aligned else 1.0
    return {host: (begin + width * chance.random()) % 1.0 * POLL_INTERVAL_S for host in hosts}


def align(lab: Lab, phases: Mapping[str, float], progress: Progress) -> dict[str, float]:
    """Restart each polling agent so that it ticks at its phase; gives the phases measured.

    LabError when one cannot be brought within NEAR_S of its phase.
    """
    lead, found = USUAL_LEAD_S, dict[str, float]()
    for name, phase in phases.items():
        host = lab.named(name)
        for _ in range(TRIES):
            ticks_at, lead = _restarted(lab, host, phase, lead)
            if ticks_at is not None and _apart(ticks_at, phase) <= NEAR_S:
                found[name] = ticks_at
                break
        else:
            raise LabError(f"{name} does not tick at {phase:.1f} s after {TRIES} starts")
    shown = ", ".join(f"{name} {phase:.1f}" for name, phase in found.items())
    progress.say(f"ticks at {shown} of {POLL_INTERVAL_S} s")
    return found


def ticks(log: Path) -> list[float]:
    """When the polling cycles in a log began (epoch seconds)."""
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    moments = [
        datetime.strptime(line[:_STAMP], "%Y-%m-%d %H:%M:%S.%f").astimezone().timestamp()
        for line in lines
        if _LINE in line
    ]
    later = [b for a, b in pairwise(moments) if b - a > POLL_INTERVAL_S / 4]
    return moments[:1] + later


def _restarted(lab: Lab, host: Host, phase: float, lead: float) -> tuple[float | None, float]:
    """The phase after a start so timed, and how long that start took to the first poll.

    None for an agent to which none of the group's resources fell: started again it is another
    member, to which some may.
    """
    program, there = PROGRAMS[Role.POLLING], fleet.supervisor(lab, host)
    log = lab.host(host) / "var" / "log" / "ceilometer" / f"{program}.log"
    there.stop(program)
    begin = now() + 0.2
    order = begin + (phase - lead - begin) % POLL_INTERVAL_S
    threading.Event().wait(order - now())
    threading.Thread(target=there.start, args=(program,), daemon=True).start()

    def polled() -> bool:
        return any(tick > order for tick in ticks(log))

    with contextlib.suppress(TimeUpError):
        until(polled, f"{host.name} polls", within=SILENT_S, every=0.1)
    first = next((tick for tick in ticks(log) if tick > order), None)
    return (None, lead) if first is None else (first % POLL_INTERVAL_S, first - order)


def _apart(one: float, other: float) -> float:
    distance = abs(one - other) % POLL_INTERVAL_S
    return min(distance, POLL_INTERVAL_S - distance)
