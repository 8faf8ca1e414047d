"""`ceilift serve`: Prefect for a single machine, with its UI, in one command."""

from __future__ import annotations

from typing import Annotated

import typer

from ceilift.errors import CeiliftError
from flows.cli.deploy import registered
from flows.cli.options import FormatOption
from flows.cli.output import Format, command, print_json, say, stdout

StopOption = Annotated[
    bool, typer.Option("--stop", help="End the server and the worker that serve started.")
]
StatusOption = Annotated[bool, typer.Option("--status", help="Say what runs, and where the UI is.")]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(serve)


@command
def serve(
    stop: StopOption = False,
    status: StatusOption = False,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Start a private Prefect server, pool and worker on this machine, and deploy every flow."""
    if stop:
        _stop(format)
    elif status:
        _status(format)
    else:
        _start(format)


def _start(style: Format) -> None:
    from flows import server, worker

    say("starting the Prefect server")
    url = server.ensure_server()
    registered()
    _tell(url.removesuffix("/api"), worker.start_worker(), style)


def _stop(style: Format) -> None:
    from flows import server, worker

    ways = (("worker", worker.stop_worker), ("server", server.stop_server))
    ended = [name for name, end in ways if end()]
    if style is Format.JSON:
        print_json({"stopped": ended})
    else:
        say(f"stopped: {', '.join(ended) or 'nothing was running'}")


def _status(style: Format) -> None:
    from flows import server, worker

    found = server.running_server()
    if found is None:
        raise CeiliftError("no private Prefect server runs", next_command="ceilift serve")
    _tell(found.ui_url, worker.worker_pid(), style)


def _tell(ui: str, pid: int | None, style: Format) -> None:
    if style is Format.JSON:
        print_json({"ui": ui, "worker": pid})
        return
    worker = f"pid {pid}" if pid else "not running"
    stdout().print(f"Prefect UI: {ui}\nworker: {worker}", markup=False)
