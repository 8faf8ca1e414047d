"""From the records of one look to what the host is: its instances and what each really runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from ceilift.component import Component
from ceilift.config_files import Options
from ceilift.handover import cycles
from ceilift.inventory import Inventory
from ceilift.inventory_hosts import Host
from ceilift.probe.files import host_files, host_means
from ceilift.probe.options import agent_config
from ceilift.probe.pipelines import pipelines_of
from ceilift.probe.records import Process, Records
from ceilift.probe.units import PROGRAMS, Definition, definition, supervised
from ceilift.state import AgentConfig, HostState, Instance, Restart

UNKNOWN = "unknown"
KEPT_TICKS = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """A host's records beside what the inventory says of it."""

    inventory: Inventory
    host: Host
    records: Records
    releases: tuple[str, ...]
    clock_skew_s: float = 0.0

    def folder(self, release: str) -> str:
        """Where a release is installed on this host."""
        return self.inventory.path(self.inventory.install.path, self.host, release=release)

    def release_of(self, path: str) -> str | None:
        """The release whose folder a path lies in; None when it lies in none."""
        for release in self.releases:
            if path.startswith(f"{self.folder(release)}/"):
                return release
        return None


def host_state(seen: Seen, clock_skew_s: float | None) -> HostState:
    """The host as the records show it. `clock_skew_s` is its clock minus ours."""
    seen = replace(seen, clock_skew_s=clock_skew_s or 0.0)
    folders = {seen.folder(release): release for release in seen.releases}
    installed = [
        version
        for folder, version in seen.records.installed.items()
        if folders.get(folder) == version
    ]
    return HostState(
        name=seen.host.name,
        installed=tuple(sorted(installed)),
        tools=seen.records.tools,
        instances=tuple(_instances(seen)),
        backup_free_bytes=seen.records.free_bytes,
        clock_skew_s=clock_skew_s,
        files=host_files(seen.records, _config_names(seen)),
        means=host_means(seen.records),
    )


def component_of(process: Process) -> Component | None:
    """Which component a process is, by its title; None when it is none of Ceilometer's services."""
    if process.title.startswith("(wsgi:"):
        return Component.API
    words = process.title.split()
    first = words[0].rstrip(":") if words else ""
    if first in PROGRAMS:
        return PROGRAMS[first]
    script = (
        words[1].rpartition("/")[2]
        if len(words) > 1 and "python" in first.rpartition("/")[2]
        else ""
    )
    return PROGRAMS.get(script)


def release_of(process: Process, records: Records) -> str:
    """The release a process has loaded; `unknown` when that cannot be told.

    Told by the site-packages folder it has mapped. When the release there was installed after
    the process began, the process runs what was there before: unknown.
    """
    found = records.loaded.get(process.loaded)
    if found is None:
        return UNKNOWN
    version, installed_at = found
    return version if installed_at <= process.started + 1 else UNKNOWN


def _instances(seen: Seen) -> Iterator[Instance]:
    claimed: set[int] = set()
    for found in definitions(seen):
        processes = _processes_of(found, seen.records)
        claimed |= {process.pid for process in processes}
        yield _instance(seen, found, processes)
    yield from _api(seen, claimed)
    yield from _strays(seen, claimed)


def definitions(seen: Seen) -> tuple[Definition, ...]:
    """The host's units that start something of Ceilometer, as its process manager defines them."""
    if seen.inventory.services.backend == "supervisor":
        return supervised(seen.records.files)
    return tuple(_systemd(seen))


def _systemd(seen: Seen) -> Iterator[Definition]:
    for unit in seen.records.units:
        shown = seen.records.shown.get(unit.name, {})
        command = shown.get("ExecStart", "").partition("argv[]=")[2].partition(" ;")[0]
        restart = Restart.ENABLED if unit.enabled else Restart.PREVENTED
        yield from definition(unit.name, command, shown.get("Environment", ""), restart)


def _processes_of(found: Definition, records: Records) -> list[Process]:
    """The unit's main process and everything below it."""
    unit = next((unit for unit in records.units if unit.name == found.unit), None)
    mains = {process.pid for process in records.processes if _is_main(process, found)}
    family = mains | ({unit.pid} if unit is not None and unit.pid is not None else set())
    while True:
        grown = family | {item.pid for item in records.processes if item.parent in family}
        if grown == family:
            return [process for process in records.processes if process.pid in family]
        family = grown


def _is_main(process: Process, found: Definition) -> bool:
    """By its arguments, all of them: a unit beside another has the same ones and more."""
    told = process.title.removesuffix("]")
    return component_of(process) is found.component and bool(
        found.arguments and told.endswith(f" {found.arguments}")
    )


def _instance(seen: Seen, found: Definition, processes: list[Process]) -> Instance:
    return Instance(
        component=found.component,
        host=seen.host.name,
        unit=found.unit,
        namespaces=found.namespaces,
        release=_running(processes, seen.records),
        defined_release=seen.release_of(found.program),
        restart=found.restart,
        pids=tuple(process.pid for process in processes),
        started=_began(processes),
        config=(config := _agent_config(seen, found, processes)),
        launched=_launched(seen, processes),
        ticks=_ticks(seen, found.unit, config.interval_s),
    )


def _agent_config(seen: Seen, found: Definition, processes: list[Process]) -> AgentConfig:
    """Its options; for a notification agent with its pipelines, as what runs reads them."""
    config = _config(seen, *found.configs, hash_seed_fixed=found.hash_seed_fixed)
    names, text = _texts(seen, found.configs)
    if found.component is not Component.NOTIFICATION or text is None:
        return config
    release = _running(processes, seen.records) or seen.release_of(found.program) or UNKNOWN
    options = Options(text)
    return replace(
        config,
        pipelines=pipelines_of(seen.records.files, names, options, seen.folder(release)),
        refresh_pipeline_cfg=options.flag("DEFAULT", "refresh_pipeline_cfg"),
        refresh_event_pipeline_cfg=options.flag("DEFAULT", "refresh_event_pipeline_cfg"),
    )


def _texts(seen: Seen, given: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
    """The names of an agent's configuration files, and their texts joined (None: none is there)."""
    names = given or (seen.inventory.path(seen.inventory.config.main, seen.host),)
    texts = [seen.records.files[name].text for name in names if name in seen.records.files]
    return names, "\n".join(texts) if texts else None


def _config_names(seen: Seen) -> Iterator[str]:
    """Every configuration file that the inventory or a unit names."""
    yield seen.inventory.path(seen.inventory.config.main, seen.host)
    yield from (seen.inventory.path(r.config, seen.host) for r in seen.host.roles if r.config)
    yield from (name for found in definitions(seen) for name in found.configs)


def _ticks(seen: Seen, unit: str, interval: float | None) -> tuple[float, ...]:
    """When its latest polling cycles began, by our clock; none where its log does not tell."""
    polled = seen.records.polled.items()
    lines = next((found for file, found in polled if PurePosixPath(file).stem == unit), ())
    if interval is None:
        return ()
    return tuple(moment - seen.clock_skew_s for moment in cycles(lines, interval)[-KEPT_TICKS:])


def _launched(seen: Seen, processes: Iterable[Process]) -> float | None:
    oldest = min((process.started for process in processes), default=None)
    return None if oldest is None else oldest - seen.clock_skew_s


def _began(processes: Iterable[Process]) -> float | None:
    return max((process.started for process in processes), default=None)


def _running(processes: Iterable[Process], records: Records) -> str | None:
    """The one release all of them run; None without processes; `unknown` when they differ."""
    releases = {release_of(process, records) for process in processes}
    if not releases:
        return None
    return releases.pop() if len(releases) == 1 else UNKNOWN


def _api(seen: Seen, claimed: set[int]) -> Iterator[Instance]:
    """The API under a web server: one instance for each host that serves or should serve it."""
    wsgi = seen.inventory.wsgi
    serving = [process for process in seen.records.processes if process.title.startswith("(wsgi:")]
    site = seen.records.files.get(seen.inventory.path(wsgi.config, seen.host)) if wsgi else None
    role = next((role for role in seen.host.roles if role.component is Component.API), None)
    if site is None or not (serving or role):
        return
    claimed |= {process.pid for process in serving}
    defined = next(
        (release for release in seen.releases if _names(site.text, seen.folder(release))), None
    )
    running = _running(serving, seen.records)
    if running == UNKNOWN and all(
        not process.loaded and site.changed < process.started for process in serving
    ):
        running = defined  # loads at its first request, and nothing else is configured
    yield Instance(
        Component.API,
        seen.host.name,
        role.unit_name if role else "ceilometer-api",
        release=running,
        defined_release=defined,
        pids=tuple(process.pid for process in serving),
        started=_began(serving),
        config=_config(seen, *((role.config,) if role and role.config else ())),
    )


def _names(text: str, folder: str) -> bool:
    return any(text.find(folder + end) >= 0 for end in ("/", "\n", " ", '"', "'"))


def _strays(seen: Seen, claimed: set[int]) -> Iterator[Instance]:
    """Processes that belong to no unit: they count as an instance without a unit."""
    for process in seen.records.processes:
        component = component_of(process)
        if component is not None and process.pid not in claimed:
            yield Instance(
                component,
                seen.host.name,
                "",
                release=release_of(process, seen.records),
                pids=(process.pid,),
            )


def _config(seen: Seen, *given: str, hash_seed_fixed: bool = True) -> AgentConfig:
    """The effective options of an agent; the defaults where its configuration was not read."""
    names, text = _texts(seen, given)
    if text is None:
        return AgentConfig(hash_seed_fixed=hash_seed_fixed)
    return agent_config(seen.records, names[0], text, hash_seed_fixed=hash_seed_fixed)


def stored_names(resource: str) -> frozenset[str]:
    """The resource ids under which samples of a static resource may be stored.

    The hardware pollsters store the host of the resource's URL (ceilometer/hardware/pollsters).
    """
    return frozenset({resource, _host_of(resource) or resource})


def likely_name(resource: str) -> str:
    """The one of `stored_names` to expect where no sample of it was ever seen."""
    return (resource.startswith("snmp:") and _host_of(resource)) or resource


def _host_of(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:  # brackets that are no address: then it is no URL either
        return None
