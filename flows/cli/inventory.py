"""`ceilift inventory`: write a first one, and check that every host lets us in."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ceilift.errors import BadInputError, CeiliftError, Fault
from flows.cli.domain import load_inventory
from flows.cli.options import FormatOption, InventoryOption
from flows.cli.output import Format, command, print_json, say, stdout

if TYPE_CHECKING:
    from ceilift.state import HostState

app = typer.Typer(help="Describe a cloud, and check the description.", no_args_is_help=True)
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


def _table(hosts: tuple[HostState, ...]) -> Table:
    table = Table("host", "login", "runs", "installed", "problem")
    for host in hosts:
        runs = ", ".join(f"{i.component.value} {i.release or '(stopped)'}" for i in host.instances)
        login = "ok" if host.reachable else host.problem_kind
        table.add_row(host.name, login, runs or "-", ", ".join(host.installed) or "-", host.problem)
    return table
