"""What every rule looks at: the situation, and what is left to do in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from ceilift.component import Component
from ceilift.finding import Finding, Severity
from ceilift.host_files import ConfigFile
from ceilift.inventory import Database
from ceilift.package import Package
from ceilift.packages import load_package
from ceilift.pipeline import Pipe
from ceilift.plan import Action, Gate, Plan, Step
from ceilift.situation import Place, Situation
from ceilift.state import AgentConfig

FEW = 4  # names a sentence can hold
package_of = cache(load_package)  # some hundredths of a second each; plans are made many times


def places_of(found: Iterable[tuple[str, str]]) -> str:
    """Where something stands, from pairs of a file and its host: `FILE on HOSTS`.

    Where hosts keep it in different folders, or in different files, only their last names are told.
    """
    pairs = list(found)
    paths = sorted({path for path, _ in pairs})
    if len(paths) > 1:
        paths = sorted({path.rpartition("/")[2] for path in paths})
    return f"{several(paths)} on {several(sorted({host for _, host in pairs}))}"


@dataclass(frozen=True)
class Case:
    """One situation and the plan that is left of it, before its findings are known."""

    situation: Situation
    plan: Plan

    @property
    def to(self) -> str:
        """The target release."""
        return self.plan.to

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is left to do."""
        return not (self.plan.steps or self.plan.gates)

    @cached_property
    def actions(self) -> frozenset[Action]:
        """The kinds of steps that are left."""
        return frozenset(step.action for step in self.plan.steps)

    @cached_property
    def starts(self) -> frozenset[tuple[Component, str, str]]:
        """Component, host and unit of every agent that is still to be started."""
        chosen = (step for step in self.plan.steps if step.action is Action.START)
        return frozenset((t.component, t.host, t.unit) for step in chosen for t in step.targets)

    def rolls(self, component: Component) -> bool:
        """Whether the plan takes that component host by host."""
        request = self.situation.request
        nodes: tuple[Step | Gate, ...] = (*self.plan.steps, *self.plan.gates)
        left = any(node.stage == component for node in nodes)
        return request.path == "partial" and component not in request.stop_all and left

    @property
    def database(self) -> Database | None:
        """The inventory's database while it still has to be migrated; None otherwise."""
        return self.situation.inventory.database if Action.DBSYNC in self.actions else None

    @cached_property
    def package(self) -> Package | None:
        """The target as published; None where nothing is known of its package."""
        return package_of(self.to)

    @cached_property
    def packages_before(self) -> tuple[Package, ...]:
        """The other releases that ran, as published, oldest first; those not known left out."""
        names = (name for name in self.plan.releases if name != self.to)
        known = self.situation.catalogue.releases
        found = (package_of(name) for name in names if name in known)
        return tuple(one for one in found if one is not None)

    @cached_property
    def configs(self) -> Mapping[ConfigFile, tuple[str, ...]]:
        """The configuration files of Ceilometer, each with the hosts that have the same one."""
        found: dict[ConfigFile, list[str]] = {}
        for host in self.situation.hosts:
            seen = self.situation.seen.get(host.name)
            for config in seen.files.configs if seen else ():
                found.setdefault(config, []).append(host.name)
        return {config: tuple(hosts) for config, hosts in found.items()}

    @cached_property
    def settings(self) -> Mapping[str, tuple[ConfigFile, ...]]:
        """Every option that is set (`[group] name`), by name, with the files that set it."""
        found: dict[str, list[ConfigFile]] = {}
        for config in self.configs:
            for name in config.options:
                found.setdefault(name, []).append(config)
        return {name: tuple(found[name]) for name in sorted(found)}

    def set_in(self, *names: str) -> tuple[tuple[str, str], ...]:
        """In which files on which hosts at least one of these options is set."""
        files = dict.fromkeys(file for name in names for file in self.settings.get(name, ()))
        return tuple((file.path, host) for file in files for host in self.configs[file])

    def is_reachable(self, host: str) -> bool:
        """Whether the host was looked at and answered."""
        seen = self.situation.seen.get(host)
        return seen is not None and seen.reachable

    def starting(self, component: Component) -> tuple[Place, ...]:
        """The places where that component is still to be started."""
        places = self.situation.wanted(component)
        return tuple(p for p in places if (p.component, p.host, p.unit) in self.starts)

    def pipes(self, place: Place) -> Iterator[Pipe]:
        """The pipes that a notification agent will have: of the files given, else its own."""
        config, given = place.config, self.situation.state.new_files
        own = config.pipelines.pipes if config is not None and config.pipelines is not None else ()
        for kind, file in (("sample", given.pipeline), ("event", given.event_pipeline)):
            yield from (pipe for pipe in (own if file is None else file.pipes) if pipe.kind == kind)

    @cached_property
    def polling(self) -> tuple[tuple[Place, AgentConfig], ...]:
        """The polling agents there will be, with what is known of their configuration."""
        places = self.situation.wanted(Component.POLLING)
        return tuple((place, place.config) for place in places if place.config is not None)


def several(names: Iterable[str]) -> str:
    """`a, b, c and 17 more`: each name once, in the order given."""
    each = list(dict.fromkeys(names))
    if len(each) <= FEW:
        return ", ".join(each)
    return f"{', '.join(each[: FEW - 1])} and {len(each) - FEW + 1} more"


def labels(places: Sequence[Place]) -> str:
    """The places' hosts (and units where needed), in a few words."""
    return several(place.label for place in places)


def blocker(
    id: str,  # noqa: A002 - the finding's own word
    what: str,
    where: str,
    why: str,
    remedy: str,
    *,
    acceptable: bool = False,
) -> Finding:
    """A finding that refuses the plan."""
    return Finding(id, Severity.BLOCKER, what, where, why, remedy, acceptable)


def warning(id: str, what: str, where: str, why: str, remedy: str) -> Finding:  # noqa: A002
    """A finding the operator should read before approving."""
    return Finding(id, Severity.WARNING, what, where, why, remedy)


def info(id: str, what: str, where: str, why: str, remedy: str = "") -> Finding:  # noqa: A002
    """A fact worth knowing."""
    return Finding(id, Severity.INFO, what, where, why, remedy or "Nothing to do")
