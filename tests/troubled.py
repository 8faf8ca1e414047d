"""A cloud on which nothing stands against an upgrade, and ways to spoil it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ceilift.finding import Finding, Severity
from ceilift.inventory import Inventory
from ceilift.plan import Plan, Request
from ceilift.planner import make_plan
from ceilift.state import AgentConfig, CloudState, Instance
from tests.clouds import Field, all_at, catalogue, inventory, request

EVERYTHING = ["collector", "notification", "polling-central", "api"]
ROLES: Mapping[str, list[str]] = {
    "ctl1": EVERYTHING,
    "ctl2": EVERYTHING,
    "pol1": ["polling-central"],
}
MODERN: Mapping[str, list[str]] = {
    "ctl1": ["notification", "polling-central"],
    "ctl2": ["notification", "polling-central"],
}
BLOCKER, WARNING, INFO = Severity.BLOCKER, Severity.WARNING, Severity.INFO
OWN = AgentConfig(coordinated=True, interval_s=10.0)
PROVEN = {
    "policy": "dump+restore",
    "host": "ctl1",
    "folder": "/backup",
    "scratch": {"url": "mysql+pymysql://c@192.0.2.10/scratch"},
}
EXTERNAL = {"policy": "external", "snapshot": "nightly"}


@dataclass(frozen=True)
class Cloud:
    """A cloud on which nothing stands against 8.1.5 to 9.0.7, and ways to spoil it."""

    inventory: Inventory
    state: CloudState
    request: Request

    def planned(self) -> Plan:
        return make_plan(self.inventory, self.state, catalogue(), self.request)

    def found(self, finding_id: str) -> list[Finding]:
        return [finding for finding in self.planned().findings if finding.id == finding_id]

    def asked(self, **changes: Field) -> Cloud:
        return replace(self, request=request(**changes))

    def seen(self, **changes: Field) -> Cloud:
        return replace(self, state=replace(self.state, **changes))

    def host(self, name: str, **changes: Field) -> Cloud:
        hosts = (replace(h, **changes) if h.name == name else h for h in self.state.hosts)
        return self.seen(hosts=tuple(hosts))

    def without_host(self, name: str) -> Cloud:
        return self.seen(hosts=tuple(h for h in self.state.hosts if h.name != name))

    def agents(self, change: Callable[[Instance], Instance | None]) -> Cloud:
        hosts = []
        for host in self.state.hosts:
            changed = (change(one) for one in host.instances)
            hosts.append(replace(host, instances=tuple(one for one in changed if one)))
        return self.seen(hosts=tuple(hosts))

    def agent(self, component: str, host: str, **changes: Field) -> Cloud:
        return self.agents(
            lambda one: replace(one, **changes) if _is(one, component, host) else one
        )

    def no_agent(self, component: str, host: str) -> Cloud:
        return self.agents(lambda one: None if _is(one, component, host) else one)

    def polling(self, **changes: Field) -> Cloud:
        """Changes to the configuration of every polling agent."""
        return self.agents(
            lambda one: (
                replace(one, config=replace(one.config, **changes))
                if one.component == "polling"
                else one
            )
        )

    def database(self, **changes: Field) -> Cloud:
        assert self.state.database is not None
        return self.seen(database=replace(self.state.database, **changes))


def _is(one: Instance, component: str, host: str) -> bool:
    return (one.component, one.host) == (component, host)


def quiet(roles: Mapping[str, Field] = ROLES, release: str = "8.1.5", **changes: Field) -> Cloud:
    made = inventory(roles, **changes)
    return Cloud(made, all_at(made, release), request())


def modern(**changes: Field) -> Cloud:
    sections = {"database": None, "wsgi": None, "store": "gnocchi", **changes}
    return quiet(MODERN, "16.0.1", **sections).asked(to="17.0.2")


def database_section(**changes: Field) -> dict[str, Field]:
    backup = {"host": "ctl1", "folder": "/backup"}
    return {"url": "mysql+pymysql://c@192.0.2.10/c", "backup": backup, **changes}


# What spoils it, and the finding that says so: id, severity, where.
Fires = Mapping[str, tuple[Callable[[], Cloud], str, Severity, str]]
# Near misses: what spoils nothing, and the finding that must not be there.
Silent = Mapping[str, tuple[Callable[[], Cloud], str]]
