"""Every upgrade there is, planned by both paths: what the plans say of messages is what is true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from time import monotonic

from ceilift.component import Component
from ceilift.hops import is_slurp
from ceilift.inventory import Inventory
from ceilift.mantra import check, models_of
from ceilift.packages import load_package
from ceilift.plan import Plan
from ceilift.planner import make_plan
from ceilift.release import Catalogue, Release
from lab.accept.checks import Checks
from tests.clouds import all_at, inventory, request

Pair = tuple[str, str]
PATHS = ("full", "partial")
DEMANDED = {  # what a plan may refuse, as the operator has to act first
    "T6": "collectors are gone",
    "T8": "the storage is gone",
}
KNOWN_BREAK = "T1"
SHOWN = 6


@dataclass(frozen=True, slots=True)
class Planned:
    """One pair of releases, its plan by each path, and whether the mantra's check is content."""

    pair: Pair
    plans: tuple[Plan, ...]
    breaks: tuple[str, ...]

    @property
    def refused(self) -> tuple[str, ...]:
        """The findings that stop a plan, but for what an operator has to do first.

        The mantra's are told apart: they may stop it where they are true.
        """
        found = {one.id for plan in self.plans for one in plan.blockers}
        return tuple(sorted(found - {*DEMANDED, "mantra"}))

    @property
    def warns(self) -> bool:
        """Whether its plans tell of messages that the new release does not read."""
        return any(one.id == KNOWN_BREAK for plan in self.plans for one in plan.findings)


def neighbours(catalogue: Catalogue) -> tuple[Pair, ...]:
    """From the last release of each series to the next series, and from each SLURP to the next."""
    last = {int(version.partition(".")[0]): version for version in catalogue.releases}
    following = [(last[one], last[one + 1]) for one in last if one + 1 in last]
    slurps = [version for version in last.values() if is_slurp(catalogue.get(version).name)]
    return (*following, *pairwise(slurps))


def points(catalogue: Catalogue) -> tuple[Pair, ...]:
    """From each point release to the next one of its series."""
    return tuple(
        (old, new)
        for old, new in pairwise(catalogue.releases)
        if old.partition(".")[0] == new.partition(".")[0]
    )


def cloud_for(old: Release, new: Release) -> Inventory:
    """Two controllers and a polling host with all that both releases ship."""
    both = [one for one in (Component.COLLECTOR, Component.API) if old.has(one) and new.has(one)]
    control = ["notification", "polling-central", *(one.value for one in both)]
    roles = {"ctl1": control, "ctl2": control, "pol1": ["polling-central"]}
    has_database = old.dbsync.sql.value and new.dbsync.sql.value
    sections = {} if has_database else {"database": None, "store": "gnocchi", "wsgi": None}
    return inventory(roles, **sections)


def planned(catalogue: Catalogue, pair: Pair) -> Planned:
    """Both plans of a pair, and the ids of the mantra's errors."""
    old, new = pair
    cloud = cloud_for(catalogue.get(old), catalogue.get(new))
    state = all_at(cloud, old, installed=pair)
    plans = [make_plan(cloud, state, catalogue, request(new, path=path)) for path in PATHS]
    return Planned(pair, tuple(plans), tuple(_breaks(old, new)))


def _breaks(old: str, new: str) -> Iterator[str]:
    packages = load_package(old), load_package(new)
    if packages[0] is not None and packages[1] is not None:
        found = check(models_of(packages[0]), models_of(packages[1]))
        yield from (one.id for one in found if one.breaks)


def demand_pairs(
    checks: Checks, catalogue: Catalogue, broken: frozenset[Pair], reading: Sequence[str]
) -> None:
    """Every pair is planned, none refused without reason, and no alarm about messages is false.

    `broken`: the pairs of the releases `reading` of which the second really does not read what the
    first sends.
    """
    begun = monotonic()
    pairs = {*neighbours(catalogue), *points(catalogue), *combinations(reading, 2)}
    found = [planned(catalogue, pair) for pair in sorted(pairs)]
    figure = f"{len(found)}, by {' and '.join(PATHS)} path, {monotonic() - begun:.1f} s, offline"
    checks.demand("pairs planned", bool(found), figure)
    _none(checks, "pairs refused", (_told(one, one.refused) for one in found if one.refused))
    read = [one for one in found if {*one.pair} <= {*reading}]
    warned, truly = ({one.pair for one in read if one.warns}, broken & {one.pair for one in read})
    checks.demand("pairs broken", bool(truly), f"{len(truly)} of {len(read)} really read")
    _none(checks, "pairs broken, not told", map(_named, truly - warned))
    _none(checks, "pairs told, not broken", map(_named, warned - truly))
    alarms = (one for one in read if one.breaks and not _is_real(one.pair, broken))
    _none(checks, "false alarms of the mantra", (_told(one, one.breaks) for one in alarms))


def _none(checks: Checks, name: str, words: Iterable[str]) -> None:
    found = sorted(words)
    checks.demand(name, not found, "; ".join([str(len(found)), *found[:SHOWN]]))


def _named(pair: Pair) -> str:
    return " to ".join(pair)


def _told(one: Planned, what: Sequence[str]) -> str:
    return f"{_named(one.pair)}: {', '.join(what)}"


def _is_real(pair: Pair, broken: frozenset[Pair]) -> bool:
    """Either side may fail on what the other sends while both run."""
    return pair in broken or pair[::-1] in broken
