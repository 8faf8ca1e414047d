"""`ceilift resume`: goes on with the open upgrade, or with the rollback of one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ceilift.clock import now
from ceilift.errors import RefusedError
from ceilift.plan import Request
from flows.cli.domain import load_inventory
from flows.cli.options import FirstOption, FormatOption, InventoryOption
from flows.cli.output import Format, command
from flows.cli.rollback import rollback_form
from flows.cli.terminal import Terminal, run_upgrade
from flows.cli.upgrade import (
    ApproveOption,
    ApproverOption,
    DaysOption,
    QuietOption,
    WaitOption,
    WindowOption,
    ask,
    consent_of,
    form_of,
)

StartOldOption = Annotated[
    str | None,
    typer.Option("--start-old", help="After a failed gate: run this stage's old release again."),
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(resume)


@command
def resume(
    inventory: InventoryOption,
    approve: ApproveOption = "",
    first: FirstOption = None,
    start_old: StartOldOption = None,
    approver: ApproverOption = "",
    window: WindowOption = "",
    wait: WaitOption = False,
    approval_days: DaysOption = 14,
    quiet: QuietOption = False,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Go on with the open upgrade: what is unknown is looked at, what is done is not done again.

    Without --approve it goes on under the approval it has, as long as what remains is exactly
    what was approved. --first and --start-old are other wishes: their plan
    is shown and has to be approved.
    """
    begun = now()
    request = _open_request(inventory)
    if first is not None or start_old is not None:
        request = replace(request, first=first or request.first, start_old=start_old)
        approve = approve or ask(inventory, request, format, "resume")
    consent = consent_of(approve, approver, "resume", approval_days)
    when = {"window": window, "wait": wait, "dry_run": False}
    kind, form = _form(request, inventory)
    form |= {**consent, **when}
    run_upgrade(kind, form, Terminal(begun=begun, quiet=quiet, format=format))


def _open_request(inventory: Path) -> Request:
    """What the open upgrade was last approved for. Raises RefusedError when none is open."""
    from ceilift.cloud import Cloud
    from ceilift.secrets import EnvFileSecrets
    from tasks.run import approved_before

    described = load_inventory(inventory)
    with Cloud(described, EnvFileSecrets()) as cloud:
        found = approved_before(cloud.ledger, described.cloud)
    if found is None:
        raise RefusedError(
            f"cloud {described.cloud} has no open upgrade; nothing was changed",
            next_command=f"ceilift status --inventory {inventory}",
        )
    return found[1].request


def _form(request: Request, inventory: Path) -> tuple[str, dict[str, Any]]:
    """The kind of flow that goes on with the request, and its form."""
    if request.rollback:
        return "rollback", rollback_form(request, inventory)
    return request.path, form_of(request, inventory)
