"""One difference between two releases, and how differences of named things are found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What became of a thing on the way from the old release to the new one."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    RENAMED = "renamed"


MIRRORED = {Kind.ADDED: Kind.REMOVED, Kind.REMOVED: Kind.ADDED}


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One difference. `area` is the part of Ceilometer it belongs to (`ceilift.comparison.AREAS`).

    `name`: what differs. `before` and `after`: what it was and is, in words; both are "" where the
    name says all. Of something renamed they are the two names. `note`: what an operator has to
    know beside it, seen from the old release towards the new one.
    """

    area: str
    name: str
    kind: Kind
    before: str = ""
    after: str = ""
    note: str = ""

    def mirrored(self) -> Change:
        """The same difference on the way back, without its note."""
        kind = MIRRORED.get(self.kind, self.kind)
        return Change(self.area, self.name, kind, self.after, self.before)


def changes(area: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    """What is new, gone or another between two sets of named things, by name."""
    for name in sorted({*before, *after}):
        if name not in before:
            yield Change(area, name, Kind.ADDED, after=after[name])
        elif name not in after:
            yield Change(area, name, Kind.REMOVED, before=before[name])
        elif before[name] != after[name]:
            yield Change(area, name, Kind.CHANGED, before[name], after[name])
