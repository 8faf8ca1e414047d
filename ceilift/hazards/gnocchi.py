"""Rules about Gnocchi as it is found: whether it answers, is new enough, and keeps up."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import InvalidVersion, Version

from ceilift.component import Component
from ceilift.finding import Finding
from ceilift.hazards.case import Case, blocker, info, labels, places_of, warning
from ceilift.hazards.crossings import UPGRADE_RETRIES
from ceilift.situation import Place
from ceilift.stores import GnocchiState

SCHEME = "gnocchi"
UPGRADE = "ceilometer-upgrade"
WHERE = "inventory: gnocchi"
MANY = 1000  # measures: fewer are processed in seconds, whatever is behind
DEEP = 10  # of one metric: metricd works once a minute, and who keeps up leaves one or two each


def not_looked_at(case: Case) -> Iterator[Finding]:
    """Samples go to Gnocchi, and nothing, or not all, is known of it."""
    seen = case.situation.state.gnocchi
    where = _publishing(case)
    if case.is_empty or not where or (seen is not None and not (seen.reachable and seen.unread)):
        return
    if seen is not None:
        what = f"how many measures wait in Gnocchi was not read: {seen.unread}"
        remedy = (
            "Name an administrator: gnocchi.user (auth_mode basic), or gnocchi.token; and see that "
            "gnocchi-metricd runs"
        )
    else:
        what = "samples go to Gnocchi, and nobody looked at its version and at what waits in it"
        remedy = "Describe it in the inventory: gnocchi.url, and who may read its status"
    why = "a Gnocchi that is too old, or behind, shows only when samples are missed"
    yield info("gnocchi-unknown", what, where, why, remedy)


def unreachable(case: Case) -> Iterator[Finding]:
    """It does not answer: what is published meanwhile is lost, not kept."""
    seen = case.situation.state.gnocchi
    if seen is not None and not seen.reachable and not case.is_empty:
        yield blocker(
            "gnocchi-unreachable",
            f"Gnocchi could not be read: {seen.problem}",
            WHERE,
            "agents that publish there log an error and drop the samples "
            "(ceilometer/publisher/gnocchi.py), and ceilometer-upgrade needs it (T13)",
            "Bring it back, or mend gnocchi.url or `via`; leave gnocchi out of the inventory where "
            "only this machine does not reach it",
        )


def too_old(case: Case) -> Iterator[Finding]:
    """The target's ceilometer-upgrade refuses a Gnocchi of that version."""
    seen = case.situation.state.gnocchi
    needed = case.package.gnocchi.requires if case.package is not None else ""
    if seen is None or not seen.reachable or not needed or case.is_empty:
        return
    if not seen.version or _is_older(seen.version, needed):
        yield blocker(
            "gnocchi-too-old",
            f"Gnocchi is {seen.version or 'of a version that it does not tell'}, and {case.to} "
            f"needs {needed} or later",
            WHERE,
            "ceilometer/gnocchi_client.py of the target, REQUIRED_VERSION: its ceilometer-upgrade "
            "ends with an error, and resource types are missing",
            f"Upgrade Gnocchi to {needed} or later first: drain it, stop it, gnocchi-upgrade",
        )


def backlog(case: Case) -> Iterator[Finding]:
    """Gnocchi is behind: many measures wait for each metric, or nobody processes them."""
    seen = case.situation.state.gnocchi
    if seen is None or seen.measures is None or case.is_empty:
        return
    idle = seen.processors == 0 and seen.measures
    if idle or seen.measures > max(MANY, DEEP * (seen.metrics or 0)):
        yield warning(
            "gnocchi-backlog",
            f"{seen.measures} measures of {seen.metrics} metrics wait in Gnocchi{_moving(seen)}"
            + ("; no metricd is there to process them" if idle else ""),
            WHERE,
            "GET /v1/status. A query is as old as what waits, and what is behind before an upgrade "
            "is further behind after it; no backlog may be left when Gnocchi itself is upgraded",
            "See that gnocchi-metricd runs, with more workers if need be, and wait until it has "
            "caught up: gnocchi status",
        )


def endless_retry(case: Case) -> Iterator[Finding]:
    """T14: somebody's script would wait for ever where Gnocchi does not answer."""
    series, seen = case.situation.target.series, case.situation.state.gnocchi
    if case.situation.inventory.store != SCHEME or series < UPGRADE_RETRIES or case.is_empty:
        return
    hosts = [host for host in case.situation.hosts if host.name in case.situation.seen]
    calls = [
        (call.path, host.name)
        for host in hosts
        for call in case.situation.seen[host.name].files.calls
        if call.program == UPGRADE
    ]
    away = seen is not None and not seen.reachable
    if calls or away:
        now = ", and it does not answer now" if away else ""
        yield warning(
            "T14",
            f"{UPGRADE} of {case.to} tries for ever, without a pause, while Gnocchi does not "
            f"answer{now}",
            places_of(calls) if calls else "inventory: gnocchi",
            "ceilometer/cmd/storage.py: --retry that is not given has no end (10.0 and later)",
            f"See that it is called with --retry and a deadline: timeout 600 {UPGRADE} --retry "
            f"{UPGRADE_RETRIES}",
        )


def _moving(seen: GnocchiState) -> str:
    if seen.later is None or seen.measures is None:
        return ""
    more = seen.later - seen.measures
    words = f"{more} more" if more > 0 else f"{-more} fewer" if more else "as many"
    return f", {words} after {seen.apart_s:g} s"


def _publishing(case: Case) -> str:
    """Where it is said that samples go there; "" where nothing says so."""
    if case.situation.inventory.store == SCHEME:
        return "inventory: store"
    agents = case.situation.places[Component.NOTIFICATION]
    collectors = case.situation.places[Component.COLLECTOR]
    found = [place for place in agents if _has_publisher(case, place)]
    found += [place for place in collectors if place.config and SCHEME in place.config.dispatchers]
    return labels(found)


def _has_publisher(case: Case, place: Place) -> bool:
    urls = (url for pipe in case.pipes(place) for url in pipe.publishers)
    return any(url.partition("://")[0] == SCHEME for url in urls)


def _is_older(version: str, needed: str) -> bool:
    """By its numbers: 4.2.0.dev3 counts as 4.2.0. False for what is no version."""
    try:
        return Version(version).release < Version(needed).release
    except InvalidVersion:
        return False
