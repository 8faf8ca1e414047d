"""What a plan is made from, joined: for each place of an agent what ran, what runs, what is wanted.

A *place* is one component under one unit on one host. What ran comes from the baseline, what
runs from the latest look, what is wanted from the inventory. Hosts set aside have no places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ceilift.component import SERVICES, Component
from ceilift.inventory import Inventory
from ceilift.inventory_hosts import Host, host_unit
from ceilift.plan import Request, Target
from ceilift.release import Catalogue, Release
from ceilift.state import AgentConfig, CloudState, HostState, Instance, Restart

Key = tuple[str, str, str]
AGENT = {
    Component.COLLECTOR: "collector",
    Component.NOTIFICATION: "notification agent",
    Component.POLLING: "polling agent",
    Component.API: "API",
}


def key_of(component: Component, host: str, unit: str) -> Key:
    """What makes two sightings the same place. The API is one application a host, however named."""
    return (component.value, host, "" if component is Component.API else unit)


def by_key(instances: Iterable[Instance]) -> Mapping[Key, Instance]:
    """Instances by place; an agent that belongs to no unit has none and is left out."""
    return {
        key_of(one.component, one.host, one.unit): one
        for one in instances
        if one.unit or one.component is Component.API
    }


@dataclass(frozen=True, slots=True)
class Place:
    """One component under one unit on one host: `before`, `now`, and whether it is `wanted`.

    `wanted`: the inventory has the role and the target release ships the component. `alone`: no
    other unit of that component is on the host, so that the host's name is enough.
    """

    component: Component
    host: str
    unit: str
    namespaces: tuple[str, ...]
    wanted: bool
    before: Instance | None = None
    now: Instance | None = None
    alone: bool = True

    @property
    def is_ours(self) -> bool:
        """Whether its unit is one that Ceilift made, beside the host's own."""
        return host_unit(self.unit) != self.unit

    @property
    def label(self) -> str:
        """Its part of a node id: the host, and the unit where the host alone is ambiguous."""
        return self.host if self.alone else f"{self.host}/{self.unit}"

    @property
    def target(self) -> Target:
        """The same as a plan's step names it."""
        return Target(self.component, self.host, self.unit, self.namespaces)

    @property
    def config(self) -> AgentConfig | None:
        """The effective options of its agent as last seen; None where there is none yet."""
        seen = self.now or self.before
        return None if seen is None else seen.config

    @property
    def ran(self) -> str | None:
        """The release that ran here before the upgrade began; None when nothing did."""
        return None if self.before is None else self.before.release

    def is_old(self, release: str) -> bool:
        """Whether anything but `release` ran here before the upgrade began."""
        return self.ran not in {None, release}

    def is_settled(self, release: str) -> bool:
        """Whether nothing is left to do here: it ran as wanted, or rested as wanted."""
        before = self.before
        if not self.wanted:
            return before is None or (not before.running and before.restart is Restart.PREVENTED)
        if before is None or before.release != release:
            return False
        api = self.component is Component.API
        return api or (before.defined_release == release and before.restart is Restart.ENABLED)


@dataclass(frozen=True)
class Situation:
    """Inventory, look, releases and request of one plan, and what follows from them."""

    inventory: Inventory
    state: CloudState
    catalogue: Catalogue
    request: Request
    target: Release

    @cached_property
    def aside(self) -> Mapping[str, str]:
        """The hosts set aside, with the reason given."""
        return {accepted.id: accepted.reason for accepted in self.request.without}

    @cached_property
    def hosts(self) -> tuple[Host, ...]:
        """The inventory's hosts that take part."""
        return tuple(host for host in self.inventory.hosts if host.name not in self.aside)

    @cached_property
    def seen(self) -> Mapping[str, HostState]:
        """The state of every host that was looked at."""
        return {host.name: host for host in self.state.hosts}

    @cached_property
    def now(self) -> tuple[Instance, ...]:
        """What is there by the latest look, on hosts that take part."""
        return tuple(one for one in self.state.instances if one.host not in self.aside)

    @cached_property
    def baseline(self) -> tuple[Instance, ...]:
        """What was there before the upgrade began, on hosts that take part."""
        before = self.state.baseline or self.state.instances
        return tuple(one for one in before if one.host not in self.aside)

    @cached_property
    def running_before(self) -> tuple[Instance, ...]:
        """What ran before the upgrade began."""
        return tuple(one for one in self.baseline if one.running)

    @cached_property
    def places(self) -> Mapping[Component, tuple[Place, ...]]:
        """Every place of every component, in the inventory's order of hosts."""
        return {component: self._places_of(component) for component in SERVICES}

    def wanted(self, component: Component) -> tuple[Place, ...]:
        """The places where the component is to run at the end."""
        return tuple(place for place in self.places[component] if place.wanted)

    @cached_property
    def database_host(self) -> str:
        """Where the target's dbsync runs: as given, else the first collector's, else any host."""
        database = self.inventory.database
        if database is not None and database.dbsync_host:
            return database.dbsync_host
        collectors = [p.host for p in self.places[Component.COLLECTOR] if p.wanted]
        return (collectors or [host.name for host in self.hosts] or [""])[0]

    @cached_property
    def unstaged(self) -> tuple[str, ...]:
        """The hosts that answered, need the target and have not got it, in order."""
        needing = {place.host for component in SERVICES for place in self.wanted(component)}
        needing |= {self.database_host} if self.inventory.database is not None else set()
        return tuple(
            host.name
            for host in self.hosts
            if host.name in needing
            and (seen := self.seen.get(host.name)) is not None
            and seen.reachable
            and self.target.version not in seen.installed
        )

    @cached_property
    def backup_host(self) -> str:
        """Where the database's dump is written (policy external: where dbsync runs)."""
        database = self.inventory.database
        return (database.backup.host if database is not None else "") or self.database_host

    def _places_of(self, component: Component) -> tuple[Place, ...]:
        return tuple(place for host in self.hosts for place in self._on_host(component, host))

    def _on_host(self, component: Component, host: Host) -> Iterator[Place]:
        then = by_key(self._before.get((component, host.name), ()))
        today = by_key(self._today.get((component, host.name), ()))
        roles = self._wanted_on(component, host)
        keys = [*roles, *sorted(key for key in then if key not in roles)]
        for key in keys:
            role, was = roles.get(key), then.get(key)
            unit, namespaces = role or ((was.unit, was.namespaces) if was else ("", ()))
            yield Place(
                component=component,
                host=host.name,
                unit=unit,
                namespaces=namespaces,
                wanted=role is not None and self.target.has(component),
                before=was,
                now=today.get(key),
                alone=len(keys) == 1,
            )

    def _wanted_on(
        self, component: Component, host: Host
    ) -> Mapping[Key, tuple[str, tuple[str, ...]]]:
        """What is to run there: the inventory's roles; on the way back what ran."""
        if not self.request.rollback:
            return _roles(component, host)
        found = (one for one in self.state.former if one.running and one.host == host.name)
        own = (one for one in found if one.component is component)
        return {key: (one.unit, one.namespaces) for key, one in by_key(own).items()}

    @cached_property
    def _before(self) -> Mapping[tuple[Component, str], list[Instance]]:
        return _by_host(self.baseline)

    @cached_property
    def _today(self) -> Mapping[tuple[Component, str], list[Instance]]:
        return _by_host(self.now)


def _roles(component: Component, host: Host) -> dict[Key, tuple[str, tuple[str, ...]]]:
    """Unit and namespaces of each place wanted there; roles that share a unit are one agent."""
    found: dict[Key, tuple[str, tuple[str, ...]]] = {}
    for role in host.roles:
        if role.component is component:
            key = key_of(component, host.name, role.unit_name)
            unit, namespaces = found.get(key, (role.unit_name, ()))
            found[key] = (unit, tuple(dict.fromkeys((*namespaces, *role.namespaces))))
    return found


def _by_host(instances: Iterable[Instance]) -> Mapping[tuple[Component, str], list[Instance]]:
    found: dict[tuple[Component, str], list[Instance]] = {}
    for one in instances:
        found.setdefault((one.component, one.host), []).append(one)
    return found
