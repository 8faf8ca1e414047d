"""The kill matrix: every process of an upgrade killed before and after every intent of both paths.

The real engine, Prefect server, worker, ledger and SSH, on real sshd hosts; in place of Ceilometer
and its servers small stand-ins (lab/standin). Several such clouds are played side by side.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

from lab.accept.checks import Checks
from lab.accept.fencing import fenced
from lab.accept.kept_points import KeptPoints
from lab.accept.kill_points import (
    FULL,
    LONG,
    PARTIAL,
    SHORT,
    Point,
    Victim,
    first_of,
    longest_first,
    moments,
    points,
)
from lab.accept.killing import Killing, Played, Undisturbed, undisturbed
from lab.accept.side_by_side import Job, SideBySide
from lab.errors import LabError
from lab.progress import Progress
from lab.standin.controller import Controller
from lab.standin.place import Standin

SEED = 5
PATHS = (FULL, PARTIAL)
_EACH = 2  # clouds to a processor: half of a point is waiting, and each idles at 5 % of one


def kills(
    checks: Checks, progress: Progress, kept: KeptPoints, only: Sequence[int] = ()
) -> list[str]:
    """Play the matrix (in short: 30 points) and an orphan's act, or the points of these numbers.

    Gives the lines of the table that tells of them. What is kept of the matrix is not played again;
    points of given numbers are.
    """
    count = len(only) or (SHORT if checks.short else LONG)
    side_by_side = int(os.environ.get("CEILIFT_STANDINS", "0")) or _EACH * (os.cpu_count() or 1)
    unknown = [path for path in PATHS if kept.expected(path) is None]
    beds = range(min(side_by_side, max(count, len(unknown))))
    with SideBySide([Controller(Standin(number)) for number in beds]) as clouds:
        expected = _expected(clouds, kept, unknown)
        found = [one for path in PATHS for one in moments(path, expected[path].intents)]
        matrix = points(found, LONG, SEED)
        wanted = [matrix[number] for number in only] or list(matrix[:count])
        progress.say(f"{len(found)} moments in undisturbed upgrades; {len(wanted)} kills")
        playing = Playing(expected, kept, progress, first_of(matrix, Victim.CONTROLLER))
        if not only:
            playing.remember(wanted)
        jobs = playing.jobs(wanted)
        alone = [] if only or kept.fence is not None else [playing.fence]
        clouds.carry_out(alone + jobs)
    played = [playing.played[one.number] for one in wanted]
    demand(checks, played, count)
    if not only:
        fault = playing.fault if kept.fence is None else kept.fence
        refused = "an orphan that acts after a takeover is refused"
        checks.demand(refused, fault == "", fault or "exit 97")
    return table(played)


@dataclass
class Playing:
    """The points of one go: jobs for clouds, and what came of them, by number.

    At the point `bare` Prefect's database is deleted before the resume, and the lease is waited
    for: only the ledger remembers then.
    """

    expected: Mapping[str, Undisturbed]
    kept: KeptPoints
    progress: Progress
    bare: Point | None
    played: dict[int, Played] = field(default_factory=dict)
    fault: str = "not tried"

    def remember(self, wanted: Sequence[Point]) -> None:
        """Take what was kept of these points."""
        for point in wanted:
            if (one := self.kept.played(point)) is not None:
                self.played[point.number] = one
        if self.played:
            self.progress.say(f"{len(self.played)} of them were played before at this commit")

    def jobs(self, wanted: Sequence[Point]) -> list[Job[Controller]]:
        """One for each point that is not played yet."""
        left = [one for one in wanted if one.number not in self.played]
        return [self._job(point) for point in longest_first(left, self.bare)]

    def fence(self, cloud: Controller) -> None:
        """The orphan's act, as a job; `fault` says what went wrong, and is empty for nothing."""
        try:
            self.fault = fenced(cloud, self.expected[FULL].plan)
            self.kept.keep_fence(self.fault)
        except LabError as error:
            self.fault = f"not tried to its end: {error}"
        self.progress.say(f"an orphan acts after a takeover: {self.fault or 'refused'}")

    def _job(self, point: Point) -> Job[Controller]:
        def play(cloud: Controller) -> None:
            began = monotonic()
            one = Killing(cloud, self.expected).play(point, bare=point == self.bare)
            one.seconds = monotonic() - began
            self.played[point.number] = one
            self.kept.keep(one)
            self.progress.say(f"{point}: {one.told} ({one.seconds:.0f} s)")

        return play


def table(played: Sequence[Played]) -> list[str]:
    """By path and victim: how many points, resumed, gone on by themselves, failed, not valid."""
    titles = ("points", "resumed", "by itself", "failed", "not valid")
    lines = [f"{'killed':26}" + "".join(f" {title:>9}" for title in titles)]
    kinds = sorted({(one.point.moment.path, one.point.victim) for one in played})
    for path, victim in kinds:
        mine = [p for p in played if (p.point.moment.path, p.point.victim) == (path, victim)]
        counts = "".join(f" {count:9}" for count in (len(mine), *_counts(mine)))
        lines.append(f"{f'{path}, {victim}':26}{counts}")
    return lines


def demand(checks: Checks, played: Sequence[Played], count: int) -> None:
    """As many points as wanted, all good; each that is not with the seed and number it has."""
    for one in played:
        if not one.good:
            checks.demand(f"seed {SEED}, {one.point}", met=False, figure=one.told)
    resumed, alone, failed, invalid = _counts(played)
    figure = (
        f"tried {len(played) - invalid} of {count}, resumed {resumed}, by itself {alone}, "
        f"failed {failed}, not valid {invalid}"
    )
    checks.demand("kills", resumed + alone == count, figure)


def _counts(played: Sequence[Played]) -> tuple[int, int, int, int]:
    """Good ones that were resumed, and that went on by themselves; failed ones; not valid ones."""
    alone = sum(one.good and one.by_itself for one in played)
    failed = sum(one.killed and not one.good for one in played)
    invalid = sum(not one.killed for one in played)
    return len(played) - alone - failed - invalid, alone, failed, invalid


def _expected(
    clouds: SideBySide[Controller], kept: KeptPoints, unknown: Sequence[str]
) -> dict[str, Undisturbed]:
    """What an undisturbed upgrade along each path does and leaves; `unknown` ones are played."""

    def job(path: str) -> Job[Controller]:
        return lambda cloud: kept.keep_expected(path, undisturbed(cloud, path))

    clouds.carry_out([job(path) for path in unknown])
    found = {path: kept.expected(path) for path in PATHS}
    return {path: one for path, one in found.items() if one is not None}
