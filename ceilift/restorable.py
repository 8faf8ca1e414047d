"""What a restore of the database would bring back, and what it would take: told beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ceilift.dump_record import Dump, Mark
from ceilift.schema_change import Schema, Table, schema_change

SAMPLES = "sample"
UNCOUNTED = "what was stored since the dump is lost, and nobody has counted it"


@dataclass(frozen=True, slots=True)
class Dumped:
    """A database as it was when it was saved: where the dump stands, which one it was, its schema.

    `address` is the database's, without its user: `mysql://192.0.2.10:3306/ceilometer`. `marks` say
    up to where its tables were filled just before.
    """

    host: str
    address: str
    tables: Mapping[str, Table]
    marks: tuple[Mark, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As the ledger keeps it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Lost:
    """What came into the database after it was saved, and goes with a restore.

    `rows` are counted by table, those without any left out; `since` and `until` are when the first
    and the last of the samples among them were stored (epoch seconds; None: there is none). `goes`
    are the tables and columns that the migration added, in words.
    """

    rows: tuple[tuple[str, int], ...] = ()
    since: float | None = None
    until: float | None = None
    goes: tuple[str, ...] = ()

    @property
    def samples(self) -> int:
        """How many samples go."""
        return dict(self.rows).get(SAMPLES, 0)

    @property
    def total(self) -> int:
        """How many rows go, of all tables."""
        return sum(count for _, count in self.rows)

    def __str__(self) -> str:
        others = [f"{count} in {table}" for table, count in self.rows if table != SAMPLES]
        more = f", and {', '.join(others)}" if others else ""
        schema = f"; of the schema go {', '.join(self.goes)}" if self.goes else ""
        return f"{self._samples()}{more}{schema}"

    def _samples(self) -> str:
        if self.since is None or self.until is None:
            return f"{self.samples or 'no'} samples"
        words = "sample" if self.samples == 1 else "samples"
        return f"{self.samples} {words} stored from {_moment(self.since)} to {_moment(self.until)}"


@dataclass(frozen=True, slots=True)
class Restorable:
    """The dump that a rollback may restore, as ledger, host and database tell of it.

    `dump` is None where there is none to restore, and `missing` says why. `host` is where it
    stands (empty: what it has to hold was not noted when it was made). `file` says what is wrong
    with the file, `problem` why the database could not be read; empty: nothing. `dumped` and `here`
    are the addresses of the database that was saved and of the inventory's. `lost` is None where
    nobody could look, `half` whether a restore was begun and is not finished, `by` the other
    rollback that has restored it already.
    """

    dump: Dump | None = None
    missing: str = ""
    made_at: str = ""
    host: str = ""
    file: str = ""
    dumped: str = ""
    here: str = ""
    problem: str = ""
    lost: Lost | None = None
    half: bool = False
    by: int | None = None


def lost(
    rows: Mapping[str, int], times: tuple[float, float] | None, was: Schema, now: Schema
) -> Lost:
    """What goes, from the rows after the marks, the samples' times and the two schemas."""
    found = tuple((table, count) for table, count in sorted(rows.items()) if count)
    since, until = times or (None, None)
    return Lost(found, since, until, schema_change(was, now).added)


def dumped_from_json(data: Any) -> Dumped:  # noqa: ANN401 - whatever JSON holds
    """What `Dumped.to_json` gave. Raises ValueError."""
    try:
        found: Dumped = _dumped().validate_python(data)
    except ValidationError:
        raise ValueError("these words tell of no saved database") from None
    return found


def lost_from_json(data: Any) -> Lost:  # noqa: ANN401 - whatever JSON holds
    """A `Lost` that was kept as plain data. Raises ValueError."""
    found: Lost = TypeAdapter(Lost).validate_python(data)
    return found


@cache
def _dumped() -> TypeAdapter[Dumped]:
    return TypeAdapter(Dumped)


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
