"""A private MariaDB, its account, and the Ceilometer schema."""

from __future__ import annotations

import getpass
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pymysql

from lab import credentials
from lab.commands import clean_environment, run
from lab.files import PRIVATE, write
from lab.overseer import Program
from lab.settings import PORTS, Lab
from lab.waiting import until

NAME = "ceilometer"
USER = "ceilometer"
_BUSY_TABLES = ("sample", "meter", "resource")
UNREACHABLE = (pymysql.Error, OSError)


def url(lab: Lab, port: int = PORTS.database) -> str:
    """What SQLAlchemy and Ceilometer connect to."""
    password = quote(credentials.secret(lab, credentials.DATABASE))
    return f"mysql+pymysql://{USER}:{password}@{lab.services_ip}:{port}/{NAME}?charset=utf8"


def program(lab: Lab) -> Program:
    """MariaDB with a small memory and an own socket."""
    folder = lab.root / "mariadb"
    command = (
        "/usr/sbin/mariadbd",
        "--no-defaults",
        f"--datadir={folder}",
        f"--socket={_socket(lab)}",
        f"--pid-file={lab.run / 'mariadb.pid'}",
        f"--bind-address={lab.services_ip}",
        f"--port={PORTS.database}",
        f"--user={getpass.getuser()}",
        "--skip-name-resolve",
        "--skip-log-bin",
        "--innodb-buffer-pool-size=128M",
        "--innodb-flush-log-at-trx-commit=2",
        "--performance-schema=off",
        "--max-connections=300",
        "--character-set-server=utf8mb3",
    )
    return Program("mariadb", command, stop_seconds=30)


def install(lab: Lab) -> None:
    """Make the system tables unless a finished set is there."""
    folder = lab.root / "mariadb"
    if (folder / ".lab-complete").is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    user = getpass.getuser()
    run(
        [
            "mariadb-install-db",
            "--no-defaults",
            f"--datadir={folder}",
            f"--user={user}",
            "--auth-root-authentication-method=socket",
            f"--auth-root-socket-user={user}",
            "--skip-test-db",
        ],
        within=120,
        env=clean_environment(lab),
    )
    (folder / ".lab-complete").touch()


def wait_ready(lab: Lab) -> None:
    """Return when root can log in; the account exists then."""
    until(lambda: _answers(lab), "MariaDB answers (see log/mariadb.log)", within=60)
    password = credentials.secret(lab, credentials.DATABASE)
    _as_root(
        lab,
        f"CREATE DATABASE IF NOT EXISTS {NAME} CHARACTER SET utf8mb3",
        f"CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{password}'",
        f"GRANT ALL ON `{NAME}%`.* TO '{USER}'@'%'",
    )


def forget(lab: Lab) -> None:
    """Delete all of it while it is down; the next start begins with an empty one."""
    shutil.rmtree(lab.root / "mariadb", ignore_errors=True)
    _dump(lab).unlink(missing_ok=True)


def known(lab: Lab) -> bool:
    """Whether this database once got its schema; a copy of it was saved then."""
    return _dump(lab).is_file()


def ensure_schema(lab: Lab, release: str, config: Path) -> None:
    """Give the database the schema of a release by that release's own command, and save a copy.

    `config`: a ceilometer.conf that names the database.
    """
    upgrade = lab.venv(release) / "bin" / "ceilometer-upgrade"
    run(
        [upgrade, "--skip-gnocchi-resource-types", "--config-file", config],
        within=120,
        env=clean_environment(lab),
    )
    ignored = [f"--ignore-table-data={NAME}.{table}" for table in _BUSY_TABLES]
    write(_dump(lab), run([*_client(lab, "mariadb-dump"), *ignored, NAME]), PRIVATE)


def recreate(lab: Lab) -> None:
    """An empty database with the schema it had when it was new."""
    rows = _as_root(lab, f"SHOW DATABASES LIKE '{NAME}%'")
    _as_root(lab, *(f"DROP DATABASE `{row[0]}`" for row in rows))
    _as_root(lab, f"CREATE DATABASE {NAME} CHARACTER SET utf8mb3")
    run([*_client(lab, "mariadb"), NAME], stdin=_dump(lab).read_text())


def query(lab: Lab, statement: str, *values: object) -> tuple[tuple[Any, ...], ...]:
    """Rows of the Ceilometer database."""
    with _connect(lab, NAME) as connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        return tuple(cursor.fetchall())


def _as_root(lab: Lab, *statements: str) -> tuple[tuple[Any, ...], ...]:
    rows: tuple[tuple[Any, ...], ...] = ()
    with _connect(lab) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            rows = tuple(cursor.fetchall())
    return rows


def _answers(lab: Lab) -> bool:
    try:
        _as_root(lab, "SELECT 1")
    except UNREACHABLE:
        return False
    return True


def _connect(lab: Lab, name: str | None = None) -> pymysql.Connection[Any]:
    if not _socket(lab).exists():
        raise FileNotFoundError(f"{_socket(lab)}: MariaDB is not there")
    return pymysql.connect(
        unix_socket=str(_socket(lab)), user=getpass.getuser(), database=name, autocommit=True
    )


def _client(lab: Lab, command: str) -> list[str]:
    return [command, "--no-defaults", f"--socket={_socket(lab)}", f"--user={getpass.getuser()}"]


def _socket(lab: Lab) -> Path:
    return lab.run / "mariadb.sock"


def _dump(lab: Lab) -> Path:
    return lab.root / "schema.sql"
