"""An older ledger, or none, as it would be read after it was brought to the newest schema.

Versions differ by tables, columns that may be empty, and indexes, which are only ever added. So the
rows of the older tables in the newest ones are exactly what a migration would have made.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, StaticPool, Table, create_engine, insert, inspect, select

from ceilift.ledger.tables import metadata


def empty_likeness() -> Engine:
    """The newest tables, in memory, with nothing in them."""
    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    metadata.create_all(engine)
    return engine


def likeness(connection: Connection) -> Engine:
    """The newest tables, in memory, with the rows of the ledger read by that connection."""
    engine = empty_likeness()
    there = inspect(connection)
    known = {
        name: {found["name"] for found in there.get_columns(name)}
        for name in there.get_table_names()
    }
    with engine.begin() as copy:
        for table in metadata.sorted_tables:
            if table.name in known:
                _copy(table, known[table.name], connection, copy)
    return engine


def _copy(table: Table, known: set[str], source: Connection, copy: Connection) -> None:
    columns = [column for column in table.c if column.name in known]
    rows = [dict(row) for row in source.execute(select(*columns)).mappings()]
    if rows:
        copy.execute(insert(table), rows)
