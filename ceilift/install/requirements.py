"""The list of packages a release is made of: each pinned, each with its checksums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from ceilift.digest import digest
from ceilift.errors import BadInputError, Fault

HASH = "--hash="
PACKAGE = "ceilometer"


@dataclass(frozen=True, slots=True)
class Requirements:
    """A requirements file: its text, and the version of every package in it by canonical name.

    `pinned` leaves out what has an environment marker: pip decides on the host whether it applies.
    """

    text: str
    pinned: dict[str, str]

    @property
    def digest(self) -> str:
        """By which a host knows that this very list was installed."""
        return digest(self.text)


def read_requirements(text: str, file: str, release: str) -> Requirements:
    """Understand a requirements file as pip takes it with --require-hashes.

    Raises BadInputError naming every line that is not pinned by == or has no sha256, and a file
    that does not hold Ceilometer of that release.
    """
    pinned, faults = dict[str, str](), list[Fault]()
    for number, line in _lines(text):
        words = line.split()
        hashes = [word for word in words if word.startswith(f"{HASH}sha256:")]
        bare = " ".join(word for word in words if not word.startswith(HASH))
        place = f"line {number}"
        if bare.startswith("-"):
            remedy = "Options belong under install.pip in the inventory"
            faults.append(Fault(file, place, f"holds an option: {words[0]}", remedy))
            continue
        name, version = _pin(bare)
        if not version:
            faults.append(Fault(file, place, f"{bare!r} is not pinned", "Write NAME==VERSION"))
        elif not hashes:
            remedy = "Generate hashes: uv pip compile --generate-hashes, or pip-compile"
            faults.append(Fault(file, place, f"{name} has no sha256", remedy))
        if ";" not in bare:
            pinned[name] = version
    if not faults and pinned.get(PACKAGE) != release:
        found = pinned.get(PACKAGE) or "none"
        what = f"holds ceilometer {found}, not {release}"
        faults.append(Fault(file, "", what, f"Give the list of packages of {release}"))
    if faults:
        raise BadInputError(faults)
    return Requirements(text, pinned)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Whole lines, continued ones joined, comments gone; with the number each begins at."""
    begun, parts = 0, list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        stripped = "" if line.lstrip().startswith("#") else line.partition(" #")[0].rstrip()
        begun = begun or number
        parts.append(stripped.removesuffix("\\"))
        if stripped.endswith("\\"):
            continue
        if whole := " ".join(parts).strip():
            yield begun, whole
        begun, parts = 0, []


def _pin(text: str) -> tuple[str, str]:
    """Name and version of a pin; no version where it is none."""
    try:
        found = Requirement(text)
    except InvalidRequirement:
        return text, ""
    exact = [one.version for one in found.specifier if one.operator in ("==", "===")]
    whole = len(found.specifier) == len(exact) == 1 and "*" not in exact[0]
    return canonicalize_name(found.name), exact[0] if whole else ""
