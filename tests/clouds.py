"""Described clouds as inventories and states, and what carrying out a plan does to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, TypeAlias

from ceilift.component import Component
from ceilift.inventory import Inventory
from ceilift.inventory_hosts import UNITS
from ceilift.plan import Accepted, Action, Gate, Plan, Request, Step, Target
from ceilift.plan_files import FileKind
from ceilift.release import Catalogue, load_catalogue
from ceilift.state import (
    AgentConfig,
    BusState,
    CloudState,
    DatabaseState,
    Evidence,
    HostState,
    Instance,
    Restart,
)

Field: TypeAlias = Any  # of whichever dataclass is changed

RANGE = re.compile(r"^(?P<stem>.*)\[(?P<first>\d+)-(?P<last>\d+)\]$")
DATABASE = {
    "url": "mysql+pymysql://ceilometer@192.0.2.10/ceilometer",
    "backup": {"host": "ctl1", "folder": "/var/backups/ceilometer"},
}
NOTHING_RUNS_OTHERWISE = {
    Action.BACKUP,
    Action.VERIFY_BACKUP,
    Action.REHEARSE,
    Action.DBSYNC,
    Action.SAVE,
    Action.RESTORE,
    Action.WARM_API,
}
WSGI = {"config": "/etc/apache2/site.conf", "script": "/etc/app.wsgi", "reload": ["true"]}


@cache
def catalogue() -> Catalogue:
    """The catalogue that ships, read once."""
    return load_catalogue()


def inventory(
    roles: Mapping[str, Iterable[str | Mapping[str, object]]], **changes: object
) -> Inventory:
    """A cloud whose hosts have these roles; `changes` replaces sections (None: leaves out)."""
    first = next(iter(roles))
    backup = {**DATABASE["backup"], "host": first}  # type: ignore[dict-item]
    data: dict[str, Any] = {
        "cloud": "test",
        "hosts": [
            {"name": name, "address": f"{name}.example.net", "roles": list(wanted)}
            for name, wanted in roles.items()
        ],
        "database": {**DATABASE, "backup": backup},
        "message_bus": {
            "management_url": "http://192.0.2.10:15672",
            "user": "ceilift",
            "password": {"env": "BUS"},
        },
        "wsgi": WSGI,
        "ledger": "sqlite:///ledger.db",
        **changes,
    }
    return Inventory.model_validate(
        {key: value for key, value in data.items() if value is not None}
    )


def agent(
    component: Component | str,
    host: str,
    release: str | None,
    *,
    namespaces: tuple[str, ...] = (),
    unit: str = "",
    **changes: Field,
) -> Instance:
    """One agent that runs `release` under its usual unit, allowed to restart."""
    component = Component(component)
    if component is Component.POLLING and not namespaces:
        namespaces = ("central",)
    own = AgentConfig(interval_s=10.0, host_value=host, polling_file="/etc/polling.yaml")
    if "central" in namespaces:
        own = replace(own, coordinated=True, group_prefix=host, resources=(host,))
    made = Instance(
        component=component,
        host=host,
        unit=unit or UNITS[component],
        namespaces=namespaces,
        release=release,
        defined_release=release,
        pids=(100,) if release else (),
        config=own,
    )
    return replace(made, **changes)


def agents_of(cloud: Inventory, release: str | None) -> tuple[Instance, ...]:
    """Every agent the inventory wants, all running `release`."""
    found: dict[tuple[str, str], tuple[Component, tuple[str, ...]]] = {}
    for host in cloud.hosts:
        for role in host.roles:
            _, others = found.get((host.name, role.unit_name), (None, ()))
            found[host.name, role.unit_name] = (role.component, (*others, *role.namespaces))
    return tuple(
        agent(component, host, release, namespaces=namespaces, unit=unit)
        for (host, unit), (component, namespaces) in found.items()
    )


def seen(
    cloud: Inventory,
    instances: Iterable[Instance],
    *,
    installed: tuple[str, ...] = (
        "8.1.5",
        "9.0.6",
        "9.0.7",
        "16.0.1",
        "17.0.2",
        "18.1.0",
        "21.0.1",
    ),
    **changes: Field,
) -> CloudState:
    """A look at that cloud, everything reachable and quiet."""
    by_host: dict[str, list[Instance]] = {host.name: [] for host in cloud.hosts}
    for one in instances:
        by_host.setdefault(one.host, []).append(one)
    hosts = tuple(
        HostState(name, installed=installed, tools=("mysqldump",), instances=tuple(found))
        for name, found in by_host.items()
    )
    database = DatabaseState(
        reachable=True,
        backend="mysql",
        size_bytes=40_000_000,
        insert_rate=None,
        backup_free_bytes=10_000_000_000,
    )
    made = CloudState(
        cloud=cloud.cloud,
        taken_at="2026-01-01T00:00:00+00:00",
        hosts=hosts,
        bus=BusState(reachable=True),
        database=database if cloud.database else None,
    )
    return replace(made, **changes)


def all_at(cloud: Inventory, release: str | None, **changes: Field) -> CloudState:
    """That cloud with every wanted agent at one release."""
    return seen(cloud, agents_of(cloud, release), **changes)


def request(to: str = "9.0.7", **changes: Field) -> Request:
    """What the operator asks for; `without` and `accept` as mappings of id to reason."""
    for field in ("without", "accept"):
        given = changes.get(field)
        if isinstance(given, Mapping):
            changes[field] = tuple(Accepted(key, reason) for key, reason in given.items())
    return Request(to=to, **changes)


def begun(state: CloudState) -> CloudState:
    """The same look once an upgrade is open: what runs now is the baseline."""
    return replace(state, baseline=state.baseline or state.instances)


def after(plan: Plan, state: CloudState, nodes: Iterable[str]) -> CloudState:
    """The cloud after those nodes were carried out, in the plan's order."""
    chosen = set(nodes)
    for node in in_order(plan):
        if node.id in chosen:
            state = _carried_out(state, node, plan.to)
    return state


def in_order(plan: Plan) -> Iterator[Step | Gate]:
    """Steps and gates wave by wave."""
    nodes: dict[str, Step | Gate] = {step.id: step for step in plan.steps}
    nodes |= {gate.id: gate for gate in plan.gates}
    return (nodes[one] for stage in plan.stages for wave in stage.batches for one in wave)


def hosts_named(text: str) -> list[str]:
    """`cmp[1-3]` as cmp1, cmp2, cmp3, padded as wide as the first number is written."""
    found = RANGE.match(text)
    if found is None:
        return [text]
    first, last = found["first"], found["last"]
    return [f"{found['stem']}{n:0{len(first)}d}" for n in range(int(first), int(last) + 1)]


def _carried_out(state: CloudState, node: Step | Gate, to: str) -> CloudState:
    state = replace(state, evidence=(*state.evidence, Evidence(node.id, to)))
    if isinstance(node, Gate) or node.action in NOTHING_RUNS_OTHERWISE:
        return state
    return replace(
        state,
        hosts=tuple(
            replace(host, instances=_changed(host, node, to))
            if any(target.host == host.name for target in node.targets)
            else host
            for host in state.hosts
        ),
    )


def _changed(host: HostState, step: Step, to: str) -> tuple[Instance, ...]:
    targets = [target for target in step.targets if target.host == host.name]
    found = {one.key: one for one in host.instances}
    for target in targets:
        was = _instance(host, target)
        if step.action is Action.REMOVE:
            found.pop(was.key, None)
        else:
            found[was.key] = _reading(_acted(_with_files(was, step), step, to), step)
    return tuple(found.values())


def _reading(one: Instance, step: Step) -> Instance:
    """The agent with the polling file that the step gave it; without one, with what it had."""
    given = next((file for file in step.files if file.kind is FileKind.POLLING), None)
    if given is None:
        return one
    return replace(one, config=replace(one.config, polling_digest=given.digest))


def _instance(host: HostState, target: Target) -> Instance:
    for one in host.instances:
        same = one.component is target.component
        if same and (one.unit == target.unit or one.component is Component.API):
            return one
    return Instance(target.component, host.name, target.unit, target.namespaces)


def _with_files(was: Instance, step: Step) -> Instance:
    """The agent whose own files are those that the step puts there."""
    own = [one for one in step.files if not one.place and one.kind is not FileKind.POLLING]
    changes: dict[str, Any] = {f"{file.kind}_digest": file.digest for file in own}
    return replace(was, config=replace(was.config, **changes))


def _acted(was: Instance, step: Step, to: str) -> Instance:
    runs = step.release or to
    at: Mapping[Action, dict[str, Any]] = {
        Action.WRITE: {},
        Action.RELOAD: {},
        Action.STOP: {"release": None, "pids": (), "restart": Restart.PREVENTED},
        Action.BESIDE: {
            "release": runs,
            "defined_release": runs,
            "pids": (300,),
            "restart": Restart.PREVENTED,
        },
        Action.MERGE: {"release": to, "pids": (400,), "restart": Restart.ENABLED},
        Action.START: {"release": to, "defined_release": to, "pids": (200,)},
        Action.STOP_API: {"release": None, "pids": ()},
        Action.START_API: {"release": to, "defined_release": to, "pids": (500,)},
        Action.SWITCH_API: {"release": to, "defined_release": to},
        Action.ENABLE: {"restart": Restart.ENABLED},
    }
    return replace(was, **at[step.action])
