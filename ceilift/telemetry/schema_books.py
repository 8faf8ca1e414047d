"""The schema of a database, from its own books."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, text

from ceilift.schema_change import Column, Schema, Table

# Table, column, type, whether it may be null, whether an insert may leave it out.
MYSQL_COLUMNS = text(
    "SELECT c.table_name, c.column_name, c.column_type, c.is_nullable = 'YES',"
    " c.is_nullable = 'YES' OR c.column_default IS NOT NULL OR c.extra <> ''"
    " FROM information_schema.columns c JOIN information_schema.tables t"
    " ON t.table_schema = c.table_schema AND t.table_name = c.table_name"
    " WHERE c.table_schema = DATABASE() AND t.table_type = 'BASE TABLE'"
    " ORDER BY c.table_name, c.ordinal_position"
)
POSTGRESQL_COLUMNS = text(
    "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,"
    " NOT a.attnotnull OR a.atthasdef OR a.attidentity <> ''"
    " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')"
    " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum"
)
# Table, index, whether it is unique, whether it is the primary key, column.
MYSQL_INDEXES = text(
    "SELECT table_name, index_name, non_unique = 0, index_name = 'PRIMARY',"
    " CONCAT(column_name, COALESCE(CONCAT('(', sub_part, ')'), ''))"
    " FROM information_schema.statistics WHERE table_schema = DATABASE()"
    " ORDER BY table_name, index_name, seq_in_index"
)
POSTGRESQL_INDEXES = text(
    "SELECT t.relname, i.relname, x.indisunique, x.indisprimary,"
    " pg_get_indexdef(x.indexrelid, k, true)"
    " FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid"
    " JOIN pg_namespace n ON n.oid = t.relnamespace"
    " CROSS JOIN generate_series(1, x.indnkeyatts) AS k"
    " WHERE n.nspname = current_schema() ORDER BY t.relname, i.relname, k"
)
# Tables alone, which answers also while a restore holds all of them locked.
MYSQL_TABLE = text(
    "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = :name"
)
POSTGRESQL_TABLE = text(
    "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = current_schema() AND c.relname = :name"
)


def has_table(connection: Connection, name: str) -> bool:
    """Whether the connection's own schema has that table; no table is opened for it."""
    postgresql = connection.dialect.name == "postgresql"
    query = POSTGRESQL_TABLE if postgresql else MYSQL_TABLE
    return connection.execute(query, {"name": name}).first() is not None


def schema_of(connection: Connection) -> Schema:
    """Every table of the connection's own schema with its columns, indexes and primary key."""
    postgresql = connection.dialect.name == "postgresql"
    columns = connection.execute(POSTGRESQL_COLUMNS if postgresql else MYSQL_COLUMNS).all()
    indexes = connection.execute(POSTGRESQL_INDEXES if postgresql else MYSQL_INDEXES).all()
    return {
        name: Table(
            {row[1]: Column(str(row[2]), bool(row[3]), bool(row[4])) for row in rows},
            _indexes(_of_table(indexes).get(name, [])),
            tuple(row[4] for row in _of_table(indexes).get(name, []) if row[3]),
        )
        for name, rows in _of_table(columns).items()
    }


def _indexes(rows: Iterable[Any]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for _, name, unique, _, column in rows:
        found[name] = (*found.get(name, ("unique" if unique else "plain",)), column)
    return found


def _of_table(rows: Iterable[Any]) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return found
