"""Opens the ledger's database: SQLite (WAL) or PostgreSQL, its schema made on first use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import OperationalError
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random

from ceilift.clock import timestamp
from ceilift.errors import CeiliftError, RefusedError
from ceilift.ledger.tables import SCHEMA_VERSION, metadata, schema_version

CONNECT_TIMEOUT_S = 10
LOCK_TIMEOUT_S = 30  # how long a writer waits for another one
FIRST_USE_LOCK = 0x6365696C  # PostgreSQL advisory lock: two controllers may come first


class Database:
    """An open ledger database, and the words in which it fails.

    Raises CeiliftError when it cannot be reached, read or written, RefusedError when a newer
    Ceilift has written it. Neither ever holds the password.
    """

    def __init__(self, url: str, password: str | None = None) -> None:
        self._password = password
        self._url = _parsed(url, password)
        self.where = self._url.render_as_string(hide_password=True)
        with self._in_words("opened"):
            self._engine = _engine(self._url)
            try:
                self._prepare()
            except BaseException:
                self._engine.dispose()
                raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with: sees one consistent moment, waits for no writer."""
        with self._in_words("read"), self._engine.connect() as connection:
            yield connection.execution_options(reading=True)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction to write in: all of it or nothing; writers take turns on SQLite."""
        with self._in_words("written"), self._engine.begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _prepare(self) -> None:
        with self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(FIRST_USE_LOCK)))
            metadata.create_all(connection)
            found = connection.scalar(select(func.max(schema_version.c.version)))
            if found is None:
                connection.execute(
                    insert(schema_version).values(version=SCHEMA_VERSION, at=timestamp())
                )
        if found is not None and found > SCHEMA_VERSION:
            raise RefusedError(
                f"The ledger {self.where} has schema {found}, this Ceilift knows {SCHEMA_VERSION}:"
                " use the newer Ceilift that wrote it"
            )

    @contextmanager
    def _in_words(self, done: str) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            reason = self._reason(error)
            raise CeiliftError(f"The ledger {self.where} cannot be {done}: {reason}") from None

    def _reason(self, error: Exception) -> str:
        cause = getattr(error, "orig", None) or error
        words = " ".join(str(cause).split())
        return words.replace(self._password, "***") if self._password else words


def _parsed(url: str, password: str | None) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise CeiliftError(
            "The ledger's URL is not one: give sqlite:///FILE or postgresql+psycopg://..."
        ) from None
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise CeiliftError(
            f"The ledger cannot be kept in {parsed.get_backend_name()}: use SQLite or PostgreSQL"
        )
    return parsed.set(password=password) if password else parsed


def _engine(url: URL) -> Engine:
    try:
        return _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)
    except (NoSuchModuleError, ImportError) as error:
        raise CeiliftError(f"The ledger's driver {url.drivername} is not installed") from error


def _postgresql(url: URL) -> Engine:
    options = f"-c lock_timeout={LOCK_TIMEOUT_S}s -c statement_timeout={2 * LOCK_TIMEOUT_S}s"
    return create_engine(
        url,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "options": options},
    )


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise CeiliftError("The ledger needs a file: an SQLite ledger in memory would forget")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": LOCK_TIMEOUT_S})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: SqliteConnection, _record: Any) -> None:  # noqa: ANN401
    connection.isolation_level = None  # we say BEGIN ourselves
    _use_wal(connection)
    for setting in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}").close()


@retry(
    retry=retry_if_exception_type(OperationalError),
    stop=stop_after_delay(LOCK_TIMEOUT_S),
    wait=wait_random(0.01, 0.1),
    reraise=True,
)
def _use_wal(connection: SqliteConnection) -> None:
    """Of an empty ledger too: SQLite itself does not wait for another process to end its switch."""
    connection.execute("PRAGMA journal_mode=WAL").close()


def _begin_sqlite(connection: Connection) -> None:
    """Writers lock at once: a lock taken half-way through a transaction could only fail."""
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
