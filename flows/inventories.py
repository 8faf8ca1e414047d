"""The clouds that this machine's flows know: inventories by name, from one or two folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ceilift.errors import BadInputError, Fault
from flows.server import state_folder

SYSTEM = Path("/etc/ceilift/inventories")


def known_inventories() -> Mapping[str, Path]:
    """The inventories by name (their file's, without .yaml), sorted.

    They stand in $CEILIFT_INVENTORIES, else in /etc/ceilift/inventories and in Ceilift's own folder
    on this machine, where `ceilift inventory add` puts them.
    """
    found = {file.stem: file for folder in _folders() for file in sorted(folder.glob("*.yaml"))}
    return dict(sorted(found.items()))


def inventory_file(given: str) -> Path:
    """The file that a form names: one of the known inventories, else a path.

    Raises BadInputError for a name that is not known.
    """
    known = known_inventories()
    if given in known:
        return known[given]
    if "/" in given or Path(given).suffix in {".yaml", ".yml"}:
        return Path(given)
    names = ", ".join(known) or "none is there"
    remedy = (
        f"Use one of those known ({names}), add it with `ceilift inventory add`, or give a path"
    )
    raise BadInputError([Fault("form", "inventory", f"there is no inventory {given!r}", remedy)])


def add_inventory(file: Path) -> Path:
    """Make an inventory known under its file's name; gives the link to it.

    The file stays where it is, so that names in it mean what they meant. Raises BadInputError when
    another one has that name.
    """
    target = file.resolve()
    folder = _own()
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / f"{file.stem}.yaml"
    other = known_inventories().get(file.stem)
    if other is not None and other.resolve() != target:
        what = f"another inventory has the name {file.stem!r}: {other.resolve()}"
        remedy = f"Rename the file, or take the other away: {other}"
        raise BadInputError([Fault(str(file), "", what, remedy)])
    if not link.is_symlink():
        link.symlink_to(target)
    return link


def _folders() -> Iterator[Path]:
    given = os.environ.get("CEILIFT_INVENTORIES")
    if given:
        yield Path(given)
    else:
        yield SYSTEM
        yield _own()


def _own() -> Path:
    given = os.environ.get("CEILIFT_INVENTORIES")
    return Path(given) if given else state_folder() / "inventories"
