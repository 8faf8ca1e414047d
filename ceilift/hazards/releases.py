"""Rules about releases: what runs, whether it is known, and what the target no longer has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ceilift.component import SERVICES, Component
from ceilift.finding import Finding
from ceilift.hazards.case import Case, blocker, info, labels, several, warning
from ceilift.hops import hops
from ceilift.release import is_older
from ceilift.situation import AGENT
from ceilift.state import Instance

UNKNOWN: Final = "unknown"


def already_at_target(case: Case) -> Iterator[Finding]:
    """Nothing is left to do."""
    if case.is_empty:
        yield info(
            "already-at-target",
            f"everything runs {case.to} as the inventory wants it: there is nothing to do",
            case.plan.cloud,
            "every agent was seen running it, and allowed to restart",
        )


def mixed_releases(case: Case) -> Iterator[Finding]:
    """Agents of one kind ran different releases before the upgrade began."""
    for component in SERVICES:
        ran = [one for one in case.situation.running_before if one.component is component]
        releases = sorted({one.release or "" for one in ran})
        if len(releases) > 1 and not case.is_empty:
            shown = "; ".join(f"{name} on {_hosts_of(ran, name)}" for name in releases)
            yield warning(
                "mixed-releases",
                f"agents of different releases ran at once ({AGENT[component]}: {shown})",
                component.value,
                "an earlier upgrade was not finished; the full path stops them all",
                "Read the earlier run's report before you go on",
            )


def unknown_release(case: Case) -> Iterator[Finding]:
    """A running process whose release cannot be told, or of which the catalogue knows nothing."""
    running = [one for one in (*case.situation.running_before, *case.situation.now) if one.running]
    known = case.situation.catalogue.releases
    for one in _each_once(running):
        agent = f"the {AGENT[one.component]} on {one.host}"
        if one.release == UNKNOWN:
            yield blocker(
                "unknown-release",
                f"{agent} runs a release that cannot be told",
                one.host,
                "its files were replaced under it, or its environment cannot be read",
                "Find out what runs there, then --accept unknown-release --reason TEXT",
                acceptable=True,
            )
        elif one.release not in known:
            yield blocker(
                "release-not-listed",
                f"{agent} runs {one.release}, which is not in the catalogue",
                one.host,
                f"facts are known for {', '.join(sorted(known))} only",
                "Upgrade it by hand to a listed release, or add its facts to the catalogue",
            )


def collector_removed(case: Case) -> Iterator[Finding]:
    """T6: a collector is in use, and the target has none."""
    places = [p for p in case.situation.places[Component.COLLECTOR] if p.ran]
    if places and not case.situation.target.has(Component.COLLECTOR):
        yield blocker(
            "T6",
            f"{case.to} has no collector: nothing would consume metering.sample and event.sample",
            labels(places),
            "the collector was removed in 10.0 (commit fad69e960)",
            "Publish to a store directly (pipeline.yaml), keep a collector until both queues are "
            "empty, then remove the collector roles",
        )


def storage_removed(case: Case) -> Iterator[Finding]:
    """T8: data is kept by Ceilometer, and the target cannot read it."""
    apis = [p for p in case.situation.places[Component.API] if p.ran]
    database = case.situation.inventory.database
    if case.situation.target.dbsync.sql.value or not (apis or database):
        return
    yield blocker(
        "T8",
        f"{case.to} has neither API nor storage: what is stored now could not be read any more",
        labels(apis) or "inventory: database",
        "API (commit d881dd522) and storage drivers (9323f07f9) were removed in 10.0",
        "Move the data to Gnocchi, or keep an old API for reading, outside this inventory",
    )


def releases_skipped(case: Case) -> Iterator[Finding]:
    """The target is further than one upgrade from what ran."""
    known = case.situation.catalogue.releases
    ran = next((name for name in case.plan.releases if name in known), None)
    if ran is None or case.is_empty or case.situation.target.series <= known[ran].series:
        return
    chain = hops(case.situation.catalogue, ran, case.to)
    if len(chain) > 1:
        yield warning(
            "releases-skipped",
            f"from {ran} to {case.to} OpenStack makes {len(chain)} upgrades, by way of "
            f"{', '.join(chain[:-1])}; this plan makes one",
            case.plan.cloud,
            "OpenStack tests upgrades from one release to the next, from 2023.1 on also from one "
            "SLURP release to the next. The target's own migration holds those of the releases "
            "between; an option that was renamed and then removed there is not carried over",
            f"Plan the first of them: --to {chain[0]}; or go at once, when every finding of this "
            f"plan is dealt with (ceilift releases diff {ran} {case.to})",
        )


def dbsync_renamed(case: Case) -> Iterator[Finding]:
    """T7: ceilometer-dbsync is gone from 8.0 on."""
    old = [name for name in case.plan.releases if name != UNKNOWN and is_older(name, "8.0")]
    if old and not is_older(case.to, "8.0"):
        yield warning(
            "T7",
            f"{several(old)} had ceilometer-dbsync, {case.to} has ceilometer-upgrade only",
            case.plan.cloud,
            "removed in 8.0 by commit 779673534",
            "Change scripts and units of your own that call ceilometer-dbsync",
        )


def role_not_in_release(case: Case) -> Iterator[Finding]:
    """The inventory wants a component that the target does not ship."""
    for component in SERVICES:
        hosts = [host.name for host, _ in case.situation.inventory.with_role(component)]
        if hosts and not case.situation.target.has(component):
            yield warning(
                "role-not-in-release",
                f"{case.to} ships no {AGENT[component]}: those roles start nothing",
                several(hosts),
                case.situation.target.scripts.source,
                f"Remove the {component.value} roles from the inventory",
            )


def _each_once(instances: list[Instance]) -> list[Instance]:
    return list({(one.key, one.release): one for one in instances}.values())


def _hosts_of(instances: list[Instance], release: str) -> str:
    return several(one.host for one in instances if one.release == release)
