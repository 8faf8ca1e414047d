"""Tables of what was seen, for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from ceilift.state import CloudState, HostState, Instance

OTHERS = ("ceilometer-api", "file")  # sources of samples that tell nothing of a database


def state_table(console: Console, state: CloudState) -> None:
    """What runs where, then the bus, the groups, and the database or what samples are read from."""
    console.print(_instances(state))
    for host in state.hosts:
        if not host.reachable:
            console.print(f"{host.name}: {host.problem_kind}: {host.problem}", markup=False)
    console.print(_hosts(state))
    _bus(console, state)
    _groups(console, state)
    _database(console, state)
    _accounts(console, state)
    _gnocchi(console, state)


def _instances(state: CloudState) -> Table:
    table = Table(title=f"Cloud {state.cloud}, seen {state.taken_at}", title_justify="left")
    for heading in ("host", "component", "unit", "runs", "defined", "restart", "pids", "digests"):
        table.add_column(heading)
    for item in state.instances:
        table.add_row(*_instance_row(item))
    return table


def _instance_row(item: Instance) -> tuple[str, ...]:
    name = item.component.value + (f" {'+'.join(item.namespaces)}" if item.namespaces else "")
    return (
        item.host,
        name,
        item.unit,
        item.release or "not running",
        item.defined_release or "-",
        item.restart.value,
        " ".join(str(pid) for pid in item.pids),
        f"{item.config.config_digest[:8]} {item.config.pipeline_digest[:8]}",
    )


def _hosts(state: CloudState) -> Table:
    table = Table(title="Hosts", title_justify="left")
    for heading in ("host", "releases installed", "dump tools", "clock"):
        table.add_column(heading)
    for host in state.hosts:
        table.add_row(
            host.name, ", ".join(host.installed) or "-", ", ".join(host.tools) or "-", _skew(host)
        )
    return table


def _skew(host: HostState) -> str:
    return "-" if host.clock_skew_s is None else f"{host.clock_skew_s:+.2f} s"


def _bus(console: Console, state: CloudState) -> None:
    if state.bus is None:
        return
    if not state.bus.reachable:
        console.print(f"Message bus: not reached: {state.bus.problem}", markup=False)
        return
    rate = "-" if state.bus.publish_rate is None else f"{state.bus.publish_rate:.1f}"
    table = Table(title=f"Message bus: {rate} messages/s published", title_justify="left")
    for heading in ("queue", "ready", "unacknowledged", "consumers"):
        table.add_column(heading)
    for queue in state.bus.queues:
        table.add_row(queue.name, str(queue.ready), str(queue.unacknowledged), str(queue.consumers))
    console.print(table)


def _groups(console: Console, state: CloudState) -> None:
    if not state.groups:
        return
    table = Table(title="Coordination groups", title_justify="left")
    for heading in ("group", "live members", "ghosts"):
        table.add_column(heading)
    for group in state.groups:
        table.add_row(group.name, str(group.members), str(group.ghosts))
    console.print(table)


def _database(console: Console, state: CloudState) -> None:
    found = state.database
    if found is None:
        console.print("Samples: no place in this inventory where they can be read")
        return
    name = f"Samples from {found.backend}" if found.backend in OTHERS else "Database"
    rate = "-" if found.insert_rate is None else f"{found.insert_rate:.1f}"
    if not found.reachable:
        console.print(f"{name}: not reached: {found.problem}", markup=False)
    elif found.backend in OTHERS:
        console.print(f"{name}: {rate} samples/s written")
    else:
        size = "-" if found.size_bytes is None else f"{found.size_bytes / 1e6:.1f} MB"
        console.print(
            f"Database: {found.backend} {found.version}, {size}, {found.samples} samples, "
            f"{rate} rows/s written"
        )


def _accounts(console: Console, state: CloudState) -> None:
    """What the accounts of the databases may do, as far as it was told."""
    for one in state.accounts:
        what = one.problem or f"{one.name} has {', '.join(one.held) or 'no privilege'}"
        migrated = "" if one.migration is None else f"; migrated up to {one.migration}"
        console.print(f"Account of the {one.use}: {what}{migrated}", markup=False)


def _gnocchi(console: Console, state: CloudState) -> None:
    found = state.gnocchi
    if found is None:
        return
    if not found.reachable:
        console.print(f"Gnocchi: not reached: {found.problem}", markup=False)
        return
    waits = found.unread or f"{found.measures} measures of {found.metrics} metrics wait"
    console.print(f"Gnocchi {found.version or 'of an unknown version'}: {waits}", markup=False)
