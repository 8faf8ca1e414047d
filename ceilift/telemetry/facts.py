"""Size and version of a database, from its own books."""

from __future__ import annotations

from sqlalchemy import Connection, text

from ceilift.production_restore import RESTORING
from ceilift.state import DatabaseState
from ceilift.telemetry.schema_books import has_table

MYSQL = text(
    "SELECT (SELECT SUM(data_length + index_length) FROM information_schema.tables"
    " WHERE table_schema = DATABASE()), (SELECT table_rows FROM information_schema.tables"
    " WHERE table_schema = DATABASE() AND table_name = 'sample'), VERSION()"
)
POSTGRESQL = text(
    "SELECT pg_database_size(current_database()),"
    " (SELECT CAST(reltuples AS bigint) FROM pg_class WHERE oid = to_regclass('sample')),"
    " current_setting('server_version')"
)
SQLITE = text(
    "SELECT page_count * page_size, (SELECT MAX(id) FROM sample), sqlite_version()"
    " FROM pragma_page_count, pragma_page_size"
)


def database_facts(connection: Connection) -> DatabaseState:
    """What the server's books say: size of all tables with indexes, and estimated rows.

    Rows are None where no statistics were ever gathered (PostgreSQL before its first ANALYZE).
    """
    name = connection.dialect.name
    query = {"mysql": MYSQL, "mariadb": MYSQL, "postgresql": POSTGRESQL}.get(name, SQLITE)
    size, rows, version = connection.execute(query).one()
    return DatabaseState(
        reachable=True,
        # PostgreSQL restores all in one transaction: there it is never half.
        half_restored=query is MYSQL and has_table(connection, RESTORING),
        backend="mariadb" if "mariadb" in str(version).lower() else name,
        version=str(version),
        size_bytes=None if size is None else int(size),
        samples=None if rows is None or rows < 0 else int(rows),
    )
