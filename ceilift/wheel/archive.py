"""The wheel as a box of files: what it is called, what is in it, and nothing run."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from ceilift.errors import BadInputError, Fault

LARGEST = 20_000_000  # bytes of one file inside; the largest of any release is 200 kB


@dataclass(frozen=True, slots=True)
class Wheel:
    """An opened wheel. `name` is its file name, for messages and as the source of what is read."""

    name: str
    version: str
    digest: str
    contents: zipfile.ZipFile

    def paths(self) -> Iterator[str]:
        """The files inside, without tests and translations, in order."""
        for path in sorted(self.contents.namelist()):
            if not {"tests", "locale"} & set(path.split("/")[1:-1]):
                yield path

    def data(self, path: str) -> bytes:
        """What stands in a file. Raises BadInputError when it is not there or too large."""
        try:
            size = self.contents.getinfo(path).file_size
            if size <= LARGEST:
                return self.contents.read(path)
        except (KeyError, zipfile.BadZipFile):
            raise self.fault(path, "it is missing or damaged") from None
        raise self.fault(
            path, f"{size} bytes are more than any release of Ceilometer has in one file"
        )

    def text(self, path: str) -> str:
        """The same, decoded. Raises BadInputError also when it is not UTF-8."""
        try:
            return self.data(path).decode()
        except UnicodeDecodeError:
            raise self.fault(path, "it is not UTF-8") from None

    def has(self, path: str) -> bool:
        """Whether that file is inside."""
        return path in self.contents.NameToInfo

    def info(self, name: str) -> str:
        """The path of a file of the wheel's metadata."""
        return f"ceilometer-{self.version}.dist-info/{name}"

    def fault(self, where: str, what: str) -> BadInputError:
        """The error that says what is wrong in which file; to be raised."""
        return BadInputError([Fault(self.name, where, what, "See CONTRIBUTING.md, Add a release")])


def open_wheel(name: str, data: bytes) -> Wheel:
    """Open a wheel of Ceilometer by its file name and bytes.

    Raises:
        BadInputError: it is no wheel, or another package's.
    """
    remedy = "Give a wheel of Ceilometer: ceilometer-VERSION-py3-none-any.whl"
    parts = name.removesuffix(".whl").split("-")
    if not name.endswith(".whl") or len(parts) != 5 or parts[0] != "ceilometer":  # noqa: PLR2004 - PEP 427: name, version, three tags
        raise BadInputError([Fault(name, "", "this is not the name of such a wheel", remedy)])
    try:
        contents = zipfile.ZipFile(BytesIO(data))
    except zipfile.BadZipFile:
        raise BadInputError([Fault(name, "", "it is damaged, or no wheel", remedy)]) from None
    return Wheel(name, parts[1], hashlib.sha256(data).hexdigest(), contents)
