"""Any plug pulled at any moment: one command tells the truth, one goes on, one goes back.

Upgrades that are taken back, processes killed at every moment, hosts that fail at every stage,
hostile input, and secrets that are looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lab.accept.canaries import canaries
from lab.accept.checks import Checks
from lab.accept.faults import faults
from lab.accept.fuzz import IN_SHORT, INPUTS, fuzz
from lab.accept.kept import clean_commit, kept_results
from lab.accept.kept_points import kept_points
from lab.accept.kills import kills
from lab.accept.rollbacks import CASES, HEAD, Case, Undoing
from lab.errors import LabError
from lab.progress import Progress
from lab.settings import the_lab

KILLS, CANARIES, FAULTS = NAMED = ("kills", "canaries", "faults")


def run(short: bool, parts: Sequence[int | str]) -> bool:  # noqa: FBT001 - how it was asked for
    """Play all, or the cases of these numbers, or the part of a name; tells whether all was met.

    Numbers beside `kills` or `faults` are points of it, as they are printed. The long form goes on
    behind what was run at this commit.
    """
    checks, rows, progress = Checks("trust", short=short), list[str](), Progress()
    print("real Ceilometer with the lab's adjustments (docs/reference/lab.md)")
    kept = kept_results(the_lab().root / "accept-trust.jsonl", "" if short else clean_commit())
    for case in _chosen(short, parts):
        rows.append(kept.once(checks, case.name, _play(case, progress)))
        print(rows[-1], flush=True)
    if not parts:
        fuzz(checks, IN_SHORT if short else INPUTS)
    if not parts or CANARIES in parts:
        canaries(checks, progress)
    if not parts or KILLS in parts:
        _kills(checks, progress, kept.commit, [one for one in parts if isinstance(one, int)])
    if not parts or FAULTS in parts:
        numbers = [one for one in parts if isinstance(one, int)] if FAULTS in parts else []
        print(faults(checks, progress, kept, numbers))
    if rows:
        print("\n".join((HEAD, *rows)))
    return checks.tell()


def _kills(checks: Checks, progress: Progress, commit: str, numbers: Sequence[int]) -> None:
    """The kill matrix, behind what was played of it at this commit; one that cannot be fails."""
    kept = kept_points(the_lab().root / "accept-kills.jsonl", commit)
    try:
        print("\n".join(kills(checks, progress, kept, numbers)))
    except LabError as error:
        checks.demand(f"{KILLS}: played to their end", met=False, figure=error)


def _chosen(short: bool, parts: Sequence[int | str]) -> tuple[Case, ...]:  # noqa: FBT001 - as above
    if KILLS in parts or FAULTS in parts:
        return ()
    if parts:
        return tuple(CASES[number - 1] for number in parts if isinstance(number, int))
    return tuple(case for case in CASES if case.in_short or not short)


def _play(case: Case, progress: Progress) -> Callable[[Checks], str]:
    return lambda checks: Undoing(case, checks, progress).play()
