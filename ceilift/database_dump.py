"""The script that saves a database on a host: online, private, complete or not there at all."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field

from ceilift.database_login import Login

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
ROTATE = """\
# remove dumps of this cloud but the newest
find "$1" -maxdepth 1 -type f -name '*.sql.gz' | sed 's|.*/||' | grep -E "$2" |
  awk -F- '{ print $NF, $0 }' | sort -r | awk -v keep="$3" 'NR > keep { print $2 }' |
  while IFS= read -r old; do rm -f -- "$1/$old" && echo "$old"; done
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
    login = Login(target.url, target.password)
    head = HEAD.format(
        folder=shlex.quote(target.folder), name=target.name, needed_kb=(needed_bytes or 0) // 1024
    )
    prelude = login.prelude(("mariadb-dump", "mysqldump"), "pg_dump")
    if login.is_postgresql:
        return head + prelude + TAIL.format(dump=login.command(), tool="pg_dump")
    command = login.command("--single-transaction", "--quick", "--routines")
    return head + prelude + TAIL.format(dump=command, tool="the dump tool")


def dumps_of(cloud: str) -> str:
    """An extended regular expression for the file names of a cloud's dumps, and of no other's.

    A release has a dot in it, and no cloud's name has: prod does not match dumps of prod-2.
    """
    release = r"[0-9]+\.[0-9a-z.]+"
    stamp = r"[0-9]{8}T[0-9]{6}Z"
    return rf"^{cloud}-({release}-)?to-{release}-{stamp}\.sql\.gz$"
