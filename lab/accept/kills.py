"""The kill matrix: every process of an upgrade killed before and after every intent of both paths.

The real engine, Prefect server, worker, ledger and SSH, on real sshd hosts; in place of Ceilometer
and its servers small stand-ins (lab/standin). Several such clouds are played side by side.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from queue import Queue
from time import monotonic

from lab.accept.checks import Checks
from lab.accept.fencing import fenced
from lab.accept.kill_points import (
    FULL,
    LONG,
    PARTIAL,
    SHORT,
    Point,
    Victim,
    moments,
    points,
)
from lab.accept.killing import Killing, Played, Undisturbed, undisturbed
from lab.progress import Progress
from lab.standin import life
from lab.standin.controller import Controller
from lab.standin.place import Standin

SEED = 5
_SIDE_BY_SIDE = int(os.environ.get("CEILIFT_STANDINS", "3"))
PATHS = (FULL, PARTIAL)


def kills(checks: Checks, progress: Progress, only: Sequence[int] = ()) -> str:
    """Play the matrix (in short: 30 points) and an orphan's act, or the points of these numbers.

    Gives the table that tells of them.
    """
    count = SHORT if checks.short else LONG
    with _clouds(min(len(only), _SIDE_BY_SIDE) or _SIDE_BY_SIDE) as clouds:
        expected = {path: undisturbed(clouds[0], path) for path in PATHS}
        found = [one for path in PATHS for one in moments(path, expected[path].intents)]
        wanted = points(found, LONG, SEED)
        chosen = [wanted[number] for number in only] or list(wanted[:count])
        progress.say(f"{len(found)} moments in undisturbed upgrades; {len(chosen)} kills")
        played = _all(clouds, expected, chosen, progress)
        fence = "" if only else fenced(clouds[0], expected[FULL].plan)
    demand(checks, played, len(only) or count)
    if not only:
        refused = "an orphan that acts after a takeover is refused"
        checks.demand(refused, fence == "", fence or "exit 97")
    return "\n".join(table(played))


def table(played: Sequence[Played]) -> list[str]:
    """By path and victim: how many were tried, resumed, went on by themselves, and were good."""
    lines = [f"{'killed':26} {'points':>6} {'resumed':>8} {'by itself':>9} {'good':>5}"]
    kinds = sorted({(one.point.moment.path, one.point.victim) for one in played})
    for path, victim in kinds:
        mine = [p for p in played if (p.point.moment.path, p.point.victim) == (path, victim)]
        alone, good = sum(one.by_itself for one in mine), sum(one.good for one in mine)
        name = f"{path}, {victim}"
        lines.append(f"{name:26} {len(mine):6} {len(mine) - alone:8} {alone:9} {good:5}")
    return lines


def demand(checks: Checks, played: Sequence[Played], count: int) -> None:
    """As many points as wanted, all good; each that is not with the seed and number it has."""
    for one in played:
        if not one.good:
            checks.demand(f"seed {SEED}, {one.point}", met=False, figure="; ".join(one.faults))
    good = sum(one.good for one in played)
    checks.demand("kills: points", len(played) >= count, len(played))
    checks.demand("kills: as undisturbed", good == len(played), f"{good} of {len(played)}")


@contextmanager
def _clouds(count: int) -> Iterator[list[Controller]]:
    """So many clouds of stand-ins; none of their processes is left afterwards."""
    clouds = [Controller(Standin(number)) for number in range(count)]
    with ExitStack() as ends:
        for one in clouds:
            ends.callback(life.down, one.standin)
            ends.callback(one.close)
            life.up(one.standin)
            one.serve()
        yield clouds


def _all(
    clouds: Sequence[Controller],
    expected: Mapping[str, Undisturbed],
    wanted: Sequence[Point],
    progress: Progress,
) -> list[Played]:
    """Every point, each on the first cloud that is free.

    Once Prefect's database is deleted before the resume, and the lease is waited for: only the
    ledger remembers then.
    """
    free: Queue[Killing] = Queue()
    for one in clouds:
        free.put(Killing(one, expected))
    bare = next((one for one in wanted if one.victim is Victim.CONTROLLER), None)

    def play(point: Point) -> Played:
        killing, began = free.get(), monotonic()
        try:
            found = killing.play(point, bare=point is bare)
        finally:
            free.put(killing)
        found.seconds = monotonic() - began
        told = "; ".join(found.faults) or ("by itself" if found.by_itself else "resumed")
        progress.say(f"{point}: {told} ({found.seconds:.0f} s)")
        return found

    with ThreadPoolExecutor(len(clouds)) as pool:
        return list(pool.map(play, wanted))
