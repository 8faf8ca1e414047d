"""`ceilift deploy`: the work pool, every deployment and the automations, at a Prefect server."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.options import FormatOption
from flows.cli.output import Format, command, print_json, say

NotifyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--notify",
        metavar="TYPE/NAME",
        help="A notification block that is told of crashed and late runs. Repeatable.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(deploy)


@command
def deploy(notify: NotifyOption = None, format: FormatOption = Format.TEXT) -> None:  # noqa: A002 - the option's name
    """Register pool, deployments and automations at PREFECT_API_URL, else at the private server."""
    names = registered(tuple(notify or ()))
    if format is Format.JSON:
        print_json({"automations": names})


def registered(notify: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Register everything; gives the automations' names."""
    from flows import server, worker

    server.ensure_server()
    from flows.automations import register_automations
    from flows.blocks import register_types

    say(f"block types: {', '.join(register_types())}")
    names = register_automations(worker.project_folder(), notify)
    say(f"automations: {', '.join(names)}")
    say("deploying flows")
    worker.deploy_all()
    return names
