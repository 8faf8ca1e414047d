"""`ceilift releases`: what the catalogue knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from packaging.version import Version
from rich.table import Table

from flows.cli.domain import load_catalogue
from flows.cli.options import FormatOption
from flows.cli.output import Format, command, print_json, stdout

if TYPE_CHECKING:
    from ceilift.release import Release

app = typer.Typer(help="The release catalogue: every fact with its source.", no_args_is_help=True)
VersionArgument = Annotated[str, typer.Argument(help="An exact release: 9.0.7.")]


@app.command("list")
@command
def list_releases(format: FormatOption = Format.TEXT) -> None:  # noqa: A002 - the option's name
    """The releases Ceilift knows; any other is refused."""
    found = sorted(load_catalogue().releases.values(), key=lambda release: Version(release.version))
    if format is Format.JSON:
        print_json([release.version for release in found])
        return
    table = Table("release", "name", "components", "dbsync")
    for release in found:
        components = ", ".join(component.value for component in release.scripts.value)
        table.add_row(
            release.version, release.name, components, " ".join(release.dbsync.command.value)
        )
    stdout().print(table)


@app.command()
@command
def show(version: VersionArgument, format: FormatOption = Format.TEXT) -> None:  # noqa: A002 - the option's name
    """Everything known of one release, and where each fact was read."""
    release = load_catalogue().get(version)
    if format is Format.JSON:
        print_json(release.model_dump(mode="json"))
        return
    table = Table("fact", "value", "source", title=f"{release.version} ({release.name})")
    for name, value, source in _facts(release):
        table.add_row(name, value, source)
    stdout().print(table)


def _facts(release: Release) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    _collect(release.model_dump(mode="json"), "", found)
    return found


def _collect(data: object, name: str, found: list[tuple[str, str, str]]) -> None:
    if not isinstance(data, dict):
        return
    if set(data) == {"value", "source"}:
        found.append((name, str(data["value"]), str(data["source"])))
        return
    for key, value in data.items():
        _collect(value, f"{name}.{key}" if name else key, found)
