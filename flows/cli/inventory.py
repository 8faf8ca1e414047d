"""`ceilift inventory`: write a first one, and check that every host lets us in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ceilift.clock import now
from ceilift.errors import BadInputError, CeiliftError, Fault
from ceilift.schedule import HORIZON, Opening, Window
from flows.cli import discover
from flows.cli.domain import load_inventory
from flows.cli.options import FormatOption, InventoryOption
from flows.cli.output import Format, command, print_json, say, stdout

if TYPE_CHECKING:
    from ceilift.state import HostState

app = typer.Typer(help="Describe a cloud, and check the description.", no_args_is_help=True)
discover.register(app)
NEXT = 5  # openings of each window that are shown
AddedArgument = Annotated[Path, typer.Argument(help="The inventory to add; it stays there.")]
HostArgument = Annotated[str, typer.Argument(help="One host of it; without it: all.")]
FileArgument = Annotated[Path, typer.Argument(help="The file to write.")]


@app.command()
@command
def init(
    file: FileArgument = Path("inventory.yaml"),
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Write an annotated example to start from; an existing file is never touched."""
    text = (resources.files("ceilift") / "example_inventory.yaml").read_text(encoding="utf-8")
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        fault = Fault(str(file), "", "is already there", "Give another name, or edit it")
        raise BadInputError([fault]) from None
    except OSError as error:
        fault = Fault(
            str(file), "", f"cannot be written ({error.strerror})", "Give a folder you may write in"
        )
        raise BadInputError([fault]) from None
    if format is Format.JSON:
        print_json({"wrote": str(file)})
    say(f"wrote {file}; describe your cloud in it, then: ceilift inventory check -i {file}")


@app.command()
@command
def check(
    inventory: InventoryOption,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Validate the inventory, log in to every host, and show what came of it in one table."""
    from ceilift.cloud import Cloud
    from ceilift.probe import observe_hosts
    from ceilift.release import load_catalogue
    from ceilift.secrets import EnvFileSecrets

    described = load_inventory(inventory)
    say(f"logging in to {len(described.hosts)} hosts")
    with Cloud(described, EnvFileSecrets()) as cloud:
        hosts = observe_hosts(cloud.connections, described, tuple(load_catalogue().releases))
    if format is Format.JSON:
        print_json([{"host": h.name, "ok": h.reachable, "problem": h.problem} for h in hosts])
    else:
        stdout().print(_table(hosts))
    failed = [host.name for host in hosts if not host.reachable]
    if failed:
        raise CeiliftError(f"{len(failed)} of {len(hosts)} hosts failed: {', '.join(failed)}")


@app.command()
@command
def add(
    file: AddedArgument,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Let the forms of the Prefect UI offer this cloud, by the name of its file."""
    from flows.inventories import add_inventory, known_inventories

    load_inventory(file)
    link = add_inventory(file)
    if format is Format.JSON:
        print_json({"added": link.stem, "known": list(known_inventories())})
    else:
        stdout().print(f"added {link.stem}; known: {', '.join(known_inventories())}", markup=False)
    say("Forms offer it after the next `ceilift deploy`")


@app.command()
@command
def sudoers(
    inventory: InventoryOption,
    host: HostArgument = "",
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Print the sudoers file that each host (or the one named) needs for this inventory."""
    from ceilift.remote.login import login_for
    from ceilift.remote.sudoers import sudoers as file_of
    from ceilift.secrets import EnvFileSecrets

    described = load_inventory(inventory)
    wanted = [one for one in described.hosts if host in {"", one.name}]
    if not wanted:
        known = ", ".join(one.name for one in described.hosts)
        fault = Fault(str(inventory), host, "is no host of it", f"Name one of {known}")
        raise BadInputError([fault])
    logins = [(one, login_for(described, one, EnvFileSecrets())) for one in wanted]
    found = [file_of(described, one, login) for one, login in logins]
    if format is Format.JSON:
        print_json([asdict(one) for one in found])
    else:
        stdout().print("\n".join(one.text for one in found), markup=False, end="")


@app.command()
@command
def windows(
    inventory: InventoryOption,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Show when the cloud may be changed: the next openings of each of its windows."""
    described = load_inventory(inventory)
    moment = datetime.fromtimestamp(now(), UTC)
    found = [
        (window, opening)
        for window in described.windows
        for opening in islice(window.openings(moment, moment + HORIZON), NEXT)
    ]
    if format is Format.JSON:
        print_json([_opening_to_json(opening) for _, opening in found])
    elif not described.windows:
        stdout().print(f"{described.cloud} has no windows: it may be changed at any time")
    else:
        stdout().print(_openings(found))


def _opening_to_json(opening: Opening) -> dict[str, str]:
    return {
        "window": opening.window,
        "start": opening.start.isoformat(),
        "end": opening.end.isoformat(),
        "cutoff": opening.cutoff.isoformat(),
    }


def _openings(found: Sequence[tuple[Window, Opening]]) -> Table:
    table = Table("window", "opens", "cutoff", "closes", "time zone")
    for window, opening in found:
        moments = (opening.start, opening.cutoff, opening.end)
        shown = (f"{moment.astimezone(window.zone):%a %Y-%m-%d %H:%M}" for moment in moments)
        table.add_row(window.name, *shown, window.time_zone)
    return table


def _table(hosts: tuple[HostState, ...]) -> Table:
    table = Table("host", "login", "runs", "installed", "problem")
    for host in hosts:
        runs = ", ".join(f"{i.component.value} {i.release or '(stopped)'}" for i in host.instances)
        login = "ok" if host.reachable else host.problem_kind
        table.add_row(host.name, login, runs or "-", ", ".join(host.installed) or "-", host.problem)
    return table
