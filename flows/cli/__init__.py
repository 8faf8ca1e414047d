"""The command line: the same flows from a terminal. Prefect is imported only when a flow starts."""

from __future__ import annotations

import typer

from flows.cli import (
    abandon,
    check,
    credential,
    deploy,
    inventory,
    look,
    memory,
    releases,
    resume,
    rollback,
    serve,
    stage,
    upgrade,
)

app = typer.Typer(
    name="ceilift",
    help="Upgrade OpenStack Ceilometer: look, decide, act, prove.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich help costs 0.1 s of the 0.5 s that help may take
    add_completion=False,
)
look.register(app)
upgrade.register(app)
resume.register(app)
rollback.register(app)
memory.register(app)
stage.register(app)
abandon.register(app)
serve.register(app)
deploy.register(app)
credential.register(app)
app.add_typer(inventory.app, name="inventory")
app.add_typer(releases.app, name="releases")
app.add_typer(check.app, name="check")
