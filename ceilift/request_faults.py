"""What is wrong with a request before anything is planned: every fault at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ceilift.component import AGENTS, SERVICES, Component
from ceilift.errors import BadInputError, Fault
from ceilift.hazards import ACCEPTABLE
from ceilift.hazards.case import several
from ceilift.plan import PATHS
from ceilift.policy import POLICY_FORM
from ceilift.release import is_older
from ceilift.situation import AGENT, Place, Situation

FILE = "command line"
KNOWN = (Component.DATABASE, *SERVICES)
API_AFTER = ("database", "collector", "notification", "polling")


def refuse_faults(situation: Situation) -> None:
    """Raise BadInputError with every fault of the request."""
    checks = (_path, _order, _rolling, _hosts_aside, _first, _accept, _downgrade)
    faults = [fault for check in checks for fault in check(situation)]
    if faults:
        raise BadInputError(faults)


def _path(situation: Situation) -> Iterator[Fault]:
    path = situation.request.path
    if path not in PATHS:
        yield _fault("--path", f"there is no path {path!r}", f"Use one of: {', '.join(PATHS)}")


def _order(situation: Situation) -> Iterator[Fault]:
    request = situation.request
    if request.api_after not in API_AFTER:
        remedy = f"Use one of: {', '.join(API_AFTER)}"
        yield _fault("--api-after", f"there is no stage {request.api_after!r}", remedy)
    if request.start_old not in {None, *AGENTS}:
        remedy = f"Use one of: {', '.join(AGENTS)}"
        what = f"{request.start_old!r} is no stage that can be started again"
        yield _fault("--start-old", what, remedy)
    if request.batch_size < 1:
        yield _fault("--batch-size", f"{request.batch_size} is no size", "Give 1 or more")


def _rolling(situation: Situation) -> Iterator[Fault]:
    """What only the partial path knows: its order, its selection, its policies."""
    request = situation.request
    yield from _names("--order", request.order, KNOWN)
    yield from _names("--only", request.only, KNOWN)
    yield from _names("--stop-all", request.stop_all, AGENTS)
    if "database" in request.order[1:]:
        remedy = "Put database first, or leave it out: it always is"
        yield _fault("--order", "database-first: the database comes before all else", remedy)
    for policy in request.policies:
        agents = len(situation.wanted(policy.component)) if policy.component in AGENTS else 0
        for what in policy.faults(agents):
            yield _fault("--policy", f"{policy.component.value}: {what}", POLICY_FORM)
    rolling = (*request.order, *request.only, *request.stop_all, *request.policies)
    if request.path == "partial" and (request.first or request.api_after != "polling"):
        what = "the first polling host and the API's place belong to the full path"
        yield _fault("--path", what, "Leave --first and --api-after out, or use --order")
    if rolling and request.path == "full":
        what = "order, selection, policies and stop-all belong to the partial path"
        yield _fault("--path", what, "Add --path partial, or leave them out")


def _names(field: str, names: Sequence[str], known: Sequence[Component]) -> Iterator[Fault]:
    for name in names:
        if name not in known:
            yield _fault(field, f"there is no {name!r}", f"Use: {', '.join(known)}")
    if len(set(names)) < len(names):
        yield _fault(field, "a component is named twice", "Name each once")


def _hosts_aside(situation: Situation) -> Iterator[Fault]:
    names = [host.name for host in situation.inventory.hosts]
    for one in situation.request.without:
        if one.id not in names:
            remedy = f"Use one of: {several(names)}"
            yield _fault("--without", f"{one.id!r} is no host of the inventory", remedy)
        yield from _reason("--without", one.id, one.reason)
    yield from _needed_hosts(situation)


def _needed_hosts(situation: Situation) -> Iterator[Fault]:
    database = situation.inventory.database
    if database is None:
        return
    for field, host in (
        ("dbsync_host", database.dbsync_host),
        ("backup.host", database.backup.host),
    ):
        if host in situation.aside:
            remedy = f"Name another host as database.{field}, or bring {host} back"
            yield _fault("--without", f"{host!r} is the inventory's database.{field}", remedy)


def _first(situation: Situation) -> Iterator[Fault]:
    first = situation.request.first
    polling = [place.host for place in situation.wanted(Component.POLLING)]
    if first is not None and first not in polling:
        what = f"{first!r} has no polling role, or is set aside"
        yield _fault("--first", what, f"Use one of: {several(polling)}")


def _accept(situation: Situation) -> Iterator[Fault]:
    for one in situation.request.accept:
        if one.id not in ACCEPTABLE:
            what = f"{one.id!r} is no finding that can be accepted"
            yield _fault("--accept", what, f"These can: {', '.join(sorted(ACCEPTABLE))}")
        yield from _reason("--accept", one.id, one.reason)


def _reason(field: str, name: str, reason: str) -> Iterator[Fault]:
    if not reason.strip():
        yield _fault(field, f"no reason is given for {name!r}", "Add --reason TEXT")


def _downgrade(situation: Situation) -> Iterator[Fault]:
    """One fault for each release of a component that is newer than the target."""
    if situation.request.rollback:
        return
    newer: dict[tuple[Component, str], list[str]] = {}
    for component in SERVICES:
        for place in situation.places[component]:
            for release in _releases(place):
                if is_older(situation.target.version, release):
                    newer.setdefault((component, release), []).append(place.label)
    for (component, release), places in newer.items():
        what = f"{situation.target.version} is older than {release}, the release of the "
        what += f"{AGENT[component]} on {several(places)}"
        yield _fault("--to", what, "Name a newer release: an upgrade never goes back")


def _releases(place: Place) -> set[str]:
    """What ran or runs there, or would be started where the inventory wants an agent."""
    seen = [one for one in (place.before, place.now) if one is not None]
    found = {one.release for one in seen if one.release != "unknown"}
    if place.wanted:
        found |= {one.defined_release for one in seen if not one.running}
    return {release for release in found if release is not None}


def _fault(field: str, what: str, remedy: str) -> Fault:
    return Fault(FILE, field, what, remedy)
