"""A database connection that can only read, gives up in time, and fails in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pymysql
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)

from ceilift.errors import CeiliftError, TransientError

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 30  # a query that takes longer is ended on the server, too
DRIVERS = {"mysql": "pymysql", "mariadb": "pymysql", "postgresql": "psycopg", "sqlite": "pysqlite"}

# Error numbers and SQLSTATEs that no waiting mends: access denied, no such database.
REFUSED: frozenset[object] = frozenset(
    {1044, 1045, 1049, 1142, 1143, 1698, "28000", "28P01", "3D000", "42501"}
)
UNKNOWN_VARIABLE = 1193
NO_TABLE: frozenset[object] = frozenset({1109, 1146, 1054, "42P01", "42703"})


class ReadOnlyDatabase:
    """An SQL database that sessions of ours cannot change.

    `url` is SQLAlchemy's, without a password; the driver may be left out. A statement that takes
    longer than `deadline_s` is ended on the server.
    """

    def __init__(
        self, url: str, password: str | None = None, *, deadline_s: int = READ_TIMEOUT_S
    ) -> None:
        self._password = password
        self._url = _parsed(url, password)
        shown = self._url.set(drivername=self._url.get_backend_name())
        self.where = shown.render_as_string(hide_password=True)
        self._engine = _engine(self._url, deadline_s)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection in which every statement is a read-only transaction of its own."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise self._in_words(error) from None

    def dispose(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _in_words(self, error: SQLAlchemyError) -> CeiliftError:
        cause = getattr(error, "orig", None) or error
        codes = _codes(cause)
        reason = self._reason(cause)
        if codes & REFUSED:
            return CeiliftError(f"The database {self.where} refuses: {reason}")
        if codes & NO_TABLE or "no such table" in reason:
            return CeiliftError(f"{self.where} is no Ceilometer database: {reason}")
        if isinstance(error, OperationalError | InterfaceError) or _is_disconnect(error):
            return TransientError(f"The database {self.where} does not answer: {reason}")
        return CeiliftError(f"The database {self.where} cannot be read: {reason}")

    def _reason(self, cause: BaseException) -> str:
        numbered = len(cause.args) > 1 and isinstance(cause.args[0], int)
        words = " ".join(str(cause.args[1] if numbered else cause).split())
        return words.replace(self._password, "***") if self._password else words


def _codes(cause: BaseException) -> set[object]:
    """The driver's error number and the SQLSTATE, whichever there are."""
    number = cause.args[0] if cause.args and isinstance(cause.args[0], int) else None
    return {number, getattr(cause, "sqlstate", None)} - {None}


def _is_disconnect(error: SQLAlchemyError) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _parsed(url: str, password: str | None) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
        parsed = parsed.set(drivername=f"{backend}+{DRIVERS[backend]}")
    except (ArgumentError, NoSuchModuleError, KeyError):
        forms = "mysql+pymysql://USER@HOST/NAME or postgresql+psycopg://USER@HOST/NAME"
        raise CeiliftError(f"The database's URL is none that can be read: give {forms}") from None
    return parsed.set(password=password) if password else parsed


def _engine(url: URL, deadline_s: int) -> Engine:
    backend = url.get_backend_name()
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=2,
        pool_pre_ping=True,
        pool_recycle=600,
        pool_timeout=READ_TIMEOUT_S,
        connect_args=_arguments(backend, deadline_s),
    )
    if backend in {"mysql", "mariadb"}:
        event.listen(engine, "connect", _setting_up_mysql(deadline_s))
    if backend == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
    return engine


def _arguments(backend: str, deadline_s: int) -> dict[str, Any]:
    if backend == "sqlite":
        return {"timeout": READ_TIMEOUT_S}
    if backend == "postgresql":
        options = f"-c default_transaction_read_only=on -c statement_timeout={deadline_s}s"
        return {"connect_timeout": CONNECT_TIMEOUT_S, "options": options}
    return {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "read_timeout": deadline_s + CONNECT_TIMEOUT_S,
        "write_timeout": READ_TIMEOUT_S,
    }


def _setting_up_mysql(deadline_s: int) -> Callable[[DBAPIConnection, object], None]:
    """Read-only, with a deadline: MariaDB and MySQL name it differently; a proxy may know none."""

    def set_up(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("SET SESSION TRANSACTION READ ONLY")
        for deadline in (f"max_statement_time={deadline_s}", f"max_execution_time={deadline_s}000"):
            try:
                cursor.execute(f"SET SESSION {deadline}")
            except pymysql.err.OperationalError as error:
                if error.args[0] != UNKNOWN_VARIABLE:
                    raise
        cursor.close()

    return set_up


def _set_up_sqlite(connection: DBAPIConnection, _record: object) -> None:
    connection.cursor().execute("PRAGMA query_only=ON")
