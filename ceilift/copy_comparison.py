"""Whether a restored copy holds what production held when its dump began.

Production goes on while it is compared. Rows up to the mark of each table cannot be new, so each of
them that production still has must be in the copy, the same. A copy may have more: what production
has deleted since, as ceilometer-expirer does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ceilift.dump_record import Mark
from ceilift.schema_change import Schema, Table

WHOLE = re.compile(r"(tiny|small|medium|big)?int(eger)?(\(\d+\))?( unsigned)?")
FEW = 3
ALL = "*"  # the column of a mark that counts rows: its table has no whole-number key

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """How many rows a table has up to its mark, and digests of some of them by primary key."""

    count: int
    sampled: Mapping[Key, str] = field(default_factory=dict)


def rows_to_json(found: Mapping[str, Rows]) -> dict[str, list[object]]:
    """What was counted and picked, as plain data; rows whose key JSON would alter are left out."""
    return {
        name: [
            one.count,
            [
                [list(key), value]
                for key, value in one.sampled.items()
                if all(isinstance(part, int | str) for part in key)
            ],
        ]
        for name, one in found.items()
    }


def rows_from_json(
    data: Mapping[str, tuple[int, list[tuple[list[object], str]]]],
) -> dict[str, Rows]:
    """What `rows_to_json` gave."""
    return {
        name: Rows(count, {tuple(key): value for key, value in sampled})
        for name, (count, sampled) in data.items()
    }


def key_column(table: Table) -> str:
    """The column by which a table's rows are marked: its primary key's first, a whole number.

    `*` where there is none: then rows are counted.
    """
    first = table.key[0] if table.key else ""
    kind = table.columns[first].kind if first in table.columns else ""
    return first if WHOLE.fullmatch(kind) else ALL


def row_faults(
    marks: Sequence[Mark], production: Mapping[str, Rows], copy: Mapping[str, Rows]
) -> tuple[str, ...]:
    """What is not in the copy as it is in production, one sentence a table; empty: nothing."""
    nothing = Rows(0)
    return tuple(
        words
        for mark in marks
        for words in _table_faults(
            mark, production.get(mark.table, nothing), copy.get(mark.table, nothing)
        )
    )


def compared(schema: Schema, production: Mapping[str, Rows]) -> str:
    """In words, what was compared and found equal."""
    rows = sum(one.count for one in production.values())
    digests = sum(len(one.sampled) for one in production.values())
    most = max(production, key=lambda name: production[name].count, default="")
    counted = f", {production[most].count} of them in {most}" if rows else ""
    return (
        f"{len(schema)} tables alike, {rows} rows counted{counted}, {digests} compared by checksum"
    )


def _table_faults(mark: Mark, production: Rows, copy: Rows) -> Iterator[str]:
    if mark.column == ALL:
        least, most = sorted((mark.value, production.count))
        if not least <= copy.count <= most:
            yield f"{mark.table}: {copy.count} rows in the copy, {least} to {most} in production"
        return
    if copy.count < production.count:
        missing = production.count - copy.count
        yield f"{mark.table}: {missing} of {production.count} rows up to {mark} are not in the copy"
    others = [key for key, value in production.sampled.items() if copy.sampled.get(key) != value]
    if others:
        few = ", ".join("/".join(map(str, key)) for key in others[:FEW])
        yield f"{mark.table}: {len(others)} of {len(production.sampled)} rows differ: {few}"
