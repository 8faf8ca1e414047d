"""`ceilift upgrade`: plan, approval, every stage with its gates, and the report."""

from __future__ import annotations

import getpass
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from ceilift.clock import now
from ceilift.errors import DONE, REFUSED, BadInputError, Fault, PausedError
from ceilift.plan import PATHS, Plan, Request
from flows.cli.domain import (
    load_catalogue,
    load_inventory,
    plan_to_json,
    plan_to_markdown,
)
from flows.cli.lines import closing_line, resume_command, upgrade_command
from flows.cli.look import planned
from flows.cli.options import (
    AcceptOption,
    ApiAfterOption,
    FirstOption,
    FormatOption,
    InventoryOption,
    NewEventPipelineOption,
    NewPipelineOption,
    NewPollingOption,
    OnlyOption,
    OrderOption,
    PathOption,
    PolicyOption,
    ProbeOption,
    ReasonOption,
    Rolling,
    StopAllOption,
    ToOption,
    WithoutOption,
    given_files,
    make_request,
    with_reasons,
)
from flows.cli.output import Format, command, print_json, stderr, stdout
from flows.cli.terminal import Terminal, run_upgrade

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Go through the plan without one changing command.")
]
ApproveOption = Annotated[
    str, typer.Option("--approve", help="Hash of the plan you approve, for scripts.")
]
ApproverOption = Annotated[
    str, typer.Option("--approver", help="Who approves; recorded as stated.")
]
CommentOption = Annotated[str, typer.Option("--comment", help="Kept with the run.")]
WindowOption = Annotated[
    str, typer.Option("--window", help="Keep to this window (default: any), or any-time.")
]
WaitOption = Annotated[
    bool, typer.Option("--wait", help="Outside the window wait for it, instead of refusing.")
]
DaysOption = Annotated[
    int, typer.Option("--approval-days", help="For how many days the approval is good.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", help="No progress lines.")]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(upgrade)


@command
def upgrade(
    inventory: InventoryOption,
    to: ToOption,
    path: PathOption = "full",
    approve: ApproveOption = "",
    dry_run: DryRunOption = False,
    first: FirstOption = None,
    api_after: ApiAfterOption = "polling",
    accept: AcceptOption = None,
    without: WithoutOption = None,
    reason: ReasonOption = None,
    order: OrderOption = None,
    only: OnlyOption = None,
    stop_all: StopAllOption = None,
    policy: PolicyOption = None,
    new_polling: NewPollingOption = "",
    new_pipeline: NewPipelineOption = "",
    new_event_pipeline: NewEventPipelineOption = "",
    probe: ProbeOption = False,
    approver: ApproverOption = "",
    comment: CommentOption = "",
    window: WindowOption = "",
    wait: WaitOption = False,
    approval_days: DaysOption = 14,
    quiet: QuietOption = False,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Carry out an upgrade: plan, approval, every stage with its gates, and the report."""
    begun = now()
    known_path(path)
    request = make_request(
        to,
        path,
        first=first,
        api_after=api_after,
        probe=probe,
        exceptions=with_reasons(accept, without, reason),
        rolling=Rolling(order, only, stop_all, policy),
        files=given_files(new_polling, new_pipeline, new_event_pipeline),
    )
    _known(inventory, to)
    if not approve and not dry_run:
        approve = ask(inventory, request, format)
    consent = consent_of(approve, approver, comment, approval_days)
    when = {"window": window, "wait": wait, "dry_run": dry_run}
    form = {**form_of(request, inventory), **consent, **when}
    run_upgrade(request.path, form, Terminal(begun=begun, quiet=quiet, format=format))


def consent_of(approve: str, approver: str, comment: str, days: int) -> dict[str, Any]:
    """What the form is told of the approval; nobody named is who typed it."""
    name = approver or getpass.getuser()
    return {"approve": approve, "approver": name, "comment": comment, "approval_days": days}


def _known(inventory: Path, to: str) -> None:
    """Raises BadInputError for an inventory with faults, or a release not in the catalogue."""
    load_inventory(inventory)
    load_catalogue().get(to)


def known_path(path: str) -> None:
    """Raises BadInputError for a path that is none: there is no flow to start for it."""
    if path not in PATHS:
        remedy = f"Use one of: {', '.join(PATHS)}"
        raise BadInputError([Fault("command line", "--path", f"there is no path {path!r}", remedy)])


def ask(inventory: Path, request: Request, style: Format, verb: str = "upgrade") -> str:
    """Show the plan and ask for approval; returns the approved hash.

    Raises PausedError (exit 4) when there is nobody to ask, or the answer is no. As JSON the plan
    is on stdout only when it is all that comes: what is approved ends with a report there.
    """
    made = planned(inventory, request)
    shown = stdout() if style is Format.TEXT else stderr()
    shown.print(plan_to_markdown(made), markup=False)
    idle = not (made.steps or made.gates)
    someone = sys.stdin.isatty() and sys.stdout.isatty()
    if style is Format.JSON and (made.blockers or idle or not someone):
        print_json(plan_to_json(made))
    if made.blockers or idle:
        shown.print(closing_line(made, inventory), markup=False)
        raise typer.Exit(REFUSED if made.blockers else DONE)
    asking = resume_command if verb == "resume" else upgrade_command
    line = f"{asking(request, inventory)} --approve {made.hash}"
    if not someone:
        raise PausedError(
            f"plan {made.hash} is not approved and there is no terminal to ask on",
            next_command=line,
        )
    return _answer(made, line)


def _answer(made: Plan, line: str) -> str:
    answer = typer.prompt(f"Approve plan {made.hash}? Type yes to carry it out", default="no")
    if answer.strip().lower() != "yes":
        raise PausedError(
            f"plan {made.hash} was not approved; nothing was changed", next_command=line
        )
    return made.hash


def form_of(request: Request, inventory: Path) -> dict[str, Any]:
    """The flow's form for a request of the command line."""
    full = {"api_after": request.api_after, "first": request.first or ""}
    partial = {
        "order": list(request.order),
        "only": list(request.only),
        "stop_all": list(request.stop_all),
        "policies": [asdict(policy) for policy in request.policies],
    }
    return {
        **(partial if request.path == "partial" else full),
        "inventory": str(inventory.resolve()),
        "to": request.to,
        "accept": [{"name": item.id, "reason": item.reason} for item in request.accept],
        "without": [{"name": item.id, "reason": item.reason} for item in request.without],
        "probe": request.probe,
        "start_old": request.start_old or "",
        **{f"new_{file.kind}": file.path for file in request.files},
    }
