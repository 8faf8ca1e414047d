"""Commands that remember: status and history, told from the ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from ceilift.clock import timestamp
from ceilift.record import NodeState, NodeStatus, OpenUpgrade
from flows.cli.domain import load_inventory, plan_from_json
from flows.cli.options import FormatOption, InventoryOption
from flows.cli.output import Format, command, print_json, say, stdout

if TYPE_CHECKING:
    from ceilift.cloud import Cloud


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(status)
    app.command()(history)


@command
def status(
    inventory: InventoryOption,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """What is done, failed, not started and unknown, who approved it, and what to type next."""
    with opened(inventory, only_reading=True) as cloud:
        found = cloud.ledger.open_upgrade(cloud.inventory.cloud)
        if found is None:
            _idle(cloud, inventory, format)
        else:
            _open(cloud, found, inventory, format)


@command
def history(
    inventory: InventoryOption,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Every upgrade of this cloud: when, from what to what, who approved it, how it ended."""
    with opened(inventory, only_reading=True) as cloud:
        past = cloud.ledger.history(cloud.inventory.cloud)
    if format is Format.JSON:
        print_json([{name: getattr(item, name) for name in item.__slots__} for item in past])
        return
    table = Table("no.", "opened", "path", "from", "to", "plan", "runs", "approved by", "outcome")
    for item in past:
        outcome = f"{item.outcome} {item.ended_at}" if item.ended_at else "open"
        outcome += f", taken back by {item.undone_by}" if item.undone_by else ""
        path = item.path + (f", back from {item.undoes}" if item.undoes else "")
        cells = (item.opened_at, path, item.releases, item.to, item.plan_hash, str(item.runs))
        table.add_row(str(item.id), *cells, item.approved_by, outcome)
    stdout().print(table)


def opened(inventory: Path, *, only_reading: bool = False) -> Cloud:
    """The cloud of that inventory, to be used in a `with`; whether its ledger is only read."""
    from ceilift.cloud import Cloud
    from ceilift.secrets import EnvFileSecrets

    return Cloud(load_inventory(inventory), EnvFileSecrets(), only_reading=only_reading)


def _open(cloud: Cloud, found: OpenUpgrade, inventory: Path, style: Format) -> None:
    plan = plan_from_json(json.loads(found.plan))
    nodes = [node for stage in plan.stages for batch in stage.batches for node in batch]
    states = cloud.ledger.status(found.id, nodes)
    approval = cloud.ledger.approved(found.id, found.plan_hash)
    following = _ways_on(cloud, found, inventory)
    if style is Format.JSON:
        print_json(
            {
                "upgrade": found.id,
                "state": found.state,
                "to": found.to,
                "plan": found.plan_hash,
                "approved_by": approval.name if approval else None,
                "approved_until": approval.until if approval else None,
                "nodes": [
                    {"node": s.node, "status": s.status.value, "detail": s.detail} for s in states
                ],
                "next": following,
            }
        )
        return
    approved = f"approved by {approval.name} at {approval.at}" if approval else "not approved"
    if approval and approval.until is not None:
        approved += f", good until {timestamp(approval.until)}"
    stdout().print(
        f"Upgrade {found.id} of {found.cloud} to {found.to}, opened {found.opened_at}: "
        f"{found.state}; plan {found.plan_hash}, {approved}",
        markup=False,
    )
    holder = cloud.ledger.leases.holder(found.cloud)
    if holder is not None:
        left = cloud.ledger.leases.seconds_left(holder)
        until = f"its lease ends in {left:.0f} s, unless its process lives and renews it"
        stdout().print(f"Held by {holder.owner}; {until}", markup=False)
    stdout().print(_table(states))
    stdout().print(counted(states), markup=False)
    say(f"Next: {following}")


def _ways_on(cloud: Cloud, found: OpenUpgrade, inventory: Path) -> str:
    """What the report of the run that failed or paused said to type; else to resume."""
    if found.state == "suspended":
        return "answer the run that asks, in the Prefect UI"
    told = found.state in {"failed", "paused"}
    reports = cloud.ledger.documents(found.id, "report") if told else ()
    said = json.loads(reports[-1].body).get("next_command", "") if reports else ""
    return said or f"ceilift resume --inventory {inventory}"


def _idle(cloud: Cloud, inventory: Path, style: Format) -> None:
    """No open upgrade: what runs now, and the next command."""
    from ceilift.probe import observe_hosts
    from ceilift.release import load_catalogue

    hosts = observe_hosts(cloud.connections, cloud.inventory, tuple(load_catalogue().releases))
    running = sorted({i.release for host in hosts for i in host.instances if i.release})
    unread = [host.name for host in hosts if not host.reachable]
    installed = sorted({release for host in hosts for release in host.installed})
    following = f"ceilift plan --inventory {inventory} --to RELEASE --path full"
    holder = cloud.ledger.leases.holder(cloud.inventory.cloud)
    if style is Format.JSON:
        held = None if holder is None else holder.owner
        found = {
            "running": running,
            "installed": installed,
            "not_reached": unread,
            "held_by": held,
        }
        print_json({"upgrade": None, **found, "next": following})
        return
    line = f"No open upgrade of {cloud.inventory.cloud}. Runs: {', '.join(running) or 'nothing'}; "
    stdout().print(line + f"installed: {', '.join(installed) or 'nothing'}", markup=False)
    if unread:
        stdout().print(f"Not reached, so not known: {', '.join(unread)}", markup=False)
    if holder is not None:
        until = timestamp(holder.expires_at)
        stdout().print(f"Held by {holder.owner}, {holder.stage}, until {until}", markup=False)
    for aside in cloud.ledger.aside(cloud.inventory.cloud):
        what = f"{aside.host} was set aside at {aside.at} ({aside.reason})"
        stdout().print(f"{what} and is still not at {aside.to}", markup=False)
    say(f"Next: {following}")


def _table(states: tuple[NodeState, ...]) -> Table:
    table = Table("step or gate", "status", "at", "detail")
    for state in states:
        table.add_row(state.node, state.status.value, state.at[:19], state.detail[:200])
    return table


def counted(states: tuple[NodeState, ...]) -> str:
    """How many nodes there are of each status, in words."""
    found = {status: sum(s.status is status for s in states) for status in NodeStatus}
    return ", ".join(f"{count} {status.value}" for status, count in found.items() if count)
