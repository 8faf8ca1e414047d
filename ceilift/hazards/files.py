"""Rules about the operator's own files: publishers, data files that stand in for packaged ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ceilift.component import Component
from ceilift.finding import Finding
from ceilift.hazards.case import FEW, Case, blocker, info, labels, places_of, several, warning
from ceilift.hazards.standing import STANDING, Standing, elsewhere, standing
from ceilift.package import Package
from ceilift.pipeline import Pipe
from ceilift.situation import Place

PUBLISHERS = {"sample": "ceilometer.sample.publisher", "event": "ceilometer.event.publisher"}
PROGRAMS = ("console_scripts", "wsgi_scripts")
WHY = "the entry points that the packages of {old} and {to} register"
NOTHING = "nothing took its place"
INSTEAD = {  # what does the work of a program that is gone
    "ceilometer-dbsync": "ceilometer-upgrade took its place",
    "ceilometer-expirer": "samples expire in the store that is published to",
}


def publishers_removed(case: Case) -> Iterator[Finding]:
    """Publishers in pipelines that the old release has and the target has not."""
    lost: dict[tuple[str, ...], list[tuple[Place, Pipe]]] = {}
    for place, pipe, gone in _publishing(case):
        lost.setdefault(gone, []).append((place, pipe))
    for gone, found in lost.items():
        pipes = several(sorted({pipe.name for _, pipe in found}))
        names = ", ".join(f"{scheme}://" for scheme in gone)
        where = labels(list(dict.fromkeys(place for place, _ in found)))
        why = WHY.format(old=found[0][0].ran, to=case.to)
        remedy = "Publish to another one: put it into the file, or give it with --new-pipeline"
        if all(len(set(gone)) < len(_schemes(pipe)) for _, pipe in found):
            what = (
                f"{case.to} has no publisher {names} (pipes {pipes}): nothing goes there any more"
            )
            yield warning("publisher-removed", what, where, why, remedy)
        else:
            yield blocker(
                "publisher-removed",
                f"{case.to} has no publisher {names}: what goes through {pipes} would be lost",
                where,
                why,
                f"{remedy}; where a plug-in brings it: --accept publisher-removed --reason TEXT",
                acceptable=True,
            )


def data_files(case: Case) -> Iterator[Finding]:
    """Files that stand in for packaged ones, where the package's own differs in the target."""
    if case.package is None or case.is_empty or not case.packages_before:
        return
    old, new = case.packages_before[-1], case.package
    for (name, digest), places in sorted(standing(case).items()):
        was, comes = _packaged(old, name), _packaged(new, name)
        if not (was and comes) or comes in {was, digest}:
            continue
        change = _change(old, new, STANDING[name])
        if digest == was:
            yield _unchanged(case, name, places, change)
        else:
            yield _customised(case, name, places, change)


def scripts_removed(case: Case) -> Iterator[Finding]:
    """Units and cron files that call a program which the target does not have."""
    if case.package is None or case.is_empty:
        return
    agents = set(_agents(case))
    had = {name for package in case.packages_before for name in _programs(package)}
    gone = had - _programs(case.package) - agents
    calls: dict[str, list[tuple[str, str]]] = {}
    for host in case.situation.hosts:
        seen = case.situation.seen.get(host.name)
        for call in seen.files.calls if seen else ():
            if call.program in gone:
                calls.setdefault(call.program, []).append((call.path, host.name))
    for program, places in sorted(calls.items()):
        yield warning(
            "script-removed",
            f"{program} is called there, and {case.to} does not have it",
            places_of(places),
            WHY.format(old=several(one.version for one in case.packages_before), to=case.to),
            f"Take the call out, or change it ({INSTEAD.get(program, NOTHING)})",
        )


def _publishing(case: Case) -> Iterator[tuple[Place, Pipe, tuple[str, ...]]]:
    """Each pipe of an agent that is still to be started, with the publishers that it loses."""
    new = case.package
    known = {package.version: package for package in case.packages_before}
    for place in case.starting(Component.NOTIFICATION):
        old = known.get(place.ran or "")
        for pipe in case.pipes(place) if old and new else ():
            gone = _entries(old, pipe) - _entries(new, pipe)
            if lost := tuple(sorted(gone & _schemes(pipe))):
                yield place, pipe, lost


def _schemes(pipe: Pipe) -> set[str]:
    return {publisher.partition("://")[0] for publisher in pipe.publishers}


def _entries(package: Package | None, pipe: Pipe) -> set[str]:
    return set(package.entry_points.get(PUBLISHERS[pipe.kind], ())) if package else set()


def _packaged(package: Package, name: str) -> str:
    """SHA-256 of the package's own file of that name; "" where it brings none, or is not known."""
    return package.files.get(_path(package, name), "")


def _path(package: Package | None, name: str) -> str:
    """The path of the package's own file of that name; "" where it brings none."""
    paths = package.files if package is not None else ()
    return next((path for path in paths if path.endswith(f"/{name}")), "")


def _change(old: Package, new: Package, kind: Standing) -> str:
    """What the target's own file says that the old one's does not, as far as it is known."""
    before, after = (
        {name for name in one.definitions.get(kind.holds, ()) if not name.startswith("$")}
        for one in (old, new)
    )
    parts = []
    if more := sorted(after - before):
        parts.append(f"with {_some(more)}")
    if less := sorted(before - after):
        parts.append(f"without {_some(less)}")
    return f"{kind.noun} {', '.join(parts)}" if parts else "other details"


def _some(names: Iterable[str]) -> str:
    each = list(names)
    return ", ".join(each) if len(each) <= 2 * FEW else several(each)


def _unchanged(case: Case, name: str, places: list[tuple[str, str]], change: str) -> Finding:
    old, kind = case.packages_before[-1].version, STANDING[name]
    named = elsewhere(case, kind) & {host for _, host in places}
    away = f"Take {kind.named_by} out" if named else "Remove it"
    remedy = f"{away} when all agents run {case.to}, which then reads its own"
    if not kind.packaged:
        folder = case.situation.inventory.install.path.format(root="", release=case.to)
        given = ", or --new-polling" if name == "polling.yaml" else ""
        remedy = f"Put the target's in its place: {folder}/{_path(case.package, name)}{given}"
    elif kind.holds.endswith("_publishers"):
        remedy = (
            f"Nothing, if agents shall publish as before; else: {remedy[:1].lower()}{remedy[1:]}"
        )
    return warning(
        "data-file-outdated",
        f"{name} is that of {old}, unchanged, and stands in for the one of {case.to}: {change}",
        places_of(places),
        "SHA-256 of the files in the packages",
        remedy,
    )


def _customised(case: Case, name: str, places: list[tuple[str, str]], change: str) -> Finding:
    old = case.packages_before[-1].version
    return info(
        "data-file-customised",
        f"{name} is your own, and stands in for the one of {case.to}, which is another than that "
        f"of {old}: {change}",
        places_of(places),
        "SHA-256 of the files in the packages",
        "Take over into your file what you want of it",
    )


def _programs(package: Package) -> set[str]:
    return {name for group in PROGRAMS for name in package.entry_points.get(group, ())}


def _agents(case: Case) -> Iterator[str]:
    """Programs of agents: their units are switched, and what becomes of them is told elsewhere."""
    for package in case.packages_before:
        yield from case.situation.catalogue.get(package.version).scripts.value.values()
