"""What each upgrade on the way to a release further off would meet, on this cloud as it is now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from ceilift.finding import Finding
from ceilift.hops import hops, is_slurp
from ceilift.inventory import Inventory
from ceilift.plan import Plan, Request
from ceilift.planner import make_plan
from ceilift.release import Catalogue, Release
from ceilift.state import CloudState, HostState

# Known of a release only when it is installed, or when that upgrade is due.
NOT_YET = frozenset(
    {
        "activity",
        "busy",
        "pipeline-not-tried",
        "pollsters-not-compared",
        "pollsters-unknown",
        "releases-skipped",
    }
)
# Each names what goes or changes at that very boundary: the one before has told of something else,
# though it be in the same place.
OF_ONE_BOUNDARY = frozenset(
    {
        "T11",
        "data-file-customised",
        "data-file-outdated",
        "default-changed",
        "meters-come",
        "meters-gone",
        "option-removed",
        "publisher-removed",
        "script-removed",
    }
)


@dataclass(frozen=True, slots=True)
class Hop:
    """One upgrade of several: from `old` to `new`, of the series called `name`.

    `findings` are those of its plan, were that release installed and the release before it at work
    with today's configuration; without those that the hop before has told, of the same place, and
    those that are known later only.
    """

    old: str
    new: str
    name: str
    slurp: bool
    findings: tuple[Finding, ...]


def way_by_hops(
    plan: Plan, inventory: Inventory, state: CloudState, catalogue: Catalogue
) -> tuple[Hop, ...]:
    """The upgrades that OpenStack makes of the one planned; none where that is one of them."""
    ran = next((name for name in plan.releases if name in catalogue.releases), None)
    if ran is None or not (plan.steps or plan.gates):
        return ()
    if catalogue.get(plan.to).series <= catalogue.get(ran).series:
        return ()
    chain = hops(catalogue, ran, plan.to)
    found, before = list[Hop](), frozenset[tuple[str, str]]()
    for old, new in pairwise((ran, *chain) if len(chain) > 1 else ()):
        asked = Request(to=new, path=plan.path)
        findings = make_plan(inventory, _at(state, old, new), catalogue, asked).findings
        found.append(_hop(old, catalogue.get(new), findings, before))
        before = frozenset((one.id, one.where) for one in findings)
    return tuple(found)


def _hop(
    old: str, new: Release, findings: tuple[Finding, ...], before: frozenset[tuple[str, str]]
) -> Hop:
    fresh = (
        one for one in findings if one.id in OF_ONE_BOUNDARY or (one.id, one.where) not in before
    )
    told = tuple(one for one in fresh if one.id not in NOT_YET)
    return Hop(old, new.version, new.name, is_slurp(new.name), told)


def _at(state: CloudState, old: str, new: str) -> CloudState:
    """The cloud with every agent at one release, and the next one installed beside."""
    hosts = tuple(_host_at(host, old, new) for host in state.hosts)
    return replace(state, hosts=hosts, baseline=(), evidence=(), turns=(), pollsters=(), loads=())


def _host_at(host: HostState, old: str, new: str) -> HostState:
    instances = tuple(
        replace(one, release=old if one.release else None, defined_release=old)
        for one in host.instances
    )
    return replace(host, installed=(old, new), instances=instances)
