"""Any plug pulled at any moment: one command tells the truth, one goes on, one goes back.

So far: upgrades that are taken back, hostile input, and secrets that are looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lab.accept.canaries import canaries
from lab.accept.checks import Checks
from lab.accept.fuzz import IN_SHORT, INPUTS, fuzz
from lab.accept.kept import clean_commit, kept_results
from lab.accept.rollbacks import CASES, HEAD, Case, Undoing
from lab.progress import Progress
from lab.settings import the_lab

CANARIES = len(CASES) + 1  # its number, behind the cases


def run(short: bool, parts: Sequence[int]) -> bool:  # noqa: FBT001 - how it was asked for
    """Play the cases (or those of these numbers), fuzz, and look for planted secrets.

    Gives whether every demand was met. The long form goes on behind what was run at this commit.
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
    if rows:
        print("\n".join((HEAD, *rows)))
    return checks.tell()


def _chosen(short: bool, parts: Sequence[int]) -> tuple[Case, ...]:  # noqa: FBT001 - as above
    if parts:
        return tuple(CASES[number - 1] for number in parts if number != CANARIES)
    return tuple(case for case in CASES if case.in_short or not short)


def _play(case: Case, progress: Progress) -> Callable[[Checks], str]:
    return lambda checks: Undoing(case, checks, progress).play()
