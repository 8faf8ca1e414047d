"""Rules about logins to keystone: who of the agents needs one with the target, and has it whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ceilift.component import Component
from ceilift.credentials import USUAL, Credentials
from ceilift.finding import Finding
from ceilift.hazards.case import Case, places_of, several, warning
from ceilift.pollster_change import new_sources
from ceilift.pollsters import matched
from ceilift.situation import Place

ASKING = frozenset({"central", "compute"})  # namespaces of which every discovery asks OpenStack
GNOCCHI = "gnocchi"
OWN_SECTION = 10  # from this series on gnocchi:// takes [gnocchi], before that [dispatcher_gnocchi]
POLLING = (
    "a polling agent asks keystone where the services are, and skips what it cannot discover "
    "(ceilometer/polling/manager.py and agent/manager.py, AgentManager.discover; compute agents "
    "ask nova for flavors: compute/discovery.py; read in 9.0.7 and 27.0.0)"
)
PUBLISHING = (
    "who stores in Gnocchi logs in by [gnocchi] from 10.0 on, by [dispatcher_gnocchi] before; both "
    "lead to [service_credentials] unless auth_section says otherwise "
    "(ceilometer/gnocchi_client.py, keystone_client.py)"
)


@dataclass(frozen=True, slots=True)
class _Need:
    """Why an agent needs a login with the target: for what, by which section, and who says so."""

    what: str
    section: str
    why: str


def incomplete(case: Case) -> Iterator[Finding]:
    """A login that the target's agents need is not there, or not whole."""
    found: dict[tuple[str, ...], list[tuple[Place, Credentials, _Need]]] = {}
    series = case.situation.target.series
    for component in (Component.POLLING, Component.NOTIFICATION, Component.COLLECTOR):
        for place in case.starting(component):
            for need in _needs(case, place):
                for login in _logins(place, need.section):
                    if lacking := login.lacking(series, _also(case, place, login)):
                        key = (login.kept_in, need.what, *lacking)
                        found.setdefault(key, []).append((place, login, need))
    for (kept_in, what, *missing), places in found.items():
        yield _told(case, kept_in, what, missing, places)


def _told(
    case: Case,
    kept_in: str,
    what: str,
    lacking: list[str],
    places: list[tuple[Place, Credentials, _Need]],
) -> Finding:
    whole = [login for place, _, _ in places for login in _whole(case, place)]
    before = f"; [{whole[0]}], which was read before, is whole" if whole else ""
    return warning(
        "keystone-credentials",
        f"{case.to} logs in to keystone {what}, and [{kept_in}] lacks {', '.join(lacking)}{before}",
        places_of((login.file, place.host) for place, login, _ in places),
        places[0][2].why,
        f"Set {', '.join(lacking)} in [{kept_in}]; where they come from the unit's environment "
        "(OS_...), nothing is to be done",
    )


def _needs(case: Case, place: Place) -> Iterator[_Need]:
    if place.component is Component.POLLING:
        if polled := _discovered(case, place):
            what = f"for what it discovers and polls ({several(polled)})"
            yield _Need(what, USUAL, POLLING)
    elif _stores_in_gnocchi(case, place):
        old = case.situation.target.series < OWN_SECTION
        yield _Need("to store in Gnocchi", "dispatcher_gnocchi" if old else GNOCCHI, PUBLISHING)


def _discovered(case: Case, place: Place) -> tuple[str, ...]:
    """The target's own pollsters that it would poll on what it discovers, not on a fixed list."""
    if case.package is None:
        return ()
    named = case.package.pollsters()
    names = {one for space in ASKING & {*place.namespaces} for one in named.get(space, ())}
    sources = new_sources(case.situation, place)
    return tuple(sorted(matched(names, [one for one in sources if not one.resources])))


def _stores_in_gnocchi(case: Case, place: Place) -> bool:
    if place.component is Component.COLLECTOR:
        return place.config is not None and GNOCCHI in place.config.dispatchers
    urls = (url for pipe in case.pipes(place) for url in pipe.publishers)
    return any(url.partition("://")[0] == GNOCCHI for url in urls)


def _logins(place: Place, section: str) -> Iterator[Credentials]:
    """The section as it was read; none where nobody looked."""
    given = place.config.credentials if place.config is not None else ()
    yield from (one for one in given if one.section == section)


def _also(case: Case, place: Place, login: Credentials) -> frozenset[str]:
    """The options of that section which other configuration files of the host set, by name."""
    seen = case.situation.seen.get(place.host)
    configs = seen.files.configs if seen is not None else ()
    names = (name for one in configs if one.path != login.file for name in one.options)
    head = f"[{login.kept_in}] "
    return frozenset(name.removeprefix(head) for name in names if name.startswith(head))


def _whole(case: Case, place: Place) -> Iterator[str]:
    """The section that the release before took for Gnocchi, where that one was whole."""
    if place.component is Component.POLLING or case.situation.target.series < OWN_SECTION:
        return
    for one in _logins(place, "dispatcher_gnocchi"):
        if one.auth_type and not one.lacking(0):
            yield one.kept_in
