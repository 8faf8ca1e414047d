"""`ceilift inventory discover`: look at hosts nobody has described, and write a draft."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from rich.table import Table

from ceilift.errors import BadInputError, CeiliftError, Fault
from ceilift.inventory_file import parse_inventory
from ceilift.inventory_hosts import Become, Host, Ssh
from flows.cli.options import FormatOption
from flows.cli.output import Format, command, print_json, say, stdout

if TYPE_CHECKING:
    from ceilift.discover.found import Found

HostsArgument = Annotated[
    list[str], typer.Argument(metavar="HOST...", help="NAME or NAME=ADDRESS of each host.")
]
WriteOption = Annotated[Path, typer.Option("--write", help="The file to write.")]
CloudOption = Annotated[str, typer.Option("--cloud", help="The cloud's name.")]
UserOption = Annotated[str | None, typer.Option("--user", help="Who logs in.")]
PortOption = Annotated[int | None, typer.Option("--port", help="The SSH port.")]
KeyOption = Annotated[Path | None, typer.Option("--key-file", help="The SSH key.")]
KnownOption = Annotated[Path | None, typer.Option("--known-hosts", help="Where host keys stand.")]
SudoOption = Annotated[bool, typer.Option("--sudo", help="Read as root, by sudo without password.")]
RootOption = Annotated[
    str, typer.Option("--root", help="For test hosts that share a machine: {name}'s folder.")
]


def register(app: typer.Typer) -> None:
    """Add the command to those about inventories."""
    app.command()(discover)


@command
def discover(
    hosts: HostsArgument,
    write: WriteOption = Path("inventory.yaml"),
    cloud: CloudOption = "mycloud",
    user: UserOption = None,
    port: PortOption = None,
    key_file: KeyOption = None,
    known_hosts: KnownOption = None,
    sudo: SudoOption = False,
    root: RootOption = "",
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Find agents, releases, units and configuration on hosts, and write a draft inventory."""
    from ceilift.discover import discover as look
    from ceilift.discover.draft import draft
    from ceilift.secrets import EnvFileSecrets

    _refuse_existing(write)
    keys = {"key_file": key_file, "known_hosts": known_hosts}
    files = {name: str(path.resolve()) for name, path in keys.items() if path is not None}
    given: dict[str, Any] = {"user": user, "port": port, **files}
    ssh = {name: value for name, value in given.items() if value is not None}
    if sudo:
        ssh["become"] = {"method": "sudo"}
    wanted = _hosts(hosts, root)
    say(f"looking at {len(wanted)} hosts")
    found = look(wanted, _ssh(ssh), EnvFileSecrets())
    lost = [f"{one.host.name}: {one.problem}" for one in found if one.problem]
    if len(lost) == len(found):
        raise CeiliftError("no host was seen; nothing was written:\n" + "\n".join(lost))
    text = draft(cloud, found, ssh)
    parse_inventory(text, str(write), folder=write.resolve().parent)
    _write(write, text)
    _tell(write, found, format)
    if lost:
        raise CeiliftError(f"{len(lost)} of {len(found)} hosts were not seen:\n" + "\n".join(lost))


def _hosts(words: Sequence[str], root: str) -> list[Host]:
    hosts, faults = list[Host](), list[Fault]()
    for word in words:
        name, _, address = word.partition("=")
        folder = str(Path(root.format(name=name)).resolve()) if root else ""
        try:
            hosts.append(Host(name=name, address=address or name, root=folder))
        except ValidationError as error:
            what = error.errors()[0]["msg"]
            faults.append(Fault("HOST", word, what, "Give NAME, or NAME=ADDRESS"))
    names = [host.name for host in hosts]
    faults += [
        Fault("HOST", name, "is given twice", "Give each host once")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    if faults:
        raise BadInputError(faults)
    return hosts


def _ssh(fields: dict[str, Any]) -> Ssh:
    try:
        become = Become() if fields.get("become") else None
        return Ssh(**{**fields, "become": become})
    except ValidationError as error:
        first = error.errors()[0]
        option = f"--{first['loc'][0]}".replace("_", "-")
        raise BadInputError([Fault("options", option, first["msg"], "Give another")]) from None


def _refuse_existing(file: Path) -> None:
    if file.exists():
        fault = Fault(str(file), "", "is already there", "Give another name with --write")
        raise BadInputError([fault])


def _write(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        what = f"cannot be written ({error.strerror})"
        raise BadInputError([Fault(str(file), "", what, "Give another place")]) from None


def _tell(file: Path, found: Sequence[Found], style: Format) -> None:
    if style is Format.JSON:
        hosts = [
            {
                "name": one.host.name,
                "problem": one.problem,
                "agents": [
                    {"component": a.component.value, "unit": a.unit, "release": a.release}
                    for a in one.agents
                ],
            }
            for one in found
        ]
        print_json({"wrote": str(file), "hosts": hosts})
    else:
        stdout().print(_table(found))
    say(f"wrote {file}; read it, mend what says TODO, then: ceilift inventory check -i {file}")


def _table(found: Sequence[Found]) -> Table:
    table = Table("host", "component", "unit", "release")
    for one in found:
        if one.problem:
            table.add_row(one.host.name, "not seen", one.problem, "")
        for agent in one.agents:
            name = " ".join((agent.component.value, *agent.namespaces))
            table.add_row(one.host.name, name, agent.unit, agent.release or "unknown")
        if one.api:
            table.add_row(one.host.name, "api", "", "")
        if not (one.agents or one.api or one.problem):
            table.add_row(one.host.name, "nothing of Ceilometer", "", "")
    return table
