"""Opens the ledger's database: SQLite (WAL) or PostgreSQL, its schema the newest when written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import OperationalError
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random

from ceilift import clock
from ceilift.errors import CeiliftError
from ceilift.ledger.likeness import empty_likeness, likeness
from ceilift.ledger.schema import bring_to_newest, version_of
from ceilift.ledger.tables import SCHEMA_VERSION

CONNECT_TIMEOUT_S = 10
LOCK_TIMEOUT_S = 30  # how long a writer waits for another one


class Database:
    """An open ledger database, and the words in which it fails.

    Opened to be written, one that nobody wrote or an earlier Ceilift has written is first brought
    to the newest schema. With `only_reading` nothing is changed: what is not there, or is older,
    is read as it would be then. Raises CeiliftError when it cannot be reached, read or written,
    RefusedError when a newer Ceilift has written it. Neither ever holds the password.
    """

    def __init__(
        self,
        url: str,
        password: str | None = None,
        now: Callable[[], float] = clock.now,
        *,
        only_reading: bool = False,
    ) -> None:
        self._password = password
        self._only_reading = only_reading
        self._url = _parsed(url, password)
        self.where = self._url.render_as_string(hide_password=True)
        with self._in_words("opened"):
            self._engine = self._to_be_read() if only_reading else self._to_be_written(now)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with: sees one consistent moment, waits for no writer."""
        with self._in_words("read"), self._engine.connect() as connection:
            yield _of_one_moment(connection)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction to write in: all of it or nothing; writers take turns on SQLite."""
        if self._only_reading:
            raise RuntimeError("this ledger was opened to be read")
        with self._in_words("written"), self._engine.begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _to_be_written(self, now: Callable[[], float]) -> Engine:
        engine = _engine(self._url, only_reading=False)
        with _closed_on_failure(engine):
            if self._version(engine) != SCHEMA_VERSION:
                with engine.begin() as connection:
                    bring_to_newest(connection, self.where, now())
        return engine

    def _to_be_read(self) -> Engine:
        if _is_no_file(self._url):
            return empty_likeness()
        engine = _engine(self._url, only_reading=True)
        with _closed_on_failure(engine):
            if self._version(engine) == SCHEMA_VERSION:
                return engine
            with engine.connect() as connection:
                made = likeness(_of_one_moment(connection))
        engine.dispose()
        return made

    def _version(self, engine: Engine) -> int:
        with engine.connect() as connection:
            return version_of(_of_one_moment(connection), self.where)

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
    if parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise CeiliftError("The ledger needs a file: an SQLite ledger in memory would forget")
    return parsed.set(password=password) if password else parsed


@contextmanager
def _closed_on_failure(engine: Engine) -> Iterator[None]:
    try:
        yield
    except BaseException:
        engine.dispose()
        raise


def _of_one_moment(connection: Connection) -> Connection:
    """Every query of its transaction sees what was there at the first."""
    if connection.dialect.name == "postgresql":
        return connection.execution_options(isolation_level="REPEATABLE READ")
    return connection.execution_options(reading=True)


def _engine(url: URL, *, only_reading: bool) -> Engine:
    make = _sqlite if url.get_backend_name() == "sqlite" else _postgresql
    try:
        return make(url, only_reading=only_reading)
    except (NoSuchModuleError, ImportError) as error:
        raise CeiliftError(f"The ledger's driver {url.drivername} is not installed") from error


def _postgresql(url: URL, *, only_reading: bool) -> Engine:
    options = f"-c lock_timeout={LOCK_TIMEOUT_S}s -c statement_timeout={2 * LOCK_TIMEOUT_S}s"
    if only_reading:
        options += " -c default_transaction_read_only=on"
    return create_engine(
        url,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "options": options},
    )


def _sqlite(url: URL, *, only_reading: bool) -> Engine:
    if not only_reading:
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": LOCK_TIMEOUT_S})
    event.listen(engine, "connect", _read_sqlite if only_reading else _write_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _is_no_file(url: URL) -> bool:
    """Whether it is an SQLite ledger that nobody has made."""
    return url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists()


def _read_sqlite(connection: SqliteConnection, _record: Any) -> None:  # noqa: ANN401
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=ON").close()


def _write_sqlite(connection: SqliteConnection, _record: Any) -> None:  # noqa: ANN401
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
