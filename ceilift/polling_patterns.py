"""Patterns of polling files that stand for nothing in another release, and meters that come and go.

What each release loads is asked of it where that was done; else it is what its package registers,
which plug-ins and definitions of the operator's own may add to.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ceilift.package import Package
from ceilift.pollsters import PollingSource, Unmatched, matched, unmatched

SNMP = "central"  # where the builder hardware.snmp makes a pollster of each SNMP meter


@dataclass(frozen=True, slots=True)
class PatternChange:
    """What becomes of polling sources: patterns that go silent, meters that go and that come.

    `gone` are those that no pattern of `silent` stood for.
    """

    silent: tuple[Unmatched, ...]
    gone: tuple[str, ...]
    come: tuple[str, ...]


def registered(package: Package, namespaces: Collection[str]) -> frozenset[str]:
    """The pollsters that a package brings for an agent of these namespaces."""
    named = package.pollsters()
    found = {name for namespace in namespaces for name in named.get(namespace, ())}
    made = package.definitions.get("snmp_meters", ()) if SNMP in namespaces else ()
    return frozenset(found.union(made))


def pattern_change(
    sources: Collection[PollingSource],
    new_sources: Collection[PollingSource],
    old: Collection[str],
    new: Collection[str],
) -> PatternChange:
    """The change from agents that load `old`, with `sources`, to such that load `new`.

    A pattern that stands for nothing of `old` either is not told: it loses nothing.
    """
    idle = set(unmatched(new_sources, old))
    silent = tuple(one for one in unmatched(new_sources, new) if one not in idle)
    before, after = matched(old, sources), matched(new, new_sources)
    told = {name for name in before for one in silent if fnmatchcase(name, one.pattern)}
    return PatternChange(
        silent, tuple(sorted(before - after - told)), tuple(sorted(after - before))
    )
