"""Rules about data models on the bus and in the stores: the mantra, held against this upgrade."""

from __future__ import annotations

from collections.abc import Iterator

from ceilift.component import Component
from ceilift.finding import Finding
from ceilift.hazards.case import Case, blocker, warning
from ceilift.mantra import Judged, Models, check, models_of, queues_of
from ceilift.package import Package

DEMANDED = ".demanded"  # of samples: trap T1 tells it, and the path keeps to it
USERS = {  # who reads or writes it while old and new agents are there
    "sample": (Component.NOTIFICATION, Component.POLLING),
    "event": (Component.NOTIFICATION,),
    "gnocchi": (Component.NOTIFICATION,),
}  # queues are told by T4 to T6; tables are judged where the migration is rehearsed
WHY = "always add, never delete or modify: the data models of both packages, as they were published"


def mantra(case: Case) -> Iterator[Finding]:
    """What an old instance that goes on, or a message that waits, meets of changed data models."""
    if case.package is None or case.is_empty:
        return
    new = _models(case, case.package)
    for old in case.packages_before:
        for one in check(_models(case, old), new):
            if one.breaks and _is_used(case, one) and not _is_t1(one):
                yield _broken(case, one, old.version)
            elif one.word != "info" and _concerns(case, one) and not _is_t1(one):
                yield _changed(case, one, old.version)


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
    """Whether this cloud has the store, or the agents, that it is about."""
    if one.id.startswith("gnocchi."):
        return case.situation.inventory.store == "gnocchi"
    return any(case.situation.places[component] for component in _kind(one))


def _is_used(case: Case, one: Judged) -> bool:
    """Whether old and new of those who use it run side by side."""
    return _concerns(case, one) and any(case.rolls(component) for component in _kind(one))
