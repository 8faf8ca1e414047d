"""How a host's own database tools log in: the password in a private file, never in a command."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

# Expects $folder, a folder that is the login's own to write in; sets $secret, and $tool.
MYSQL = """\
tool=$(command -v {tools[0]} || command -v {tools[1]})
[ -n "$tool" ] || {{ echo "neither {tools[0]} nor {tools[1]}" >&2; exit 1; }}
secret=$(mktemp "$folder/.login.XXXXXX") || exit 1
cat >"$secret" <<'CEILIFT_END'
[client]
{options}
CEILIFT_END
"""
POSTGRESQL = """\
tool=$(command -v {tools[0]}) || {{ echo "no {tools[0]}" >&2; exit 1; }}
secret=$(mktemp "$folder/.login.XXXXXX") || exit 1
cat >"$secret" <<'CEILIFT_END'
*:*:*:*:{password}
CEILIFT_END
export PGPASSFILE="$secret"
"""


@dataclass(frozen=True, slots=True)
class Login:
    """One database and its password. `url` is SQLAlchemy's, without a password."""

    url: str
    password: str | None = field(repr=False)

    @property
    def is_postgresql(self) -> bool:
        """Whether PostgreSQL's tools are needed; else MariaDB's or MySQL's."""
        return self._parts.scheme.startswith("postgresql")

    @property
    def database(self) -> str:
        """The database's name."""
        return unquote(self._parts.path.lstrip("/"))

    def prelude(self, mysql: tuple[str, str], postgresql: str) -> str:
        """The part of a script that finds the tool and writes the password's file, mode 0600.

        The script around it has set umask 077 and removes $secret when it ends.
        """
        if self.is_postgresql:
            return POSTGRESQL.format(tools=(postgresql,), password=_pgpass(self.password or ""))
        return MYSQL.format(tools=mysql, options=_mysql_password(self.password))

    def command(self, *options: str) -> str:
        """The tool with its login and these options, quoted for sh; the database comes last."""
        if self.is_postgresql:
            words = ["--no-password", *options, *self._server(5432), *self._user("username")]
            return '"$tool" ' + shlex.join([*words, self.database])
        words = [*options, *self._server(3306), "--protocol=tcp", *self._user("user")]
        return '"$tool" --defaults-extra-file="$secret" ' + shlex.join([*words, self.database])

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)

    def _server(self, port: int) -> tuple[str, str]:
        parts = self._parts
        return f"--host={parts.hostname or 'localhost'}", f"--port={parts.port or port}"

    def _user(self, option: str) -> tuple[str, ...]:
        """The login option; none where the URL names nobody: the tool's own default then holds."""
        name = self._parts.username
        return () if name is None else (f"--{option}={unquote(name)}",)


def _mysql_password(password: str | None) -> str:
    if password is None:
        return ""
    escaped = password.replace("\\", "\\\\").replace('"', '\\"')
    return f'password="{escaped}"'


def _pgpass(password: str) -> str:
    return password.replace("\\", "\\\\").replace(":", "\\:")
