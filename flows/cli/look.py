"""Commands that only look: preflight, plan, verify, status, history."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ceilift.errors import REFUSED, BadInputError, CeiliftError, Fault
from ceilift.plan import Plan, Request
from flows.cli.domain import (
    hops_to_json,
    hops_to_text,
    load_catalogue,
    load_inventory,
    make_plan,
    plan_to_json,
    plan_to_markdown,
    state_from_json,
    state_to_json,
    way_by_hops,
)
from flows.cli.lines import closing_line
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
from flows.cli.output import Format, command, print_json, say, stdout

if TYPE_CHECKING:
    from ceilift.inventory import Inventory
    from ceilift.state import CloudState
    from ceilift.way_by_hops import Hop

SaveOption = Annotated[
    Path | None,
    typer.Option("--save", help="Write what was seen to this file, for `plan --state`."),
]
IntervalsOption = Annotated[
    int, typer.Option("--intervals", min=4, help="How many polling intervals to look back.")
]
StateOption = Annotated[
    Path | None, typer.Option("--state", help="Plan from a saved state: no network is used.")
]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(preflight)
    app.command()(plan)
    app.command()(verify)


@command
def preflight(
    inventory: InventoryOption,
    save: SaveOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Look at the cloud: what runs where, which release it really is, queues, groups, database."""
    from flows.cli.tables import state_table

    state = look(inventory)
    if save is not None:
        save_state(state, save)
    if format is Format.JSON:
        print_json(state_to_json(state))
    else:
        state_table(stdout(), state)
    unreachable = [host.name for host in state.hosts if not host.reachable]
    if unreachable:
        raise CeiliftError(
            f"not reached: {', '.join(unreachable)}", next_command="ceilift inventory check"
        )


@command
def plan(
    inventory: InventoryOption,
    to: ToOption,
    path: PathOption = "full",
    state: StateOption = None,
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
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Show what an upgrade would do, step by step, and the exact command that would do it."""
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
    described = load_inventory(inventory)
    catalogue = load_catalogue()
    catalogue.get(to)
    if state is None:
        made, seen = looked(inventory, request)
    else:
        seen = _saved(state, request)
        made = make_plan(described, seen, catalogue, request)
    _show(made, inventory, format, way_by_hops(made, described, seen, catalogue))
    if made.blockers:
        raise typer.Exit(REFUSED)


def _show(made: Plan, inventory: Path, style: Format, hops: Sequence[Hop]) -> None:
    if style is Format.JSON:
        print_json(plan_to_json(made) | {"hops": hops_to_json(hops)})
    else:
        stdout().print(plan_to_markdown(made), markup=False)
        if hops:
            stdout().print(hops_to_text(hops), markup=False)
        stdout().print(closing_line(made, inventory), markup=False)


@command
def verify(
    inventory: InventoryOption,
    intervals: IntervalsOption = 6,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Prove from stored samples that telemetry flows: every poll due was stored, and once."""
    from ceilift.cloud import Cloud
    from ceilift.secrets import EnvFileSecrets
    from tasks.verification import verify_cloud

    with Cloud(load_inventory(inventory), EnvFileSecrets()) as cloud:
        found = verify_cloud(cloud, intervals=intervals)
    if format is Format.JSON:
        account = asdict(found.account) if found.account else None
        print_json({"outcome": found.outcome, "headline": found.headline, "account": account})
    else:
        stdout().print(found.markdown(), markup=False)
    raise typer.Exit(found.exit_code)


def look(inventory: Path) -> CloudState:
    """A fresh look at the cloud of that inventory, told on standard error.

    The measured rates are kept in the ledger: their median tells what is usual.
    """
    from ceilift.cloud import Cloud
    from ceilift.observe import observe, remember_activity
    from ceilift.secrets import EnvFileSecrets

    described = _told(inventory)
    with Cloud(described, EnvFileSecrets()) as cloud:
        state = observe(cloud, load_catalogue())
        remember_activity(cloud, state)
    return state


def planned(inventory: Path, request: Request) -> Plan:
    """The plan for the cloud as a fresh look shows it: see `looked`."""
    return looked(inventory, request)[0]


def looked(inventory: Path, request: Request) -> tuple[Plan, CloudState]:
    """The plan for the cloud as a fresh look, told on standard error, shows it; and that look.

    The order in which it replaces polling agents is kept in the ledger: who approves the plan finds
    it again.
    """
    from ceilift.cloud import Cloud
    from ceilift.observe import observe, remember_turns
    from ceilift.secrets import EnvFileSecrets

    described, catalogue = _told(inventory), load_catalogue()
    with Cloud(described, EnvFileSecrets(), [item.id for item in request.without]) as cloud:
        state = observe(cloud, catalogue, request)
        made = make_plan(described, state, catalogue, request)
        remember_turns(cloud, made)
    return made, state


def _told(inventory: Path) -> Inventory:
    described = load_inventory(inventory)
    say(f"looking at cloud {described.cloud}: {len(described.hosts)} hosts")
    return described


def _saved(file: Path, request: Request) -> CloudState:
    """A saved state, with what the request's new files say now."""
    state = read_state(file)
    if not request.files:
        return state
    from ceilift.new_files import read_new_files

    return replace(state, new_files=read_new_files(request))


def save_state(state: CloudState, file: Path) -> None:
    """Write a state for `plan --state`. Raises BadInputError when the file cannot be written."""
    text = json.dumps(state_to_json(state), indent=2, sort_keys=True)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        what = f"cannot be written ({error.strerror})"
        fault = Fault(str(file), "", what, "Give --save a file in a folder you may write in")
        raise BadInputError([fault]) from None
    say(f"saved to {file}")


def read_state(file: Path) -> CloudState:
    """A state that `preflight --save` wrote. Raises BadInputError for anything else."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        fault = Fault(
            str(file),
            "",
            f"cannot be read ({error})",
            "Write one with: ceilift preflight --save FILE",
        )
        raise BadInputError([fault]) from None
    return state_from_json(data, str(file))
