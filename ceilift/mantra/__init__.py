"""The mantra for data models in the database and on the bus: always add, never delete or modify.

What else changes (definitions, pollsters, options) is `ceilift releases diff`: it would drown this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ceilift.finding import Severity
from ceilift.mantra.breach import Judged, Models, models_of, queues_of
from ceilift.mantra.in_the_stores import resource_types, tables
from ceilift.mantra.on_the_bus import exchanges, fields, queues
from ceilift.mantra.own_files import OwnFile, own_file, uses_of, uses_of_events, weighed

__all__ = [
    "PARTS",
    "Judged",
    "Models",
    "OwnFile",
    "allowed",
    "check",
    "models_of",
    "own_file",
    "queues_of",
    "unread",
    "uses_of",
    "uses_of_events",
]

Rule = Callable[[Models, Models], Iterator[Judged]]
PARTS: Mapping[str, tuple[Rule, ...]] = {  # by the part of a package that has to be known
    "messages": (fields,),
    "queues": (queues,),
    "exchanges": (exchanges,),
    "gnocchi": (resource_types,),
    "database": (tables,),
}
ORDER = (Severity.BLOCKER, Severity.WARNING, Severity.INFO)


def check(old: Models, new: Models, files: Sequence[OwnFile] = ()) -> tuple[Judged, ...]:
    """Every difference of the models on the way from old to new, errors first.

    `files`: the operator's own, for which what they use counts as used.
    """
    hidden = {*unread(old, new)}
    found = (
        judged
        for part, rules in PARTS.items()
        if part not in hidden
        for rule in rules
        for judged in rule(old, new)
    )
    return tuple(sorted(weighed(found, files), key=lambda one: ORDER.index(one.severity)))


def unread(old: Models, new: Models) -> tuple[str, ...]:
    """The parts that could not be compared, as nothing is known of one of the two."""
    hidden = {*old.unread, *new.unread}
    if old.queues is None or new.queues is None:
        hidden.add("queues")
    return tuple(part for part in PARTS if part in hidden)


def allowed(found: Iterable[Judged], reasons: Mapping[str, str]) -> tuple[Judged, ...]:
    """The same, those let pass that somebody gave a reason for, by their ids."""
    return tuple(replace(one, allowed=reasons.get(one.id, "")) for one in found)
