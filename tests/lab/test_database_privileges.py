"""What is told of accounts, against what MariaDB and PostgreSQL really let them do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from ceilift.database_dump import DumpTarget, dump_script
from ceilift.hazards.privileges import TO_FILL, TO_MIGRATE, TO_READ
from ceilift.stores import OWNER, Account
from ceilift.telemetry.tables import DatabaseTables
from lab.database_servers import (
    PASSWORD,
    PrivateMariadb,
    PrivatePostgresql,
    PrivateServer,
)
from tests.local_shell import LocalShell

pytestmark = pytest.mark.lab

NAME = "ceilometer"
NARROW = "narrow"
TRIED: Mapping[str, str] = {  # a statement that the server refuses without that privilege
    "SELECT": "SELECT id FROM sample",
    "INSERT": "INSERT INTO sample VALUES (2, 2)",
    "UPDATE": "UPDATE sample SET value = 3",
    "DELETE": "DELETE FROM sample",
    "CREATE": "CREATE TABLE more (id INT)",
    "DROP": "DROP TABLE unused",
    "ALTER": "ALTER TABLE sample ADD COLUMN unit INT",
    "INDEX": "CREATE INDEX by_value ON sample (value)",
    "LOCK TABLES": "LOCK TABLES sample WRITE",
}


def account(server: PrivateServer, user: str = NARROW) -> Account:
    tables = DatabaseTables(str(make_url(server.url(NAME)).set(username=user)), PASSWORD)
    try:
        return tables.account("database")
    finally:
        tables.dispose()


def refused(server: PrivateServer, statement: str) -> bool:
    url = make_url(server.url(NAME)).set(username=NARROW, password=PASSWORD)
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
    except DBAPIError as error:
        return any(words in str(error.orig) for words in ("denied", "must be owner"))
    return False


def dumped(server: PrivateServer, folder: Path) -> bool:
    url = str(make_url(server.url(NAME)).set(username=NARROW))
    target = DumpTarget(url, PASSWORD, str(folder), "narrow-to-9.0.7")
    return LocalShell("here", {}).run(dump_script(target, needed_bytes=None), timeout_s=60).ok


def filled(server: PrivateServer) -> None:
    server.create(NAME)
    with server.engine(NAME).begin() as connection:
        connection.execute(text("CREATE TABLE sample (id INT PRIMARY KEY, value INT)"))
        connection.execute(text("CREATE TABLE unused (id INT)"))
        connection.execute(text("CREATE TABLE migrate_version (version INT)"))
        connection.execute(text("INSERT INTO migrate_version VALUES (40)"))
        connection.execute(text("INSERT INTO sample VALUES (1, 1)"))


@pytest.fixture(scope="module")
def mariadb() -> Iterator[PrivateServer]:
    server = PrivateMariadb()
    try:
        server.start()
        filled(server)
        escaped = PASSWORD.replace("\\", "\\\\").replace("'", "\\'").replace(":", "\\:")
        server.admin(f"CREATE USER '{NARROW}'@'%' IDENTIFIED BY '{escaped}'")
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PrivateServer]:
    server = PrivatePostgresql()
    try:
        server.start()
        filled(server)
        escaped = PASSWORD.replace("'", "''").replace(":", "\\:")
        server.admin(f"CREATE USER {NARROW} PASSWORD '{escaped}'")
        yield server
    finally:
        server.stop()


def only(server: PrivateServer, *privileges: str, on: str = f"{NAME}.*") -> None:
    server.admin(f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM '{NARROW}'@'%'")
    if privileges:
        server.admin(f"GRANT {', '.join(privileges)} ON {on} TO '{NARROW}'@'%'")


@pytest.mark.parametrize("missing", TO_FILL)
def test_what_an_account_lacks_is_what_mariadb_refuses(
    mariadb: PrivateServer, missing: str
) -> None:
    only(mariadb, *(one for one in TO_FILL if one != missing))

    seen = account(mariadb)

    assert (seen.problem, seen.server, seen.name) == ("", "mariadb", f"'{NARROW}'@'%'")
    assert seen.lacks(*TO_FILL) == (missing,)
    assert refused(mariadb, TRIED[missing])


def test_the_grant_that_is_told_mends_it(mariadb: PrivateServer) -> None:
    only(mariadb, "SELECT")
    seen = account(mariadb)
    assert refused(mariadb, TRIED["INDEX"])

    mariadb.admin(f"GRANT {', '.join(seen.lacks(*TO_MIGRATE))} ON {seen.scope} TO {seen.name}")

    assert account(mariadb).lacks(*TO_MIGRATE) == ()
    assert not refused(mariadb, TRIED["INDEX"])


def test_reading_is_enough_for_the_dump_of_mariadb(mariadb: PrivateServer, tmp_path: Path) -> None:
    only(mariadb, *TO_READ)

    assert account(mariadb).lacks(*TO_READ) == ()
    assert account(mariadb).migration == 40
    assert dumped(mariadb, tmp_path)


def test_an_account_of_single_tables_would_leave_out_the_others(
    mariadb: PrivateServer, tmp_path: Path
) -> None:
    only(mariadb, "SELECT", on=f"{NAME}.sample")

    seen = account(mariadb)

    assert (seen.lacks(*TO_READ), seen.single) == (("SELECT",), ("SELECT",))
    assert dumped(mariadb, tmp_path)  # and nothing tells that tables are missing
    assert seen.migration is None


def test_a_role_counts_only_where_it_is_active(mariadb: PrivateServer) -> None:
    only(mariadb, "SELECT")
    mariadb.admin(
        "CREATE ROLE migrator",
        f"GRANT {', '.join(TO_MIGRATE)} ON {NAME}.* TO migrator",
        f"GRANT migrator TO '{NARROW}'@'%'",
    )
    assert account(mariadb).lacks(*TO_MIGRATE) == TO_MIGRATE[1:]

    mariadb.admin(f"SET DEFAULT ROLE migrator FOR '{NARROW}'@'%'")

    assert account(mariadb).lacks(*TO_MIGRATE) == ()
    mariadb.admin("DROP ROLE migrator")


def test_an_entry_for_the_name_hides_one_for_a_pattern(mariadb: PrivateServer) -> None:
    only(mariadb, "SELECT, INSERT", on="`ceilo%`.*")
    assert account(mariadb).lacks("SELECT", "INSERT") == ()
    assert not refused(mariadb, TRIED["SELECT"])

    mariadb.admin(f"GRANT UPDATE ON {NAME}.* TO '{NARROW}'@'%'")

    assert account(mariadb).lacks("SELECT", "UPDATE") == ("SELECT",)
    assert refused(mariadb, TRIED["SELECT"])


def test_the_look_changes_nothing_and_keeps_no_password(mariadb: PrivateServer) -> None:
    only(mariadb, *TO_MIGRATE)

    seen = account(mariadb)

    assert "PASSWORD" not in repr(seen)
    assert account(mariadb) == seen


def test_an_owner_on_postgresql_lacks_nothing(postgresql: PrivateServer) -> None:
    seen = account(postgresql, "ceilometer")

    assert seen.lacks("CREATE", OWNER, "SELECT") == ()
    assert (seen.server, seen.migration, seen.foreign, seen.unread) == ("postgresql", 40, (), ())


def test_somebody_else_on_postgresql_is_told_what_is_missing(
    postgresql: PrivateServer, tmp_path: Path
) -> None:
    with postgresql.engine(NAME).begin() as connection:
        connection.execute(text("REVOKE SELECT ON ALL TABLES IN SCHEMA public FROM narrow"))

    seen = account(postgresql)

    assert seen.lacks("CREATE", OWNER, "SELECT") == ("CREATE", OWNER, "SELECT")
    assert "public.sample" in seen.foreign
    assert "public.sample" in seen.unread
    assert refused(postgresql, TRIED["ALTER"])
    assert refused(postgresql, TRIED["SELECT"])
    assert not dumped(postgresql, tmp_path)


def test_reading_is_enough_for_the_dump_of_postgresql(
    postgresql: PrivateServer, tmp_path: Path
) -> None:
    with postgresql.engine(NAME).begin() as connection:
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {NARROW}"))

    seen = account(postgresql)

    assert (seen.unread, seen.held) == ((), ("SELECT",))
    assert dumped(postgresql, tmp_path)
