"""What a release brings and takes away of what polling agents poll, by groups and namespaces.

Resources are spread over the members of a group, pollsters are not: what an old member lacks would
be missing on its share while a new one polls it on its own (rolling procedure, step 4).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from ceilift.account import Changed
from ceilift.component import Component
from ceilift.plan_files import FileKind
from ceilift.pollsters import (
    PollingSource,
    PollstersSeen,
    PollstersWanted,
    compare,
    is_supported,
    matched,
    stored_meter,
)
from ceilift.situation import Place, Situation


@dataclass(frozen=True, slots=True)
class PollsterChange:
    """What agents of the same namespaces poll before and after: `new`, `removed`, and both.

    `unknown` says in words why it cannot be told (then nothing else is); `looked` is false where
    nobody asked the releases.
    """

    new: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    unknown: str = ""
    looked: bool = True


def pollsters_wanted(situation: Situation) -> tuple[PollstersWanted, ...]:
    """Which installed releases to ask, each once for its namespaces, on one host that has it.

    For a rolling upgrade, and wherever the operator gives another polling file.
    """
    if not (_rolls_polling(situation) or situation.request.file(FileKind.POLLING)):
        return ()
    found: dict[tuple[str, tuple[str, ...]], PollstersWanted] = {}
    places = situation.wanted(Component.POLLING)
    for place in places:
        if place.ran and place.is_old(situation.target.version):
            _add(found, situation, place, place.ran)
    for place in reversed(places):  # another host than for the old one: they answer side by side
        if found:
            _add(found, situation, place, situation.target.version)
    return tuple(found.values())


def group_change(situation: Situation, members: Sequence[Place]) -> PollsterChange:
    """What changes for the agents of these places, which have the same namespaces."""
    old = [place for place in members if place.is_old(situation.target.version)]
    if not situation.state.pollsters:
        return PollsterChange(looked=False)
    target = situation.target.version
    asked = [_seen(situation, place, place.ran or "") for place in old]
    asked += [_seen(situation, place, target) for place in old[:1]]
    if faults := [fault for fault in (_fault(one) for one in asked) if fault]:
        return PollsterChange(unknown=faults[0])
    before = [
        matched(seen.names, old_sources(place))
        for place, seen in zip(old, asked, strict=False)
        if seen is not None
    ]
    loaded = asked[-1].names if asked and asked[-1] is not None else ()
    after = matched(loaded, new_sources(situation, old[0])) if old else frozenset()
    found = compare(frozenset(chain.from_iterable(before)), after)
    return PollsterChange(found.new, found.removed, found.kept)


def new_sources(situation: Situation, place: Place) -> tuple[PollingSource, ...]:
    """The polling sources an agent has in the end: those of the given file, else its own."""
    given = situation.state.new_files.polling
    return old_sources(place) if given is None else given.sources


def old_sources(place: Place) -> tuple[PollingSource, ...]:
    """Its polling sources before the upgrade: while that goes on, it may have a file of ours."""
    before = place.before
    return () if before is None else before.config.polling_sources


def by_namespaces(situation: Situation) -> Iterator[tuple[Place, ...]]:
    """The polling agents that are upgraded, those of the same namespaces together."""
    found: dict[frozenset[str], tuple[Place, ...]] = {}
    for place in situation.wanted(Component.POLLING):
        if place.is_old(situation.target.version):
            name = frozenset(place.namespaces)
            found[name] = (*found.get(name, ()), place)
    yield from found.values()


def meters_changed(situation: Situation) -> Changed:
    """The meters that come with their intervals, and those that go, over all polling agents."""
    new: dict[str, float] = {}
    removed: set[str] = set()
    for members in by_namespaces(situation):
        change = group_change(situation, members)
        removed |= {stored_meter(name) for name in change.removed}
        for name in change.new:
            taken = (s for s in new_sources(situation, members[0]) if is_supported(s.meters, name))
            new[stored_meter(name)] = min(source.interval_s for source in taken)
    return Changed(new, frozenset(removed - set(new)))


def _rolls_polling(situation: Situation) -> bool:
    request, polling = situation.request, Component.POLLING.value
    return (
        request.path == "partial"
        and polling not in request.stop_all
        and (not request.only or polling in request.only)
    )


def _add(
    found: dict[tuple[str, tuple[str, ...]], PollstersWanted],
    situation: Situation,
    place: Place,
    release: str,
) -> None:
    host = situation.seen.get(place.host)
    namespaces = tuple(sorted(place.namespaces))
    if host is not None and host.reachable and release in host.installed:
        found.setdefault((release, namespaces), PollstersWanted(place.host, release, namespaces))


def _seen(situation: Situation, place: Place, release: str) -> PollstersSeen | None:
    wanted = (release, frozenset(place.namespaces))
    told = situation.state.pollsters
    return next((one for one in told if (one.release, frozenset(one.namespaces)) == wanted), None)


def _fault(seen: PollstersSeen | None) -> str:
    if seen is None:
        return "a release that runs was not asked"
    return f"{seen.release} on {seen.host}: {seen.fault}" if seen.fault else ""
