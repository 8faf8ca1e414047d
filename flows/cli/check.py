"""`ceilift check`: what maintainers of Ceilometer, and operators, may have checked."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ceilift.errors import DONE, FAILED, BadInputError, Fault
from flows.cli.domain import load_catalogue
from flows.cli.options import FormatOption, ReasonOption, with_reasons
from flows.cli.output import Format, command, print_json, stdout

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ceilift.mantra import Judged, Models, OwnFile

app = typer.Typer(help="Checks of releases.", no_args_is_help=True)
AllowOption = Annotated[
    list[str] | None,
    typer.Option("--allow", help="Let this finding pass; one --reason for each."),
]
FileOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--file",
        help="A file of your own (definitions, resources, a pipeline, .sql): what it uses and what "
        "goes is an error. May be given several times.",
    ),
]
HELP = "A release (9.0.7), a wheel of Ceilometer, or the folder of an environment that has it."


@app.callback()
def checks() -> None:
    """Checks of releases."""


@app.command()
@command
def mantra(
    old: Annotated[str, typer.Argument(help=HELP)],
    new: Annotated[str, typer.Argument(help="The same, of what comes after it.")],
    file: FileOption = None,
    allow: AllowOption = None,
    reason: ReasonOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Data models in the database and on the bus: always add, never delete or modify."""
    from ceilift.mantra import allowed, check, unread

    reasons = {one.id: one.reason for one in with_reasons(allow, None, reason)[0]}
    before, after = _models(old), _models(new)
    found = allowed(check(before, after, _own_files(file or ())), reasons)
    _refuse_unknown(reasons, found)
    hidden = unread(before, after)
    if format is Format.JSON:
        print_json(
            {
                "old": before.version,
                "new": after.version,
                "unread": list(hidden),
                "findings": [{**asdict(one), "severity": one.word} for one in found],
            }
        )
    else:
        for line in _lines(before.version, after.version, found, hidden):
            stdout().print(line, markup=False)
    raise typer.Exit(FAILED if any(one.breaks for one in found) else DONE)


def _models(given: str) -> Models:
    """The models of what was named: a release of the catalogue first, else a file or folder."""
    from ceilift.mantra import models_of, queues_of
    from ceilift.packages import load_package

    catalogue = load_catalogue()
    if given not in catalogue.releases:
        from ceilift.model_files import read_models

        return read_models(Path(given))
    package, release = load_package(given), catalogue.get(given)
    if package is None:
        remedy = "Name a release that was published, or give an environment that has it"
        what = "was never published: its data models are not known"
        raise BadInputError([Fault("command line", given, what, remedy)])
    return models_of(package, queues_of(release))


def _own_files(paths: Iterable[Path]) -> list[OwnFile]:
    from ceilift.mantra import own_file

    found: list[OwnFile] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            found.append(own_file(path.name, path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            what = f"{path} cannot be read ({getattr(error, 'strerror', '') or 'no UTF-8'})"
            faults.append(Fault("command line", "--file", what, "Name a file of text"))
    if faults:
        raise BadInputError(faults)
    return found


def _refuse_unknown(reasons: dict[str, str], found: tuple[Judged, ...]) -> None:
    known = {one.id for one in found}
    faults = [
        Fault("command line", "--allow", f"there is no finding {name!r}", "Leave it out")
        for name in reasons
        if name not in known
    ]
    if faults:
        raise BadInputError(faults)


def _lines(old: str, new: str, found: tuple[Judged, ...], hidden: tuple[str, ...]) -> list[str]:
    lines = [f"Data models of Ceilometer {old} and {new}: always add, never delete or modify"]
    if hidden:
        lines.append(f"Not compared, as nothing is known of one of the two: {', '.join(hidden)}")
    for one in found:
        who = f" ({one.who})" if one.who else ""
        passed = f" Allowed: {one.allowed}" if one.allowed else ""
        lines.append(f"{one.word.capitalize()} {one.id}: {one.what}{who}.{passed}")
    errors = sum(one.breaks for one in found)
    lines.append(f"{errors} errors" if errors else "The mantra is kept.")
    return lines
