"""Rules about data models on the bus and in the stores: the mantra, held against this upgrade."""

from __future__ import annotations

from collections.abc import Iterator

from ceilift.component import Component
from ceilift.finding import Finding
from ceilift.hazards.case import Case, blocker, places_of, several, warning
from ceilift.hazards.standing import used
from ceilift.mantra import Judged, Models, OwnFile, check, models_of, queues_of
from ceilift.package import Package

DEMANDED = ".demanded"  # of samples: trap T1 tells it, and the path keeps to it
USERS = {  # who reads or writes it while old and new agents are there
    "sample": (Component.NOTIFICATION, Component.POLLING),
    "event": (Component.NOTIFICATION,),
    "exchange": (Component.POLLING, Component.NOTIFICATION),
    "gnocchi": (Component.NOTIFICATION,),
}  # queues are told by T4 to T6; tables are judged where the migration is rehearsed
LISTENING = ("[notification] notification_control_exchanges", "[DEFAULT] http_control_exchanges")
WHY = "always add, never delete or modify: the data models of both packages, as they were published"


def mantra(case: Case) -> Iterator[Finding]:
    """What old instances, messages that wait, and the operator's files meet of changed models."""
    if case.package is None or case.is_empty:
        return
    new, own = _models(case, case.package), used(case) if case.packages_before else {}
    for old in case.packages_before:
        for one in check(_models(case, old), new):
            files = [file for file in own if file.needs(one)]
            if one.word == "info" or _is_t1(one) or not _concerns(case, one):
                continue
            if files:
                places = [place for file in files for place in own[file]]
                yield _needed(case, one, old.version, files, places_of(places))
            elif one.breaks and _is_used(case, one):
                yield _broken(case, one, old.version)
            elif not _is_default(one):
                yield _changed(case, one, old.version)


def _needed(case: Case, one: Judged, old: str, files: list[OwnFile], where: str) -> Finding:
    how = "left out by" if one.how == "demanded" else "used by"
    names = several(sorted({file.name for file in files}))
    listen = f"let agents listen there ({LISTENING[0]}), " if _is_default(one) else ""
    return blocker(
        "mantra",
        f"{one.what}; {how} your own {names}",
        where,
        WHY,
        f"Change the file, {listen}or, where it does not matter: --accept mantra --reason TEXT "
        f"(ceilift check mantra {old} {case.to} --file FILE)",
        acceptable=True,
    )


def _broken(case: Case, one: Judged, old: str) -> Finding:
    return blocker(
        "mantra",
        f"{one.what}; {one.who}",
        one.id,
        WHY,
        f"Stop all of them at once (--stop-all {_kind(one)[-1].value}); or, where nobody uses it: "
        f"--accept mantra --reason TEXT (ceilift check mantra {old} {case.to})",
        acceptable=True,
    )


def _changed(case: Case, one: Judged, old: str) -> Finding:
    remedy = f"Look whether somebody relies on it (ceilift check mantra {old} {case.to})"
    return warning("mantra", f"{one.what}; {one.who}", one.id, WHY, remedy)


def _models(case: Case, package: Package) -> Models:
    known = case.situation.catalogue.releases.get(package.version)
    return models_of(package, None if known is None else queues_of(known))


def _kind(one: Judged) -> tuple[Component, ...]:
    return USERS.get(one.id.partition(".")[0], ())


def _is_t1(one: Judged) -> bool:
    return one.id.startswith("sample.") and one.id.endswith(DEMANDED)


def _concerns(case: Case, one: Judged) -> bool:
    """Whether this cloud has the store, or the agents, that it is about.

    Where agents listen is the operator's business where the configuration says it.
    """
    if one.id.startswith("exchange.") and case.set_in(*LISTENING):
        return False
    if one.id.startswith("gnocchi."):
        return case.situation.inventory.store == "gnocchi"
    return any(case.situation.places[component] for component in _kind(one))


def _is_default(one: Judged) -> bool:
    """Whether it is a default of an option that goes: told as such (`default-changed`)."""
    return one.id.startswith("exchange.") and one.how == "gone"


def _is_used(case: Case, one: Judged) -> bool:
    """Whether old and new of those who use it run side by side."""
    return _concerns(case, one) and any(case.rolls(component) for component in _kind(one))
