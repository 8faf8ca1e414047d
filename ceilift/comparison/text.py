"""A difference as lines for a terminal, and as plain data for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ceilift.comparison import AREAS, Change, Difference, Kind, counted

SIGNS = {Kind.ADDED: "+", Kind.REMOVED: "-", Kind.CHANGED: "~", Kind.RENAMED: ">"}
NOTHING = "No difference is known."


def to_data(difference: Difference) -> dict[str, Any]:
    """Plain data for JSON: every change with its area, kind, before, after and note."""
    return asdict(difference)


def lines(difference: Difference) -> Iterator[str]:
    """The difference for people: one heading for each area that has one, one line for a change."""
    yield f"Ceilometer {difference.old} to {difference.new}"
    if difference.unread:
        yield unread(difference)
    if not difference.changes:
        yield NOTHING
    for area, told in AREAS.items():
        found = difference.of(area)
        if found:
            yield ""
            yield f"{told.heading} ({counted(found)})"
            yield from (f"  {SIGNS[change.kind]} {sentence(change)}" for change in found)


def unread(difference: Difference) -> str:
    """What could not be compared, and why."""
    names = ", ".join(AREAS[area].heading for area in difference.unread)
    return f"Not compared, as not both releases were ever on the package index: {names}."


def sentence(change: Change) -> str:
    """One change in one line."""
    if change.kind is Kind.RENAMED:
        text = f"{change.before} is now {change.after}"
    elif change.kind is Kind.CHANGED:
        text = f"{change.name}: {change.before or 'nothing'} -> {change.after or 'nothing'}"
    else:
        words = change.before or change.after
        text = f"{change.name}: {words}" if words else change.name
    return f"{text} ({change.note})" if change.note else text
