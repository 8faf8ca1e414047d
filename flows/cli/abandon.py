"""Gives an open upgrade up: nothing is done on the hosts, and what it leaves there is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ceilift.errors import BadInputError, Fault, RefusedError
from ceilift.leftovers import Leftovers, leftovers
from ceilift.plan import Target
from ceilift.record import NodeStatus, OpenUpgrade
from flows.cli.domain import plan_from_json
from flows.cli.memory import counted, opened
from flows.cli.options import FormatOption, InventoryOption
from flows.cli.output import Format, command, print_json, say, stdout

if TYPE_CHECKING:
    from ceilift.cloud import Cloud
    from ceilift.record import Lease, NodeState

WhyOption = Annotated[str, typer.Option("--reason", help="Why; recorded, and shown in history.")]


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(abandon)


@command
def abandon(
    inventory: InventoryOption,
    reason: WhyOption,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Give the open upgrade up. Hosts stay as they are; another upgrade may begin then."""
    from tasks.run import give_up

    if not reason.strip():
        remedy = "Say why in a word or two: it is recorded"
        raise BadInputError([Fault("command line", "--reason", "is blank", remedy)])
    with opened(inventory) as cloud:
        name = cloud.inventory.cloud
        found, holder = cloud.ledger.open_upgrade(name), cloud.ledger.leases.holder(name)
        if found is None and not (holder and holder.waits):
            raise RefusedError(
                f"cloud {name} has no open upgrade; nothing was changed",
                next_command=f"ceilift status --inventory {inventory}",
            )
        left = _left(cloud, found) if found is not None else None
        give_up(cloud.ledger, name, reason.strip())
    if found is not None and left is not None:
        _tell(found, *left, inventory, format)
    elif holder is not None:
        _tell_released(holder, format)


def _tell_released(holder: Lease, style: Format) -> None:
    if style is Format.JSON:
        print_json({"upgrade": None, "outcome": "released", "run": holder.owner})
        return
    stdout().print(
        f"{holder.owner} waited for an answer and holds {holder.cloud} no longer. No upgrade was "
        "open. Cancel that run in the Prefect UI",
        markup=False,
    )


def _left(cloud: Cloud, found: OpenUpgrade) -> tuple[tuple[NodeState, ...], Leftovers]:
    plan = plan_from_json(json.loads(found.plan))
    nodes = [node for stage in plan.stages for batch in stage.batches for node in batch]
    states = cloud.ledger.status(found.id, nodes)
    return states, leftovers(plan, {one.node for one in states if one.status is NodeStatus.DONE})


def _tell(
    found: OpenUpgrade,
    states: tuple[NodeState, ...],
    left: Leftovers,
    inventory: Path,
    style: Format,
) -> None:
    following = f"ceilift plan --inventory {inventory} --to {found.to} --path {found.path}"
    stopped, beside = _names(left.stopped), _names(left.beside)
    if style is Format.JSON:
        print_json(
            {
                "upgrade": found.id,
                "to": found.to,
                "outcome": "abandoned",
                "stopped": stopped,
                "beside": beside,
                "next": following,
            }
        )
        return
    stdout().print(
        f"Upgrade {found.id} of {found.cloud} to {found.to} is abandoned ({counted(states)}). "
        "The hosts stay as they are.",
        markup=False,
    )
    if stopped:
        line = f"Stopped by it and not started again: {', '.join(stopped)}"
        stdout().print(line, markup=False)
    if beside:
        stdout().print(f"Still beside an old agent: {', '.join(beside)}", markup=False)
    say(f"Next: {following}")


def _names(targets: tuple[Target, ...]) -> list[str]:
    return [f"{one.unit or one.component.value} on {one.host}" for one in targets]
