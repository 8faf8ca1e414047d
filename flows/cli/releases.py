"""`ceilift releases`: what the catalogue knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from flows.cli import releases_make
from flows.cli.domain import known, load_catalogue
from flows.cli.options import FormatOption
from flows.cli.output import Format, command, print_json, stdout

if TYPE_CHECKING:
    from ceilift.package import Package
    from ceilift.release import Release

app = typer.Typer(help="The release catalogue: every fact with its source.", no_args_is_help=True)
NEVER = "never published"
VersionArgument = Annotated[str, typer.Argument(help="An exact release: 9.0.7.")]


@app.command("list")
@command
def list_releases(format: FormatOption = Format.TEXT) -> None:  # noqa: A002 - the option's name
    """The releases Ceilift knows; any other is refused."""
    from ceilift.packages import load_package

    catalogue = load_catalogue()
    if format is Format.JSON:
        print_json(list(catalogue.releases))
        return
    table = Table("release", "name", "components", "dbsync", "Python", "package")
    for release in catalogue.releases.values():
        components = ", ".join(component.value for component in release.scripts.value)
        package = load_package(release.version)
        table.add_row(
            *(release.version, release.name, components, " ".join(release.dbsync.command.value)),
            *((package.python, package.wheel or NEVER) if package else ("", NEVER)),
        )
    stdout().print(table)


@app.command()
@command
def show(version: VersionArgument, format: FormatOption = Format.TEXT) -> None:  # noqa: A002 - the option's name
    """Everything known of one release, and where each fact was read."""
    from ceilift.packages import load_package
    from ceilift.packages.record import to_data

    release, package = load_catalogue().get(version), load_package(version)
    if format is Format.JSON:
        held = package and {
            **to_data(package),
            "source": package.source or package.wheel,
            "unread": list(package.unread),
        }
        print_json({**release.model_dump(mode="json"), "package": held})
        return
    table = Table("fact", "value", "source", title=f"{release.version} ({release.name})")
    for name, value, source in _facts(release):
        table.add_row(name, value, source)
    stdout().print(table)
    if package is not None:
        stdout().print(_held(package))


@app.command()
@command
def diff(
    old: Annotated[str, typer.Argument(help="The release to come from.")],
    new: Annotated[str, typer.Argument(help="The release to go to.")],
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """What differs between two releases, in an operator's terms."""
    from ceilift.comparison import compare
    from ceilift.comparison.text import lines, to_data

    catalogue = load_catalogue()
    difference = compare(known(catalogue, old), known(catalogue, new))
    if format is Format.JSON:
        print_json(to_data(difference))
        return
    for line in lines(difference):
        stdout().print(line, markup=False)


@app.command()
@command
def chain(
    old: Annotated[str, typer.Argument(help="The release that runs.")],
    new: Annotated[str, typer.Argument(help="The release that is to run in the end.")],
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """The upgrades from one release to another, with what each of them is sure to meet."""
    found = _hops(old, new)
    if format is Format.JSON:
        print_json(found)
        return
    table = Table("from", "to", "name", "breaks the mantra", "traps of the boundary")
    for hop in found:
        mantra, traps = ", ".join(hop["mantra"]), ", ".join(hop["traps"])
        table.add_row(hop["from"], hop["to"], hop["name"], mantra, traps)
    stdout().print(table)


def _hops(old: str, new: str) -> list[dict[str, Any]]:
    from ceilift.hazards.crossings import boundaries
    from ceilift.hops import hops, is_slurp
    from ceilift.mantra import check, models_of
    from ceilift.packages import load_package

    catalogue, found, at = load_catalogue(), [], old
    for to in hops(catalogue, old, new):
        before, release = catalogue.get(at), catalogue.get(to)
        pair = [load_package(version) for version in (at, to)]
        models = [models_of(one) for one in pair if one is not None]
        errors = check(models[0], models[1]) if len(models) == len(pair) else ()
        slurp = " (SLURP)" if is_slurp(release.name) else ""
        found.append(
            {
                "from": at,
                "to": to,
                "name": f"{release.name}{slurp}",
                "mantra": [one.id for one in errors if one.breaks],
                "traps": list(boundaries(before.series, release.series)),
            }
        )
        at = to
    return found


def _held(package: Package) -> Table:
    """What its package holds, part by part, with how much of each; JSON has it all."""
    from ceilift.comparison import AREAS
    from ceilift.comparison.contents import PARTS

    table = Table("part", "number", "what", title=f"read from {package.wheel or package.source}")
    table.add_row(AREAS["options"].heading, str(len(package.options)), "")
    for part in (part for part in PARTS if part.area not in package.unread):
        named = part.named(package)
        first = ", ".join(f"{name} {value}".strip() for name, value in list(named.items())[:4])
        more = ", ..." if len(named) > 4 else ""  # noqa: PLR2004 - as many as fit a line
        table.add_row(AREAS[part.area].heading, str(len(named)), f"{first}{more}")
    return table


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


releases_make.register(app)  # at the end: `--help` shows what operators use first
