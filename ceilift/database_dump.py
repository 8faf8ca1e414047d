"""The script that saves a database on a host: online, private, complete or not there at all."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

HEAD = """\
set -u
umask 077
folder={folder}
mkdir -p "$folder" || exit 1
part="$folder/.{name}.part"
final="$folder/{name}-$(date -u +%Y%m%dT%H%M%SZ).sql.gz"
trap 'rm -f "$part" "${{secret:-}}"' EXIT
trap 'exit 1' HUP INT TERM
free=$(df -Pk "$folder" | awk 'NR==2 {{print $4}}')
if [ "$free" -lt {needed_kb} ]; then
  echo "$folder has $free kB free, the dump may need {needed_kb} kB" >&2
  exit 1
fi
"""
TAIL = """\
status=$( {{ {{ {dump} 4>&-; echo $? >&4; }} | gzip -c >"$part"; }} 4>&1 ) || {{
  echo "gzip could not write the dump" >&2; exit 1; }}
[ "$status" = 0 ] || {{ echo "{tool} ended with ${{status:-no status}}" >&2; exit 1; }}
[ -s "$part" ] || {{ echo "the dump is empty" >&2; exit 1; }}
sync "$part"
mv "$part" "$final" || exit 1
sum=$(sha256sum "$final" | cut -d' ' -f1)
printf '%s sha256:%s %s bytes\\n' "$final" "$sum" "$(wc -c <"$final" | tr -d ' ')"
"""
MYSQL_OPTIONS = """\
tool=$(command -v mariadb-dump || command -v mysqldump)
[ -n "$tool" ] || {{ echo "neither mariadb-dump nor mysqldump" >&2; exit 1; }}
secret=$(mktemp "$folder/.login.XXXXXX") || exit 1
cat >"$secret" <<'CEILIFT_END'
[client]
{options}
CEILIFT_END
"""
PGPASS = """\
command -v pg_dump >/dev/null || {{ echo "no pg_dump" >&2; exit 1; }}
secret=$(mktemp "$folder/.login.XXXXXX") || exit 1
cat >"$secret" <<'CEILIFT_END'
*:*:*:*:{password}
CEILIFT_END
export PGPASSFILE="$secret"
"""


@dataclass(frozen=True, slots=True)
class DumpTarget:
    """What is dumped and where to. `url` is SQLAlchemy's, without a password."""

    url: str
    password: str | None = field(repr=False)
    folder: str
    name: str


def dump_script(target: DumpTarget, *, needed_bytes: int | None) -> str:
    """A sh script that leaves one file of mode 0600 with a checksum, or nothing and exit code 1.

    The password is in the script, which travels on standard input, and on the host in a file of
    mode 0600 for as long as the dump runs: it is never on a command line. MariaDB and MySQL are
    dumped in one transaction, PostgreSQL by pg_dump's snapshot: nothing is stopped or locked.
    """
    url = urlsplit(target.url)
    database = unquote(url.path.lstrip("/"))
    head = HEAD.format(
        folder=shlex.quote(target.folder), name=target.name, needed_kb=(needed_bytes or 0) // 1024
    )
    if url.scheme.startswith("postgresql"):
        dump = ["pg_dump", "--no-password", *_server(url, 5432), *_user(url, "username"), database]
        login = PGPASS.format(password=_pgpass(target.password or ""))
        return head + login + TAIL.format(dump=shlex.join(dump), tool="pg_dump")
    dump = ["--single-transaction", "--quick", "--routines", *_server(url, 3306)]
    dump += ["--protocol=tcp", *_user(url, "user"), database]
    login = MYSQL_OPTIONS.format(options=_mysql_password(target.password))
    command = '"$tool" --defaults-extra-file="$secret" ' + shlex.join(dump)
    return head + login + TAIL.format(dump=command, tool="the dump tool")


def _server(url: SplitResult, port: int) -> tuple[str, str]:
    return f"--host={url.hostname or 'localhost'}", f"--port={url.port or port}"


def _user(url: SplitResult, option: str) -> tuple[str, ...]:
    """The login option; none where the URL names nobody: the tool's own default then holds."""
    return () if url.username is None else (f"--{option}={unquote(url.username)}",)


def _mysql_password(password: str | None) -> str:
    if password is None:
        return ""
    escaped = password.replace("\\", "\\\\").replace('"', '\\"')
    return f'password="{escaped}"'


def _pgpass(password: str) -> str:
    return password.replace("\\", "\\\\").replace(":", "\\:")
