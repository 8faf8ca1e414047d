"""What is known of a dump: its file, and up to where it must hold what production held."""

from __future__ import annotations

import re
from dataclasses import dataclass

FORM = re.compile(
    r"(?P<path>/.*) sha256:(?P<sha256>[0-9a-f]{64}) (?P<size>\d+) bytes(?:, up to (?P<marks>.+))?",
    re.DOTALL,
)
MARK = re.compile(r"(?P<table>\S+)\.(?P<column>\S+) = (?P<value>-?\d+)")


@dataclass(frozen=True, slots=True)
class Mark:
    """The greatest key of a table just before its dump began: rows up to it must be in the dump."""

    table: str
    column: str
    value: int

    def __str__(self) -> str:
        return f"{self.table}.{self.column} = {self.value}"


@dataclass(frozen=True, slots=True)
class Dump:
    """One dump on its host. As text it is the evidence of the step that made it."""

    path: str
    sha256: str
    size_bytes: int
    marks: tuple[Mark, ...] = ()

    def __str__(self) -> str:
        marks = f", up to {', '.join(map(str, self.marks))}" if self.marks else ""
        return f"{self.path} sha256:{self.sha256} {self.size_bytes} bytes{marks}"

    @property
    def folder(self) -> str:
        """Where it stands."""
        return self.path.rpartition("/")[0] or "/"


def dump_from(text: str) -> Dump:
    """What a dump's text says. Raises ValueError when it is none."""
    found = FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError("these words name no dump")
    marks = [MARK.fullmatch(one) for one in (found["marks"] or "").split(", ") if one]
    if not all(marks):
        raise ValueError("these words name no dump: a mark cannot be read")
    return Dump(
        found["path"],
        found["sha256"],
        int(found["size"]),
        tuple(Mark(one["table"], one["column"], int(one["value"])) for one in marks if one),
    )
