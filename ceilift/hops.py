"""Which releases an upgrade has to go through, by OpenStack's own rule.

Up to 2023.1 each release is upgraded to from the one before it. From then on every first release
of a year is a SLURP release (Skip Level Upgrade Release Process), and the next one may be upgraded
to from it at once; releases between them only from the one just before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ceilift.release import Catalogue

SLURP = re.compile(r"(?P<year>20\d\d)\.1")
FIRST_YEAR = 2023


def is_slurp(name: str) -> bool:
    """Whether the release series of that name (2024.1, Pike) is a SLURP release."""
    found = SLURP.search(name)
    return found is not None and int(found["year"]) >= FIRST_YEAR


def hops(catalogue: Catalogue, old: str, new: str) -> tuple[str, ...]:
    """The releases to be upgraded to one after the other, `new` the last of them.

    Of a series between the two the newest release is taken. Only `new` where it may be upgraded to
    at once. Raises BadInputError for a release that is not listed.
    """
    before, target = catalogue.get(old).series, catalogue.get(new).series
    newest = _newest(catalogue)
    found: list[str] = []
    at = before
    while (following := _next(at, target, newest, catalogue)) < target:
        found.append(newest[following])
        at = following
    return (*found, new)


def _newest(catalogue: Catalogue) -> Mapping[int, str]:
    """The newest release of each series."""
    return {int(version.partition(".")[0]): version for version in catalogue.releases}


def _next(at: int, target: int, newest: Mapping[int, str], catalogue: Catalogue) -> int:
    """The series that comes next: two further where both are SLURP releases, else the next one."""
    if at + 2 <= target and all(_slurp(one, newest, catalogue) for one in (at, at + 2)):
        return at + 2
    return at + 1


def _slurp(series: int, newest: Mapping[int, str], catalogue: Catalogue) -> bool:
    return series in newest and is_slurp(catalogue.get(newest[series]).name)
