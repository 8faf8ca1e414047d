"""The operator's files that stand in for packaged ones: which there are, and who reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.version import Version

from ceilift.component import Component
from ceilift.hazards.case import Case
from ceilift.host_files import DataFile, NamedFile
from ceilift.mantra import OwnFile, uses_of_events
from ceilift.plan_files import FileKind
from ceilift.state import HostState

METERS_FOLDER = 9  # the series from which on definitions of meters stand in meters.d


@dataclass(frozen=True, slots=True)
class Standing:
    """A kind of file that stands in for a packaged one, as long as it is on a host.

    `holds` is the key of a package's definitions that says what the default one is about (`noun`).
    `packaged`: the release falls back to its own file where there is none. `named_by`: the option
    that may name another file; where that is set, the usual one is not read.
    """

    noun: str
    holds: str
    packaged: bool = True
    named_by: str = ""


STANDING = {
    "polling.yaml": Standing("meters", "polled", packaged=False),
    "pipeline.yaml": Standing("publishers", "sample_publishers"),
    "event_pipeline.yaml": Standing("publishers", "event_publishers"),
    "event_definitions.yaml": Standing("events", "events", named_by="[event] definitions_cfg_file"),
    "gnocchi_resources.yaml": Standing(
        "metrics", "gnocchi_metrics", named_by="[dispatcher_gnocchi] resources_definition_file"
    ),
    "meters.yaml": Standing(
        "meters", "notification_meters", named_by="[meter] meter_definitions_dirs"
    ),
    "snmp.yaml": Standing("meters", "snmp_meters", named_by="[hardware] meter_definitions_file"),
    "api_paste.ini": Standing("", "", packaged=False),
    "rootwrap.conf": Standing("", "", packaged=False),
    "ipmi.filters": Standing("", "", packaged=False),
}
NAMED = {  # what an option that names a file stands in for; in folders, what has that name
    "definitions_cfg_file": "event_definitions.yaml",
    "resources_definition_file": "gnocchi_resources.yaml",
    "meter_definitions_file": "snmp.yaml",
    "meter_definitions_cfg_file": "meters.yaml",
    "meter_definitions_dirs": "",
    "api_paste_config": "api_paste.ini",
    "rootwrap_config": "rootwrap.conf",
}
AGENTS_READ = {  # which agents' own configuration says where the file is, and what it holds
    "polling.yaml": (Component.POLLING, FileKind.POLLING),
    "pipeline.yaml": (Component.NOTIFICATION, FileKind.PIPELINE),
    "event_pipeline.yaml": (Component.NOTIFICATION, FileKind.EVENT_PIPELINE),
}
EVENTS = "event_definitions.yaml"
MORE_METERS = "meter_definitions_dirs"
RESOURCES = "gnocchi_resources.yaml"  # read by who publishes to Gnocchi
Found = Mapping[tuple[str, str], list[tuple[str, str]]]  # name and digest: files and hosts


def standing(case: Case) -> Found:
    """Every such file that agents read, of the usual places and of those that options name."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for name, digest, path, host in (*_read_by_agents(case), *_beside(case), *_named(case)):
        found.setdefault((name, digest), []).append((path, host))
    return found


def _read_by_agents(case: Case) -> Iterator[tuple[str, str, str, str]]:
    for name, (component, kind) in AGENTS_READ.items():
        for place in case.starting(component) if not case.situation.request.file(kind) else ():
            config = place.before.config if place.before else None
            if config is not None and (digest := getattr(config, f"{kind}_digest")):
                yield name, digest, getattr(config, f"{kind}_path"), place.host


def _beside(case: Case) -> Iterator[tuple[str, str, str, str]]:
    kinds = {name: elsewhere(case, kind) for name, kind in STANDING.items()}
    for host in case.situation.hosts:
        seen = case.situation.seen.get(host.name)
        for file in seen.files.data if seen else ():
            name = file.path.rpartition("/")[2]
            if _is_read(case, file.path) and host.name not in kinds[name]:
                yield name, file.digest, file.path, host.name


def _named(case: Case) -> Iterator[tuple[str, str, str, str]]:
    """The files that options name, wherever they are."""
    for host in case.situation.hosts:
        seen = case.situation.seen.get(host.name)
        for file in seen.files.named if seen else ():
            name = NAMED.get(file.option) or file.path.rpartition("/")[2]
            known = file.digest and file.option in NAMED and name in STANDING
            if known and (name != RESOURCES or case.situation.inventory.store == "gnocchi"):
                yield name, file.digest, file.path, host.name


def used(case: Case) -> Mapping[OwnFile, list[tuple[str, str]]]:
    """What such files, and further definitions of meters, use of the data models, and where.

    The target's own files are left out. Of definitions of events, so are the kinds of events that
    are in the old release's: who took them over does not therefore have such a service.
    """
    found: dict[OwnFile, list[tuple[str, str]]] = {}
    read = {place: name for (name, _), places in standing(case).items() for place in places}
    targets = set(case.package.files.values()) if case.package else set()
    packaged = _packaged_events(case)
    for host in case.situation.hosts:
        for file in _kept(case.situation.seen.get(host.name)):
            place = (file.path, host.name)
            more = isinstance(file, NamedFile) and file.option == MORE_METERS
            uses = file.uses if file.digest not in targets and (place in read or more) else ()
            if read.get(place) == EVENTS:
                uses = tuple(use for use in uses if use not in packaged)
            if uses:
                own = OwnFile(file.path.rpartition("/")[2], uses)
                found.setdefault(own, []).append(place)
    return found


def _kept(seen: HostState | None) -> Iterator[DataFile | NamedFile]:
    """What a host has of such files, read or not."""
    if seen is not None:
        yield from seen.files.data
        yield from seen.files.named


def _packaged_events(case: Case) -> frozenset[str]:
    """What the definitions of events use that the old releases bring."""
    types = (one.definitions.get("events", ()) for one in case.packages_before)
    return frozenset(use for found in types for use in uses_of_events(found))


def elsewhere(case: Case, kind: Standing) -> frozenset[str]:
    """The hosts on which an option names another file."""
    return frozenset(host for _, host in case.set_in(kind.named_by))


def _is_read(case: Case, path: str) -> bool:
    """Whether agents take a file of that place.

    Definitions of meters stand in meters.d from 9.0 on; only who publishes to Gnocchi reads its
    resources.
    """
    if path.endswith("/gnocchi_resources.yaml"):
        return case.situation.inventory.store == "gnocchi"
    if path.endswith("/meters.yaml"):
        series = (case.situation.target.series, Version(case.packages_before[-1].version).major)
        in_folder = path.endswith("/meters.d/meters.yaml")
        return all((one >= METERS_FOLDER) is in_folder for one in series)
    return True
