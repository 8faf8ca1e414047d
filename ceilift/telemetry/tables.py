"""Whole tables of a database, to compare one with its copy: schema, row counts, some checksums.

Rows are picked by the primary key at places spread evenly over it, so a check costs the same on a
table of any size; only counting reads all of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, Select, column, func, select, table

from ceilift.copy_comparison import ALL, Key, Rows, key_column
from ceilift.database_restore import MARKER
from ceilift.dump_record import Mark
from ceilift.production_restore import RESTORING
from ceilift.schema_change import Schema, Table
from ceilift.stores import Account, Use
from ceilift.telemetry.connection import ReadOnlyDatabase
from ceilift.telemetry.privileges import account_of
from ceilift.telemetry.schema import sample
from ceilift.telemetry.schema_books import has_table, schema_of

DEADLINE_S = 3600  # to count a table of hundreds of millions of rows
PLACES, AT_EACH = 64, 8  # rows are picked at so many places of a table, so many at each
AT_ONCE = 400  # keys in one question


class DatabaseTables:
    """Read-only view of a database's tables, production's or its copy's.

    `url` is SQLAlchemy's, without a password. Raises TransientError when the database does not
    answer in time, CeiliftError when it refuses; neither holds the password. Safe for threads.
    """

    def __init__(self, url: str, password: str | None = None) -> None:
        self._database = ReadOnlyDatabase(url, password, deadline_s=DEADLINE_S)

    def dispose(self) -> None:
        """Close every connection."""
        self._database.dispose()

    def schema(self) -> Schema:
        """Every table as the server describes it, but not those of Ceilift's own."""
        with self._database.reading() as connection:
            found = schema_of(connection)
        return {name: one for name, one in found.items() if name not in {MARKER, RESTORING}}

    def is_half_restored(self) -> bool:
        """Whether a restore into it was begun and is not finished."""
        with self._database.reading() as connection:
            return has_table(connection, RESTORING)

    def rows_after(self, schema: Schema, marks: Sequence[Mark]) -> Mapping[str, int]:
        """How many rows of each table came after its mark: what a restore takes."""
        with self._database.reading() as connection:
            return {mark.table: _after(connection, mark) for mark in marks if mark.table in schema}

    def stored_after(self, schema: Schema, marks: Sequence[Mark]) -> tuple[float, float] | None:
        """When the first and the last sample after the mark were stored; None: there is none."""
        mark = next((one for one in marks if one.table == sample.name), None)
        if mark is None or mark.column != sample.c.id.name or mark.table not in schema:
            return None
        stored = func.coalesce(sample.c.recorded_at, sample.c.timestamp)
        asked = select(func.min(stored), func.max(stored)).where(sample.c.id > mark.value)
        with self._database.reading() as connection:
            first, last = connection.execute(asked).one()
        return None if first is None or last is None else (float(first), float(last))

    def is_ours_or_empty(self) -> bool:
        """Whether nothing is in it, or Ceilift's own mark."""
        with self._database.reading() as connection:
            found = schema_of(connection)
        return not found or MARKER in found

    def account(self, use: Use) -> Account:
        """What our account may do there, and whether a scratch database can be taken for a copy."""
        with self._database.reading() as connection:
            found = account_of(connection, use)
        return replace(found, is_taken=use == "scratch" and not self.is_ours_or_empty())

    def marks(self, schema: Schema) -> tuple[Mark, ...]:
        """Up to where each table is filled now: its greatest key, or its number of rows."""
        with self._database.reading() as connection:
            return tuple(_mark(connection, name, one) for name, one in sorted(schema.items()))

    def picked(self, schema: Schema, marks: Sequence[Mark]) -> Mapping[str, Rows]:
        """Rows up to each mark: how many there are, and digests of some from all over the table."""
        with self._database.reading() as connection:
            return {
                mark.table: Rows(
                    _count(connection, mark),
                    dict(_spread(connection, mark, schema[mark.table])),
                )
                for mark in marks
                if mark.table in schema
            }

    def same(
        self, schema: Schema, marks: Sequence[Mark], like: Mapping[str, Rows]
    ) -> Mapping[str, Rows]:
        """The count up to each mark, and digests of those rows that were picked elsewhere."""
        with self._database.reading() as connection:
            return {
                mark.table: Rows(
                    _count(connection, mark),
                    _with_keys(connection, mark, schema[mark.table], like[mark.table].sampled),
                )
                for mark in marks
                if mark.table in schema and mark.table in like
            }


def _mark(connection: Connection, name: str, one: Table) -> Mark:
    key = key_column(one)
    wanted: ColumnElement[int] = func.count() if key == ALL else func.max(column(key))
    return Mark(name, key, connection.scalar(select(wanted).select_from(table(name))) or 0)


def _count(connection: Connection, mark: Mark) -> int:
    query = select(func.count()).select_from(table(mark.table))
    return connection.scalar(query if mark.column == ALL else query.where(_upto(mark))) or 0


def _after(connection: Connection, mark: Mark) -> int:
    query = select(func.count()).select_from(table(mark.table))
    if mark.column == ALL:
        return max(0, (connection.scalar(query) or 0) - mark.value)
    return connection.scalar(query.where(column(mark.column) > mark.value)) or 0


def _spread(connection: Connection, mark: Mark, one: Table) -> Iterator[tuple[Key, str]]:
    if mark.column == ALL:
        return
    key: ColumnElement[int] = column(mark.column)
    least = connection.scalar(select(func.min(key)).select_from(table(mark.table)))
    if least is None or least > mark.value:
        return
    order: list[ColumnElement[object]] = [column(name) for name in one.key]
    seen: int | None = None
    for place in range(PLACES):
        start = least + (mark.value - least) * place // (PLACES - 1)
        if start == seen:
            continue
        seen = start
        rows = _rows(mark.table, one).where(_upto(mark), key >= start).order_by(*order)
        yield from _digests(connection, rows.limit(AT_EACH), one)


def _with_keys(
    connection: Connection, mark: Mark, one: Table, keys: Collection[Key]
) -> Mapping[Key, str]:
    wanted = sorted({key[0] for key in keys}, key=str)
    found: dict[Key, str] = {}
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        rows = _rows(mark.table, one).where(column(mark.column).in_(some))
        found.update(_digests(connection, rows, one))
    return {key: value for key, value in found.items() if key in keys}


def _rows(name: str, one: Table) -> Select[tuple[object, ...]]:
    """The primary key, then every column in alphabetical order."""
    names = (*one.key, *sorted(one.columns))
    chosen: list[ColumnElement[object]] = [
        column(each).label(f"c{number}") for number, each in enumerate(names)
    ]
    return select(*chosen).select_from(table(name))


def _digests(
    connection: Connection, query: Select[tuple[object, ...]], one: Table
) -> Iterator[tuple[Key, str]]:
    width = len(one.key)
    for row in connection.execute(query):
        values = repr(tuple(row[width:])).encode()
        yield tuple(row[:width]), hashlib.sha256(values).hexdigest()


def _upto(mark: Mark) -> ColumnElement[bool]:
    return column(mark.column) <= mark.value
