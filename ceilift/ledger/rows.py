"""How a row is written: stamped with its moment, its text such that any database takes it."""

from __future__ import annotations

from sqlalchemy import Connection, Table, insert

from ceilift import clock


def add_row(connection: Connection, moment: float, table: Table, **values: object) -> int:
    """Write one row, `at` that moment (epoch seconds) unless it says otherwise; gives its id."""
    values.setdefault("at", clock.timestamp(moment))
    row = {name: _storable(value) for name, value in values.items()}
    key = connection.execute(insert(table).values(**row)).inserted_primary_key
    return int(key[0]) if key is not None else 0


def _storable(value: object) -> object:
    """Text that any database takes: what hosts print may hold NUL and bytes that are no UTF-8."""
    if not isinstance(value, str):
        return value
    return value.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()
