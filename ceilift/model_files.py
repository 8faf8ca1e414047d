"""The data models alone, of a wheel or of an installed environment; nothing of either is run."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

from ceilift.errors import BadInputError, Fault
from ceilift.mantra.breach import Models
from ceilift.wheel.archive import open_wheel
from ceilift.wheel.exchanges import exchanges
from ceilift.wheel.gnocchi import gnocchi
from ceilift.wheel.messages import messages
from ceilift.wheel.options import options
from ceilift.wheel.source import Sources
from ceilift.wheel.tables import tables

INSTALLED = "lib/python*/site-packages/ceilometer-*.dist-info"
KINDS = {".py", ".yaml"}


def read_models(path: Path) -> Models:
    """The models of a wheel (a file) or of an environment (a folder such as a venv).

    Raises:
        BadInputError: it is neither, or holds what this does not know how to read.
    """
    name, data = _installed(path) if path.is_dir() else (path.name, _bytes(path))
    wheel = open_wheel(name, data)
    sources = Sources(wheel)
    return Models(
        wheel.version,
        messages(sources),
        gnocchi(sources),
        tables(sources),
        exchanges=exchanges(sources, options(sources)),
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        remedy = "Give a release, a wheel of Ceilometer, or an environment that has it"
        what = f"cannot be read ({error.strerror})"
        raise BadInputError([Fault(str(path), "", what, remedy)]) from None


def _installed(folder: Path) -> tuple[str, bytes]:
    """What is installed there, as the wheel it came from would have it."""
    found = sorted(folder.glob(INSTALLED))
    if len(found) != 1:
        what = "more than one Ceilometer is" if found else "no Ceilometer is"
        remedy = "Give the folder of one environment, such as /opt/ceilometer/9.0.7"
        raise BadInputError([Fault(str(folder), "", f"{what} installed there", remedy)])
    (info,) = found
    version, packed = info.name.removeprefix("ceilometer-").removesuffix(".dist-info"), BytesIO()
    with zipfile.ZipFile(packed, "w") as contents:
        for file in sorted((info.parent / "ceilometer").rglob("*")):
            if file.suffix in KINDS:
                contents.writestr(str(file.relative_to(info.parent)), file.read_bytes())
    return f"ceilometer-{version}-py3-none-any.whl", packed.getvalue()
