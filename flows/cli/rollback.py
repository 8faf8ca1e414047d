"""`ceilift rollback`: takes the last upgrade back, from wherever it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from ceilift.clock import now
from ceilift.plan import Request
from ceilift.schedule import ANY_TIME
from flows.cli.domain import load_inventory
from flows.cli.options import (
    AcceptOption,
    FirstOption,
    FormatOption,
    InventoryOption,
    ProbeOption,
    ReasonOption,
    RestoreOption,
    StopAllOption,
    WithoutOption,
    names,
    with_reasons,
)
from flows.cli.output import Format, command, say
from flows.cli.terminal import Terminal, run_upgrade
from flows.cli.upgrade import (
    ApproveOption,
    ApproverOption,
    CommentOption,
    DaysOption,
    DryRunOption,
    QuietOption,
    WaitOption,
    WindowOption,
    ask,
    consent_of,
)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(rollback)


@command
def rollback(
    inventory: InventoryOption,
    approve: ApproveOption = "",
    dry_run: DryRunOption = False,
    first: FirstOption = None,
    stop_all: StopAllOption = None,
    restore_database: RestoreOption = False,
    accept: AcceptOption = None,
    without: WithoutOption = None,
    reason: ReasonOption = None,
    probe: ProbeOption = False,
    approver: ApproverOption = "",
    comment: CommentOption = "",
    window: WindowOption = ANY_TIME,
    wait: WaitOption = False,
    approval_days: DaysOption = 14,
    quiet: QuietOption = False,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Take the last upgrade back: what ran before runs again, proven by the same gates.

    By the path that was taken, its stages in reverse order. The database stays as it is, unless
    --restore-database brings it back to the upgrade's dump; the plan counts what is lost.
    """
    begun = now()
    load_inventory(inventory)
    accepted, aside = with_reasons(accept, without, reason)
    asked = Request(
        to="",
        first=first,
        accept=accepted,
        without=aside,
        probe=probe,
        stop_all=names(stop_all),
        rollback=True,
        restore_database=restore_database,
    )
    form = rollback_form(asked, inventory)
    if not approve and not dry_run:
        approve = ask(inventory, _wish(form), format)
    consent = consent_of(approve, approver, comment, approval_days)
    form |= {**consent, "window": window, "wait": wait, "dry_run": dry_run}
    run_upgrade("rollback", form, Terminal(begun=begun, quiet=quiet, format=format))


def rollback_form(request: Request, inventory: Path) -> dict[str, Any]:
    """The flow's form for a rollback; what it leads to and by which path is not in it."""
    return {
        "inventory": str(inventory.resolve()),
        "accept": [{"name": item.id, "reason": item.reason} for item in request.accept],
        "without": [{"name": item.id, "reason": item.reason} for item in request.without],
        "probe": request.probe,
        "start_old": request.start_old or "",
        "first": request.first or "",
        "stop_all": list(request.stop_all),
        "restore_database": request.restore_database,
    }


def _wish(form: dict[str, Any]) -> Request:
    """What the form asks for, with what the ledger and the hosts know of it."""
    from ceilift.cloud import Cloud
    from ceilift.secrets import EnvFileSecrets
    from flows.rollback_form import parse_rollback

    asked = parse_rollback(form)
    described = load_inventory(asked.file)
    aside = [item.name for item in asked.without]
    with Cloud(described, EnvFileSecrets(), aside) as cloud:
        request = asked.wish(cloud)
    say(f"the last upgrade of {described.cloud} goes back to {request.to}")
    return request
