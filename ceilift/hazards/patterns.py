"""Rules about polling files: patterns that go silent, and meters that come or go with the target.

On the partial path, pollsters of agents that roll are told by ceilift/hazards/pollsters.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from ceilift.component import Component
from ceilift.finding import Finding
from ceilift.hazards.case import Case, info, labels, places_of, several, warning
from ceilift.package import Package
from ceilift.plan_files import FileKind
from ceilift.polling_patterns import PatternChange, pattern_change, registered
from ceilift.pollster_change import new_sources, old_sources
from ceilift.situation import Place

MANY = 12  # names that can still be read one by one
Names = tuple[str, ...]
Change = tuple[PatternChange, list[Place]]
OWN = "a plug-in or a definition in pollsters.d"


def polled(case: Case) -> Iterator[Finding]:
    """Patterns that go silent (T11), and where agents do not roll, meters that go and come."""
    changes = list(_changes(case))
    yield from _silent(case, changes)
    if not case.rolls(Component.POLLING):
        yield from _gone(case, changes)
        yield from _come(case, changes)


def _silent(case: Case, changes: Iterable[Change]) -> Iterator[Finding]:
    """What a pattern stands for is gone in the target: its meters stop without a word."""
    silent = (
        (tuple(dict.fromkeys(one.pattern for one in change.silent)), places)
        for change, places in changes
    )
    for patterns, places in _together(silent).items():
        yield warning(
            "T11",
            f"{', '.join(patterns)} in the polling file: {case.to} has no such pollster, so these "
            "meters stop, without a word in any log",
            _files(case, places),
            _source(case),
            f"Take them out of the file, unless {OWN} brings them; see what took their "
            f"place: ceilift releases diff {places[0].ran} {case.to}",
        )


def _gone(case: Case, changes: Iterable[Change]) -> Iterator[Finding]:
    """Meters that wildcards take today, and that the target does not poll."""
    for names, places in _together((one.gone, places) for one, places in changes).items():
        yield warning(
            "meters-gone",
            f"{case.to} has no pollster for these meters, which the polling file takes by a "
            f"wildcard: {_listed(names)}",
            labels(places),
            _source(case),
            "See that nobody needs them",
        )


def _come(case: Case, changes: Iterable[Change]) -> Iterator[Finding]:
    """Meters that the target polls as soon as it starts, because the polling file takes them."""
    for names, places in _together((one.come, places) for one, places in changes).items():
        yield info(
            "meters-come",
            f"with the polling file as it is, {case.to} polls what was not polled before: "
            f"{_listed(names)}",
            labels(places),
            _source(case),
            "Name the meters one by one in the polling file, if these are not wanted",
        )


def _together(found: Iterable[tuple[Names, list[Place]]]) -> Mapping[Names, list[Place]]:
    groups: dict[Names, list[Place]] = {}
    for names, places in found:
        if names:
            groups.setdefault(names, []).extend(places)
    return groups


def _changes(case: Case) -> Iterator[Change]:
    """What changes for the agents that are still to be started, those of a kind together."""
    new = case.package
    if new is None:
        return
    known = {package.version: package for package in case.packages_before}
    kinds: dict[object, list[Place]] = {}
    for place in case.starting(Component.POLLING):
        if place.is_old(case.to) and place.ran in known:
            sources = old_sources(place), new_sources(case.situation, place)
            kinds.setdefault((place.ran, frozenset(place.namespaces), sources), []).append(place)
    for places in kinds.values():
        yield _change(case, places[0], known[places[0].ran or ""], new), places


def _change(case: Case, place: Place, old: Package, new: Package) -> PatternChange:
    asked = [_asked(case, package.version, place.namespaces) for package in (old, new)]
    loaded = [names for names in asked if names is not None]
    if len(loaded) != len(asked):
        loaded = [registered(package, place.namespaces) for package in (old, new)]
    sources = old_sources(place), new_sources(case.situation, place)
    return pattern_change(*sources, *loaded)


def _asked(case: Case, release: str, namespaces: Collection[str]) -> Collection[str] | None:
    """What the release itself said that it loads; None where nobody asked, or it did not say."""
    wanted = (release, frozenset(namespaces))
    told = (one for one in case.situation.state.pollsters if not one.fault)
    found = (one.names for one in told if (one.release, frozenset(one.namespaces)) == wanted)
    return next(found, None)


def _files(case: Case, places: list[Place]) -> str:
    given = case.situation.request.file(FileKind.POLLING)
    if given is not None:
        return given.path
    known = ((place.config.polling_file, place.host) for place in places if place.config)
    return places_of((path or "polling.yaml", host) for path, host in known)


def _source(case: Case) -> str:
    ran = several(package.version for package in case.packages_before)
    return f"what {ran} and {case.to} register (or load, where asked), matched as Ceilometer does"


def _listed(names: tuple[str, ...]) -> str:
    return several(names) if len(names) > MANY else ", ".join(names)
