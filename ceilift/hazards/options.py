"""Rules about the options that ceilometer.conf sets, and how the target reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from ceilift.finding import Finding
from ceilift.hazards.case import Case, info, places_of, several, warning
from ceilift.hazards.crossings import options_told
from ceilift.option_fates import Doomed, Fate, NewDefault, fates, names_of, new_defaults

DYNAMIC = "pollsters_definitions_dirs"
Groups = Mapping[tuple[str, str], list[Doomed]]


def doomed(case: Case) -> Iterator[Finding]:
    """Options that are set and gone in the target, have another name there, or are to go."""
    if case.package is None or case.is_empty or not case.packages_before:
        return
    old = [names_of(package) for package in case.packages_before]
    told = options_told(case)
    found = fates((name for name in case.settings if name not in told), old, names_of(case.package))
    yield from _removed(case, [one for one in found if one.fate is Fate.REMOVED])
    yield from _renamed(case, [one for one in found if one.fate is Fate.RENAMED])
    yield from _going(case, [one for one in found if one.fate is Fate.GOING])


def defaults(case: Case) -> Iterator[Finding]:
    """Defaults that the operator relies on, and that are others in the target."""
    if case.package is None or case.is_empty or not case.configs:
        return
    told = options_told(case)
    pairs = ((old, case.package) for old in case.packages_before)
    changed = {one.name: one for old, new in pairs for one in new_defaults(old, new)}
    relied = {name: on for name in sorted(changed.keys() - told) if (on := _without(case, name))}
    if relied:
        words = (_told(changed[name]) for name in relied)
        yield info(
            "default-changed",
            f"options that are not set get another default: {'; '.join(words)}",
            f"ceilometer.conf on {several(sorted(set().union(*relied.values())))}",
            _source(case),
            "Set them before the upgrade where the former values shall stay",
        )


def ignored_pollsters(case: Case) -> Iterator[Finding]:
    """T22: definitions of dynamic pollsters are looked for as [DEFAULT] says, not [polling]."""
    own, read = f"[polling] {DYNAMIC}", f"[DEFAULT] {DYNAMIC}"
    package = case.package
    if case.is_empty or package is None or own not in case.settings:
        return
    also = {host for _, host in case.set_in(read)}
    lost = [place for place in case.set_in(own) if place[1] not in also]
    if lost and any(option.path == read for option in package.options):
        yield warning(
            "T22",
            f"{own} is set, and {case.to} takes it from [DEFAULT]: dynamic pollsters are looked "
            "for in /etc/ceilometer/pollsters.d only",
            places_of(lost),
            "ceilometer/polling/manager.py, create_dynamic_pollsters; tried with 14.1.0 to 27.0.0",
            f"Set {DYNAMIC} in [DEFAULT], too, with the same value",
        )


def _removed(case: Case, found: Iterable[Doomed]) -> Iterator[Finding]:
    """What the target passes over, one finding a section."""
    for (section, instead), gone in _together(found).items():
        names = ", ".join(one.name.partition("] ")[2] for one in gone)
        reads = f"knows it as {instead} only" if instead else "has no such option any more"
        yield warning(
            "option-removed",
            f"{section} {names}: set, but {case.to} {reads}, and passes over it without a word",
            places_of(case.set_in(*(one.name for one in gone))),
            _source(case),
            _mended(case, gone[0]),
        )


def _renamed(case: Case, found: list[Doomed]) -> Iterator[Finding]:
    """What has another name by now; the older one is still read."""
    if found:
        yield info(
            "option-renamed",
            f"{case.to} has other names for options that are set, and still reads the older ones: "
            f"{', '.join(f'{one.name} is {one.instead}' for one in found)}",
            places_of(case.set_in(*(one.name for one in found))),
            _source(case),
            f"Rename them once all agents run {case.to}: a later release may not read them",
        )


def _going(case: Case, found: list[Doomed]) -> Iterator[Finding]:
    """What the target still reads, and is to go."""
    if found:
        yield info(
            "option-deprecated",
            f"{case.to} still reads these options, which are to be removed: "
            f"{', '.join(one.name for one in found)}",
            places_of(case.set_in(*(one.name for one in found))),
            _source(case),
            "Do without them before the next upgrade",
        )


def _together(found: Iterable[Doomed]) -> Groups:
    """By section, where nothing took their place; one by one where something did."""
    groups: dict[tuple[str, str], list[Doomed]] = {}
    for one in found:
        section = f"{one.name.partition('] ')[0]}]"
        groups.setdefault((section, one.instead), []).append(one)
    return groups


def _without(case: Case, name: str) -> set[str]:
    """The hosts whose configuration was read and does not set the option, by any of its names."""
    read = {host for hosts in case.configs.values() for host in hosts}
    option = names_of(case.package).own[name] if case.package else None
    names = (name, *(option.aliases if option else ()))
    return read - {host for _, host in case.set_in(*names)}


def _told(one: NewDefault) -> str:
    """Of lists only what comes and goes: they may be long."""
    lists = [json.loads(text) for text in (one.before, one.after)]
    if not all(isinstance(found, list) for found in lists):
        return f"{one.name} from {one.before} to {one.after}"
    before, after = lists
    lost, come = ([str(x) for x in a if x not in b] for a, b in ((before, after), (after, before)))
    parts = (f"{word} {', '.join(names)}" for word, names in (("without", lost), ("with", come)))
    return f"{one.name} {' and '.join(part for part in parts if not part.endswith(' '))}"


def _source(case: Case) -> str:
    ran = several(package.version for package in case.packages_before)
    return f"the options that the packages of {ran} and {case.to} list"


def _mended(case: Case, one: Doomed) -> str:
    old = case.packages_before[-1].version
    if one.instead and one.early:
        return f"Rename it to {one.instead} before the upgrade: {old} reads that name, too"
    if one.instead:
        return f"Set {one.instead} to the same value, beside it, before the upgrade"
    return (
        f"See what took its place (ceilift releases diff {old} {case.to}), and take it out when no "
        f"agent of {old} is left"
    )
