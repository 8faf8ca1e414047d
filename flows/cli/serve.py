"""`ceilift serve`: Prefect for a single machine, with its UI, in one command."""

from __future__ import annotations

from typing import Annotated

import typer

from ceilift.errors import CeiliftError
from flows.cli.output import command, say, stdout

StopOption = Annotated[
    bool, typer.Option("--stop", help="End the server and the worker that serve started.")
]
StatusOption = Annotated[bool, typer.Option("--status", help="Say what runs, and where the UI is.")]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(serve)


@command
def serve(stop: StopOption = False, status: StatusOption = False) -> None:
    """Start a private Prefect server, pool and worker on this machine, and deploy every flow."""
    from flows import server, worker

    if stop:
        ended = [
            name
            for name, was in (("worker", worker.stop_worker()), ("server", server.stop_server()))
            if was
        ]
        say(f"stopped: {', '.join(ended) or 'nothing was running'}")
        return
    if status:
        _status()
        return
    say("starting the Prefect server")
    url = server.ensure_server()
    say("deploying flows")
    worker.deploy_all()
    pid = worker.start_worker()
    stdout().print(
        f"Prefect UI: {url.removesuffix('/api')}\nworker: pid {pid}, pool {worker.POOL}",
        markup=False,
    )


def _status() -> None:
    from flows import server, worker

    found = server.running_server()
    if found is None:
        raise CeiliftError("no private Prefect server runs", next_command="ceilift serve")
    pid = worker.worker_pid()
    stdout().print(
        f"Prefect UI: {found.ui_url}\nworker: {f'pid {pid}' if pid else 'not running'}",
        markup=False,
    )
