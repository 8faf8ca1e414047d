"""`bin/accept NAME [N ...] [--short]`: one scenario, one last line of figures, exit 0 or 1."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence

from lab.accept import foresight, full, partial, trust
from lab.errors import LabError


def _prefect(short: bool, parts: Sequence[int]) -> bool:  # noqa: FBT001 - how it was asked for
    from lab.accept import prefect  # noqa: PLC0415 - its import takes seconds

    return prefect.run(short, parts)


def _part(given: str) -> int | str:
    """A scenario's number, or a part of `trust` that has a name."""
    return given if given in trust.NAMED else int(given)


Run = Callable[[bool, Sequence[int | str]], bool]


def _numbered(run: Callable[[bool, Sequence[int]], bool]) -> Run:
    return lambda short, parts: run(short, [one for one in parts if isinstance(one, int)])


SCENARIOS: Mapping[str, Run] = {
    "foresight": _numbered(foresight.run),
    "full": lambda short, _: full.run(short),
    "partial": _numbered(partial.run),
    "prefect": _numbered(_prefect),
    "trust": trust.run,
}


def main() -> int:
    """Run the named scenario."""
    parser = argparse.ArgumentParser(prog="bin/accept", description=__doc__)
    parser.add_argument("name", choices=sorted(SCENARIOS))
    which = f"which; of trust also {', '.join(trust.NAMED)}"
    parser.add_argument("parts", nargs="*", type=_part, help=which)
    parser.add_argument("--short", action="store_true", help="what CI runs")
    given = parser.parse_args()
    try:
        return 0 if SCENARIOS[given.name](given.short, given.parts) else 1
    except LabError as error:
        sys.stderr.write(f"{given.name}: not run to its end: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
