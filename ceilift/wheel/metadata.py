"""What the wheel says of itself: Pythons, requirements, entry points."""

from __future__ import annotations

import re
from configparser import ConfigParser
from configparser import Error as ConfigError
from email.message import Message
from email.parser import HeaderParser

from packaging.requirements import InvalidRequirement, Requirement

from ceilift.wheel.archive import Wheel

PYTHON = "Programming Language :: Python :: "
DOTTED = re.compile(r"\d+\.\d+")


def metadata(wheel: Wheel) -> Message:
    """The headers of METADATA."""
    return HeaderParser().parsestr(wheel.text(wheel.info("METADATA")))


def python(headers: Message) -> str:
    """Which Pythons: Requires-Python; for releases without it, what the classifiers name."""
    wanted = headers.get("Requires-Python")
    if wanted:
        return wanted
    named = (text.removeprefix(PYTHON) for text in headers.get_all("Classifier", []))
    return ", ".join(version for version in named if DOTTED.fullmatch(version))


def requirements(wheel: Wheel, headers: Message) -> tuple[str, ...]:
    """What it needs, extras included, each in the one way that `packaging` writes it."""
    found = []
    for text in headers.get_all("Requires-Dist", []):
        try:
            found.append(str(Requirement(text)))
        except InvalidRequirement:
            raise wheel.fault("METADATA", f"Requires-Dist {text!r} cannot be read") from None
    return tuple(sorted(set(found), key=str.lower))


def entry_points(wheel: Wheel) -> dict[str, tuple[str, ...]]:
    """The names of the entry points, by group; those of the test suites are left out."""
    parser = ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign] # the documented way
    try:
        parser.read_string(wheel.text(wheel.info("entry_points.txt")))
    except ConfigError as error:
        raise wheel.fault("entry_points.txt", f"it cannot be read: {error}") from None
    groups = (name for name in parser.sections() if not name.startswith("tempest"))
    return {group: tuple(sorted(parser[group])) for group in sorted(groups)}
