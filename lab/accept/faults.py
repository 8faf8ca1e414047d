"""The fault matrix: every fault of a host at every stage of both paths, on hosts with a systemd.

The real engine, Prefect server, ledger and SSH; in place of Ceilometer and its servers the small
stand-ins. An operator's question is asked of each: was it healed, was it stopped with the service
kept, or was the host set aside, and was any notification lost?
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from functools import partial
from queue import Queue

from lab import packages
from lab.accept.checks import Check, Checks
from lab.accept.fault_bed import Bed, bed_of
from lab.accept.fault_judge import Outcome
from lab.accept.fault_points import PATHS, Point, moments, points
from lab.accept.faulting import Faulting, Played, Undisturbed, undisturbed
from lab.accept.kept import Kept
from lab.nspawn import life
from lab.nspawn.faults import FAULTS
from lab.progress import Progress
from lab.standin.controller import Controller

SEED = 5
SHORT = len(FAULTS)  # each once
_SIDE_BY_SIDE = int(os.environ.get("CEILIFT_FAULT_BEDS", "3"))
_SHOWN = 4  # things wrong with one point: what follows comes of these
_OUTCOME, _LOST, _WRONG = "outcome", "notifications lost", "as it has to be"


def faults(checks: Checks, progress: Progress, kept: Kept, only: Sequence[int] = ()) -> str:
    """Play the matrix (in short: every fault once), or the points of these numbers.

    A point that was played at this commit is told again. Gives the table.
    """
    packages.require(life.PACKAGES)
    with _clouds(min(len(only), _SIDE_BY_SIDE) or _SIDE_BY_SIDE, progress) as clouds:
        expected = _undisturbed(clouds, progress)
        found = {path: moments(path, expected[path].intents) for path in PATHS}
        names = [host.name for host in clouds[0].standin.hosts]
        every = points(tuple(FAULTS), found, names, SEED)
        chosen = [every[number] for number in only] or every[: SHORT if checks.short else None]
        progress.say(f"{len(chosen)} of {len(every)} points")
        rows = _all(clouds, expected, chosen, progress, kept)
    told = [kept.found[_name(point)].checks for point in chosen]
    demand(checks, chosen, told)
    return "\n".join([*rows, *table(chosen, told)])


def note(own: Checks, played: Played) -> str:
    """Put into checks what came of a point; gives its line."""
    sent, lost = played.count.sent, played.count.lost
    own.demand(_OUTCOME, played.outcome is not Outcome.WRONG, played.outcome)
    own.demand(_LOST, lost == 0, f"{lost} of {sent}")
    wrong = _short(played.wrong)
    own.demand(_WRONG, not played.wrong, wrong or "yes")
    words = f"; {wrong}" if wrong else ""
    messages = f"{sent} notifications, {lost} lost, {played.waited} messages waited"
    return f"{played.point}: {played.outcome}; {messages} ({played.seconds:.0f} s){words}"


def _short(wrong: Sequence[str]) -> str:
    more = f"and {len(wrong) - _SHOWN} more"
    return "; ".join(wrong if len(wrong) <= _SHOWN else [*wrong[:_SHOWN], more])


def table(chosen: Sequence[Point], told: Sequence[Sequence[Check]]) -> list[str]:
    """By fault: how many points ended in which way."""
    ways = list(Outcome)
    lines = [f"{'fault':10}" + "".join(f"{way:>30}" for way in ways)]
    for fault in dict.fromkeys(point.fault for point in chosen):
        pairs = zip(chosen, told, strict=True)
        mine = [_figure(own, _OUTCOME) for point, own in pairs if point.fault == fault]
        lines.append(f"{fault:10}" + "".join(f"{mine.count(way):30}" for way in ways))
    return lines


def demand(checks: Checks, chosen: Sequence[Point], told: Sequence[Sequence[Check]]) -> None:
    """Each point that is not as it has to be with the seed and number it has; then the sums."""
    for point, own in zip(chosen, told, strict=True):
        if not all(one.met for one in own):
            figure = f"{_figure(own, _WRONG)}; lost {_figure(own, _LOST)}"
            checks.demand(f"seed {SEED}, {point}", met=False, figure=figure)
    ways = Counter(_figure(own, _OUTCOME) for own in told)
    tried = ", ".join(f"{ways[way]} {way}" for way in Outcome)
    checks.demand("faults tried", ways[Outcome.WRONG] == 0, f"{len(told)}: {tried}")
    pairs = [_figure(own, _LOST).split(" of ") for own in told]
    lost, sent = (sum(int(pair[at]) for pair in pairs) for at in (0, 1))
    checks.demand(_LOST, lost == 0 and sent > 0, f"{lost} of {sent}")


def _figure(own: Sequence[Check], name: str) -> str:
    return next(one.figure for one in own if one.name == name)


def _name(point: Point) -> str:
    return f"fault {point.number}"


@contextmanager
def _clouds(count: int, progress: Progress) -> Iterator[list[Controller]]:
    """So many clouds; none of their processes, mounts and namespaces is left afterwards."""
    clouds = [Controller(Bed(number)) for number in range(count)]
    with ExitStack() as ends:
        for one in clouds:
            ends.callback(_down, one, progress)
            _down(one, progress, purge=True)
            life.up(bed_of(one), progress)
            one.serve()
        yield clouds


def _down(controller: Controller, progress: Progress, *, purge: bool = False) -> None:
    """What ran there ends; the files, the log of commands among them, stay to be looked at."""
    controller.close()
    life.down(bed_of(controller), progress, purge=purge)


def _undisturbed(clouds: Sequence[Controller], progress: Progress) -> dict[str, Undisturbed]:
    """What both paths take and leave, found out side by side."""
    with ThreadPoolExecutor(len(clouds)) as pool:
        runs = {
            path: pool.submit(undisturbed, clouds[at % len(clouds)], path, progress)
            for at, path in enumerate(PATHS)
        }
    return {path: run.result() for path, run in runs.items()}


def _all(
    clouds: Sequence[Controller],
    expected: Mapping[str, Undisturbed],
    chosen: Sequence[Point],
    progress: Progress,
    kept: Kept,
) -> list[str]:
    """The line of every point; those without a result are played, each on the first free cloud."""
    free: Queue[Faulting] = Queue()
    for one in clouds:
        free.put(Faulting(one, expected, progress))

    def play(point: Point) -> Played:
        faulting = free.get()
        try:
            return faulting.play(point)
        finally:
            free.put(faulting)

    own = Checks("faults")
    with ThreadPoolExecutor(len(clouds)) as pool:
        runs = {pool.submit(play, one): one for one in chosen if _name(one) not in kept.found}
        for run in as_completed(runs):
            noted = partial(_note_end, run=run)
            progress.say(kept.once(own, _name(runs[run]), noted))
    return [kept.once(own, _name(point), _never) for point in chosen]


def _note_end(own: Checks, run: Future[Played]) -> str:
    return note(own, run.result())


def _never(_checks: Checks) -> str:
    raise AssertionError("a point without a result")
