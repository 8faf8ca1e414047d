"""Private database servers: real ones, in a folder of their own, on a free port of loopback."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from lab.settings import MARK
from lab.waiting import until

PASSWORD = "Ceilift'pw\\\"$:@%/ #1"
PASSWORD_QUOTED = quote(PASSWORD, safe="")
USER = "ceilometer"
NOBODY = 65534


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class PrivateServer:
    """What both kinds have in common: a process of ours in a folder of ours."""

    scheme: str
    root: str  # who may do everything, without a password

    def __init__(self) -> None:
        """A folder and a port for it; nothing runs yet."""
        self.folder = Path(tempfile.mkdtemp(prefix="ceilift-db-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._as = NOBODY if os.getuid() == 0 else None
        if self._as is not None:
            os.chown(self.folder, NOBODY, NOBODY)
        self._made = False

    def start(self) -> None:
        """Return when it answers; the first time, with Ceilometer's own user made."""
        if not self._made:
            self._install()
        self._socket.unlink(missing_ok=True)  # left by one that was killed
        log = (self.folder / "server.log").open("ab")
        self._process = subprocess.Popen(
            self._command(),
            stdout=log,
            stderr=log,
            cwd=self.folder,
            **self._rights(),
        )
        log.close()
        until(self._answers, f"the server answers (see {self.folder}/server.log)", within=120)
        if not self._made:
            self._make_user()
        self._made = True

    def kill(self) -> None:
        """SIGKILL, by pid, to it and the children that serve its sessions."""
        if self._process is not None:
            pid = self._process.pid
            found = subprocess.run(
                ["ps", "-o", "pid=", "--ppid", str(pid)],
                capture_output=True,
                text=True,
                check=False,
            )
            for one in (pid, *map(int, found.stdout.split())):
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
            self._process.wait(60)
            self._process = None

    def stop(self) -> None:
        """End it, and delete what it held."""
        self._end(signal.SIGINT if self.scheme.startswith("postgresql") else signal.SIGTERM)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str) -> str:
        """SQLAlchemy's, of a database for Ceilometer's own user, without the password."""
        return f"{self.scheme}://{USER}@127.0.0.1:{self.port}/{name}"

    def engine(self, name: str) -> Engine:
        """As Ceilometer's own user."""
        return create_engine(make_url(self.url(name)).set(password=PASSWORD), poolclass=NullPool)

    def create(self, name: str) -> None:
        """A new empty database, the user's own."""
        raise NotImplementedError

    def admin(self, *statements: str) -> None:
        """As who may do everything."""
        engine = create_engine(self._root_url(), poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def _rights(self) -> dict[str, Any]:
        mark = {MARK: str(self.folder), "HOME": str(self.folder), "PATH": "/usr/bin:/bin"}
        who = {} if self._as is None else {"user": self._as, "group": self._as, "extra_groups": []}
        return {"env": mark, **who}

    def _run(self, *command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, **self._rights())

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(60)
            self._process = None

    def _answers(self) -> bool:
        if not self._socket.exists():
            return False
        try:
            self.admin("SELECT 1")
        except SQLAlchemyError:
            return False
        return True

    @property
    def _socket(self) -> Path:
        raise NotImplementedError

    def _install(self) -> None:
        raise NotImplementedError

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _make_user(self) -> None:
        raise NotImplementedError

    def _root_url(self) -> URL | str:
        raise NotImplementedError


class PrivateMariadb(PrivateServer):
    """MariaDB of Debian's package."""

    scheme = "mysql+pymysql"

    def create(self, name: str) -> None:
        """A new empty database, on which the user may do everything."""
        self.admin(
            f"CREATE DATABASE {name} CHARACTER SET utf8mb3",
            f"GRANT ALL ON {name}.* TO '{USER}'@'%'",
        )

    @property
    def _socket(self) -> Path:
        return self.folder / "server.sock"

    def _install(self) -> None:
        self._run(
            "/usr/bin/mariadb-install-db",
            "--no-defaults",
            f"--datadir={self.folder}/data",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        )

    def _command(self) -> list[str]:
        return [
            "/usr/sbin/mariadbd",
            "--no-defaults",
            f"--datadir={self.folder}/data",
            f"--socket={self._socket}",
            f"--pid-file={self.folder}/server.pid",
            "--bind-address=127.0.0.1",
            f"--port={self.port}",
            "--skip-name-resolve",
            "--skip-log-bin",
            "--innodb-buffer-pool-size=256M",
            "--innodb-flush-log-at-trx-commit=2",
        ]

    def _make_user(self) -> None:
        escaped = PASSWORD.replace("\\", "\\\\").replace("'", "\\'").replace(":", "\\:")
        self.admin(f"CREATE USER '{USER}'@'%' IDENTIFIED BY '{escaped}'")

    def _root_url(self) -> str:
        return f"mysql+pymysql://root@localhost/mysql?unix_socket={self._socket}"


class PrivatePostgresql(PrivateServer):
    """PostgreSQL of Debian's package, never run by root."""

    scheme = "postgresql+psycopg"

    @property
    def _programs(self) -> Path:
        return max(Path("/usr/lib/postgresql").glob("*/bin/initdb")).parent

    @property
    def _socket(self) -> Path:
        return self.folder / f".s.PGSQL.{self.port}"

    def create(self, name: str) -> None:
        """A new empty database that is the user's."""
        self.admin(f"CREATE DATABASE {name} OWNER {USER}")

    def _install(self) -> None:
        data = f"{self.folder}/data"
        options = ("-U", "owner", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8")
        self._run(f"{self._programs}/initdb", *options, "-D", data)
        rules = self.folder / "data" / "pg_hba.conf"
        rules.write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")

    def _command(self) -> list[str]:
        words = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
            "synchronous_commit": "off",
        }
        options = [word for name, value in words.items() for word in ("-c", f"{name}={value}")]
        return [f"{self._programs}/postgres", "-D", f"{self.folder}/data", *options]

    def _make_user(self) -> None:
        escaped = PASSWORD.replace("'", "''").replace(":", "\\:")
        self.admin(f"CREATE USER {USER} PASSWORD '{escaped}'")

    def _root_url(self) -> str:
        where = quote(str(self.folder), safe="")
        return f"postgresql+psycopg://owner@/postgres?host={where}&port={self.port}"


SERVERS: Mapping[str, type[PrivateServer]] = {
    "mariadb": PrivateMariadb,
    "postgresql": PrivatePostgresql,
}
