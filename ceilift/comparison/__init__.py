"""The difference of two releases in the operator's terms. Pure: the catalogue in, words out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ceilift.comparison.behaviour import behaviour
from ceilift.comparison.change import Change, Kind, changes
from ceilift.comparison.contents import PARTS
from ceilift.comparison.options import option_changes
from ceilift.package import Package
from ceilift.release import Release

__all__ = ["AREAS", "Area", "Change", "Difference", "Kind", "Known", "compare"]


@dataclass(frozen=True, slots=True)
class Area:
    """A part of Ceilometer: its heading, and what a difference there means to an operator."""

    heading: str
    means: str


AREAS = {
    "behaviour": Area(
        "How agents behave",
        "Facts of the catalogue; `ceilift releases show VERSION` gives the source of each.",
    ),
    "python": Area("Python", "Which Pythons the package says it runs on."),
    "programs": Area(
        "Programs", "Units, cron lines and scripts that call a program which is gone fail."
    ),
    "options": Area(
        "Options of ceilometer.conf",
        "An option that is gone is ignored without a word when it is still in the file.",
    ),
    "pollsters": Area(
        "Pollsters",
        "A name in polling.yaml that no pollster has any more matches nothing, without a word; "
        "a new one is polled where a pattern matches it.",
    ),
    "units": Area(
        "Units of meters",
        "Of meters that both have, as far as the source states the unit. While old and new agents "
        "run side by side, samples of both units arrive.",
    ),
    "discoveries": Area("Discoveries", "What polling.yaml may name under `discovery`."),
    "publishers": Area(
        "Publishers", "A pipeline that names one which is gone publishes nothing there."
    ),
    "plugins": Area("Other plugins", "Transformers, storage drivers, inspectors and the like."),
    "messages": Area("Messages between agents", "Fields of samples and events on the bus."),
    "exchanges": Area(
        "Exchanges of the message bus",
        "As long as no option says otherwise. What a service sends to one on which no agent "
        "listens is read by nobody.",
    ),
    "gnocchi": Area(
        "Gnocchi resource types",
        "What `ceilometer-upgrade` leaves in an empty Gnocchi. Types that a release lists no more "
        "stay in Gnocchi.",
    ),
    "database": Area("Ceilometer's SQL database", "Tables of the storage driver, where one ships."),
    "defaults": Area(
        "What the default files define",
        "Holds where a file of your own does not take the default one's place.",
    ),
    "files": Area("Default files", "By digest; compare a file of your own with the new default."),
    "requirements": Area("Requirements", "Python packages, as the release's metadata names them."),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a release: its facts and, where it was ever published, its package."""

    release: Release
    package: Package | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs on the way from `old` to `new`, in the order of AREAS.

    `unread`: the areas that could not be compared, as one of the two was never published.
    """

    old: str
    new: str
    changes: tuple[Change, ...]
    unread: tuple[str, ...] = ()

    def of(self, area: str) -> tuple[Change, ...]:
        """The changes of one area."""
        return tuple(change for change in self.changes if change.area == area)


def compare(old: Known, new: Known) -> Difference:
    """The difference of two releases; the same two give the same, and one with itself nothing."""
    order = {area: place for place, area in enumerate(AREAS)}
    unread = {*_unread(old), *_unread(new)}
    return Difference(
        old.release.version,
        new.release.version,
        tuple(sorted(_changes(old, new, unread), key=lambda change: order[change.area])),
        tuple(area for area in AREAS if area in unread),
    )


def _unread(known: Known) -> tuple[str, ...]:
    if known.package is None:
        return tuple(area for area in AREAS if area != "behaviour")
    return known.package.unread


def _changes(old: Known, new: Known, unread: Iterable[str]) -> Iterator[Change]:
    yield from changes("behaviour", behaviour(old.release), behaviour(new.release))
    if old.package is None or new.package is None:
        return
    yield from option_changes(old.package, new.package)
    for part in PARTS:
        if part.area not in unread:
            found = changes(part.area, part.named(old.package), part.named(new.package))
            yield from (
                change for change in found if not part.of_both or change.kind is Kind.CHANGED
            )


def counted(found: Iterable[Change]) -> str:
    """How many of each kind: `3 added, 1 removed`."""
    numbers = dict.fromkeys(Kind, 0)
    for change in found:
        numbers[change.kind] += 1
    return ", ".join(f"{number} {kind.value}" for kind, number in numbers.items() if number)
