"""`ceilift releases build` and `pages`: what maintainers run when a release has come out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.domain import known, load_catalogue
from flows.cli.options import FormatOption
from flows.cli.output import Format, command, print_json, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ceilift.package import Package

PAGES = Path("docs/reference/releases")
CheckOption = Annotated[
    bool, typer.Option("--check", help="Write nothing: exit 1 where a file would change.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(build)
    app.command()(pages)


@command
def build(
    versions: Annotated[list[str], typer.Argument(help="Exact releases on the package index.")],
    check: CheckOption = False,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="The catalogue; else the one that is in use.")
    ] = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Read releases from their published wheels into the catalogue; nothing of them is run."""
    root = _catalogue(folder)
    files = {}
    for series, read in _by_series(_fetched(versions)).items():
        files.update(_packages_file(root, series, read))
        files.update({} if check else _series_file(root, series, read))
    _write_or_check(files, check=check, format=format)
    if not check and folder is None:
        _tell_disagreements(versions)


@command
def pages(
    check: CheckOption = False,
    folder: Annotated[
        Path, typer.Option("--folder", help="Where the pages stand in the documentation.")
    ] = PAGES,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> None:
    """Write the reference's pages about each series and the next one."""
    from ceilift.comparison.pages import pages as made

    if not folder.is_dir():
        raise _no_folder(folder, "Run it in a checkout of Ceilift, or give --folder")
    catalogue = load_catalogue()
    last = {version.partition(".")[0]: version for version in catalogue.releases}
    texts = made(last.values(), lambda version: known(catalogue, version))
    files = {folder / name: text for name, text in texts.items()}
    _write_or_check(files, check=check, format=format)


def _fetched(versions: Iterable[str]) -> list[Package]:
    from ceilift.package_index import PUBLIC, PackageIndex
    from ceilift.wheel import read_package

    index = PackageIndex(os.environ.get("PIP_INDEX_URL") or PUBLIC)
    return [read_package(*index.wheel(version)) for version in dict.fromkeys(versions)]


def _by_series(packages: Iterable[Package]) -> dict[str, dict[str, Package]]:
    from ceilift.packages import series_of

    found: dict[str, dict[str, Package]] = {}
    for package in packages:
        found.setdefault(series_of(package.version), {})[package.version] = package
    return found


def _packages_file(root: Path, series: str, read: Mapping[str, Package]) -> dict[Path, str]:
    from ceilift.packages.text import from_text, to_text

    file = root / "packages" / f"{series}.yaml"
    before = from_text(file.read_text(encoding="utf-8")) if file.exists() else {}
    return {file: to_text({**before, **read})}


def _series_file(root: Path, series: str, read: Iterable[str]) -> dict[Path, str]:
    """The hand-written file with those of the releases that it does not list yet, if any."""
    from ceilift.release import listed
    from ceilift.series_draft import next_series, with_release

    file = root / f"{series}.yaml"
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    new = [version for version in sorted(read) if version not in listed(text)]
    for version in new:
        before = root / f"{int(series) - 1}.yaml"
        if not text and not before.exists():
            raise _no_folder(before, "Add the series before it first")
        text = (
            with_release(text, version)
            if text
            else next_series(before.read_text(encoding="utf-8"), version)
        )
    return {file: text} if new else {}


def _write_or_check(files: Mapping[Path, str], *, check: bool, format: Format) -> None:  # noqa: A002 - the option's name
    """Write what differs, or only say it; told on stdout as JSON, else on stderr."""
    from ceilift.errors import FAILED

    differ = [file for file, text in files.items() if _standing(file) != text]
    for file in differ:
        if not check:
            _replace(file, files[file])
        say(f"{file}: {'is not what would be written' if check else 'written'}")
    if format is Format.JSON:
        print_json({"files": sorted(map(str, files)), "differ": sorted(map(str, differ))})
    elif not differ:
        say(f"{len(files)} file{'s' if len(files) != 1 else ''}: nothing to change")
    if check and differ:
        raise typer.Exit(FAILED)


def _standing(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.exists() else None


def _replace(file: Path, text: str) -> None:
    """Whole or not at all."""
    beside = file.with_name(f".{file.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)


def _tell_disagreements(versions: Iterable[str]) -> None:
    from ceilift.comparison.agreement import disagreements

    catalogue = load_catalogue()
    for version in versions:
        both = known(catalogue, version)
        for words in disagreements(both.release, both.package) if both.package else ():
            say(f"{version}: the package disagrees with the catalogue: {words}")


def _catalogue(folder: Path | None) -> Path:
    import ceilift

    root = folder or Path(ceilift.__file__).parent / "releases"
    if not (root / "packages").is_dir():
        raise _no_folder(root / "packages", "Give the folder of a catalogue, ceilift/releases")
    return root


def _no_folder(path: Path, remedy: str) -> Exception:
    from ceilift.errors import BadInputError, Fault

    return BadInputError([Fault("command line", "--folder", f"{path} is not there", remedy)])
