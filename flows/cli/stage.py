"""`ceilift stage`: install the target release beside the old one, ahead of the window."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ceilift.errors import CeiliftError
from flows.cli.domain import load_inventory
from flows.cli.options import FormatOption, InventoryOption, ToOption
from flows.cli.output import Format, command, print_json, say, stdout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ceilift.install.venv import Staged

HostOption = Annotated[
    list[str] | None, typer.Option("--host", help="Only on this host; repeatable.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only verify what is there.")]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(stage)


@command
def stage(
    inventory: InventoryOption,
    to: ToOption,
    host: HostOption = None,
    dry_run: DryRunOption = False,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Put the target release on every host beside what runs; nothing is stopped or switched."""
    from ceilift.cloud import Cloud
    from ceilift.secrets import EnvFileSecrets
    from flows.cli.progress import terminal_progress
    from tasks.install import Wish, headline, hosts_of, stage_on, staging

    described = load_inventory(inventory)
    wish = Wish(to, tuple(host or ()), dry_run)
    with (
        Cloud(described, EnvFileSecrets()) as cloud,
        terminal_progress(quiet=format is Format.JSON) as progress,
        staging(cloud, wish, progress, str(inventory)) as work,
    ):
        found = stage_on(work, hosts_of(described, wish))
    if format is Format.JSON:
        print_json([asdict(one) for one in found])
    else:
        stdout().print(_table(found))
    said = headline(to, found)
    if not all(one.ready for one in found):
        raise CeiliftError(said)
    say(said)


def _table(found: Sequence[Staged]) -> Table:
    table = Table("host", "ready", "done", "problem")
    for one in found:
        table.add_row(one.host, "yes" if one.ready else "no", one.done, one.problem)
    return table
