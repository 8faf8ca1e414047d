"""How a row is written: stamped with its moment, its text such that any database takes it."""

from __future__ import annotations

from sqlalchemy import Connection, Table, insert

from ceilift import clock
from ceilift.ledger.tables import documents, upgrade_ends

UNDOES = "undoes"  # the document of a rollback that names what it takes back


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


def undo(connection: Connection, now: float, undone: int, by: int, *, is_open: bool) -> None:
    """Note that the upgrade `by` takes another one back, and end that where it is open."""
    link = {"kind": UNDOES, "name": str(undone), "body": "{}"}
    add_row(connection, now, documents, upgrade_id=by, **link)
    if is_open:
        end = {"outcome": "undone", "detail": f"rollback {by} began"}
        add_row(connection, now, upgrade_ends, upgrade_id=undone, **end)
