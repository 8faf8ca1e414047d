"""The script that restores a dump into the database that is in use, while nothing uses it.

PostgreSQL takes it in one transaction: until that is committed the database is what it was. MariaDB
and MySQL cannot: there a table of our own, `ceilift_restoring`, stands in the database from before
the first table goes until after the last row is back. Killed anywhere, the script may be run again:
it begins from the start.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ceilift.database_login import Login
from ceilift.database_restore import (
    CLEAR_MYSQL,
    DROP_POSTGRESQL,
    MARKER,
    MYSQL_OPTIONS,
    POSTGRESQL_OPTIONS,
)

RESTORING = "ceilift_restoring"
NO_DUMP, NOT_SAVED, IN_USE = 3, 4, 5  # exit codes, beside 1: a tool failed
WAIT_S = 30  # for the last sessions of what was stopped to end

HEAD = """\
# restore a dump into the database; $1: the dump, $2: its SHA-256, $3, $4: the same of what is saved
set -u
umask 077
folder=$(dirname "$1")
same() {{
  [ -f "$1" ] || {{ echo "the dump $1 is not there" >&2; return 1; }}
  [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$2" ] || {{
    echo "the dump $1 is not what was written: its SHA-256 differs" >&2; return 1; }}
}}
trap 'rm -f "${{secret:-}}"' EXIT
trap 'exit 1' HUP INT TERM
same "$1" "$2" || exit {no_dump}
"""
ALONE = """\
sql() {{ {client}; }}
ask() {{ printf '%s\\n' "$1" | sql; }}
tries=0
while :; do
  others=$(ask "{others}") || exit 1
  [ -n "$others" ] || break
  tries=$((tries + 1))
  [ "$tries" -le {wait} ] || {{
    echo "others are connected to the database: $others" >&2; exit {in_use}; }}
  sleep 1
done
"""
MYSQL_OTHERS = (
    "SELECT DISTINCT CONCAT(user, ' from ', SUBSTRING_INDEX(host, ':', 1))"
    " FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID();"
)
POSTGRESQL_OTHERS = (
    "SELECT DISTINCT usename || ' from ' || COALESCE(host(client_addr), 'there itself')"
    " FROM pg_stat_activity WHERE datname = current_database() AND usename IS NOT NULL"
    " AND pid <> pg_backend_pid();"
)
MYSQL = """\
half=$(ask "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()
  AND table_name = '{restoring}';") || exit 1
if [ "$half" = 0 ]; then
  same "$3" "$4" || exit {not_saved}
  ask "CREATE TABLE {restoring} (dump VARCHAR(64));
    INSERT INTO {restoring} VALUES ('$2');" || exit 1
fi
{{
{clear}
}} || {{ echo "the database could not be cleared" >&2; exit 1; }}
status=$( {{ {{ gzip -dc "$1" 4>&-; echo $? >&4; }} | sql >/dev/null; }} 4>&1 ) || {{
  echo "the dump could not be restored" >&2; exit 1; }}
[ "$status" = 0 ] || {{ echo "the dump could not be unpacked" >&2; exit 1; }}
ask "DROP TABLE {restoring};" || exit 1
echo restored
"""
# Committed only when the whole dump was read: a session that ends before leaves what was there.
# Notices are not asked for: a client that writes them when nobody listens any more would be ended.
POSTGRESQL = """\
same "$3" "$4" || exit {not_saved}
begin() {{
  cat <<'CEILIFT_END'
SET client_min_messages = warning;
BEGIN;
{drop}
CEILIFT_END
}}
status=$( {{ {{
  begin
  gzip -dc "$1" 4>&- && {{ echo 'COMMIT;'; echo 0 >&4; }}
}} | sql >/dev/null; }} 4>&1 ) || {{ echo "the dump could not be restored" >&2; exit 1; }}
[ "$status" = 0 ] || {{ echo "the dump could not be unpacked" >&2; exit 1; }}
echo restored
"""


@dataclass(frozen=True, slots=True)
class ProductionTarget:
    """The database that is in use. `url` is SQLAlchemy's, without a password."""

    url: str
    password: str | None = field(repr=False)


def production_script(target: ProductionTarget) -> str:
    """A sh script; its arguments: the dump and its SHA-256, the dump of the present and its own.

    Ends with NO_DUMP when the file is not the dump that was written, with NOT_SAVED when that of
    the present is not (both before anything was changed), with IN_USE when somebody else is
    connected to the database for longer than WAIT_S, with 1 when a tool failed. MariaDB and MySQL
    show a user without the PROCESS privilege its own sessions alone. The password travels inside
    the script and stands on the host in a file of mode 0600 beside the dump, for as long as this
    runs.
    """
    login = Login(target.url, target.password)
    prelude = login.prelude(("mariadb", "mysql"), "psql")
    options = POSTGRESQL_OPTIONS if login.is_postgresql else MYSQL_OPTIONS
    others = POSTGRESQL_OTHERS if login.is_postgresql else MYSQL_OTHERS
    alone = ALONE.format(client=login.command(*options), others=others, wait=WAIT_S, in_use=IN_USE)
    if login.is_postgresql:
        body = POSTGRESQL.format(drop=DROP_POSTGRESQL, not_saved=NOT_SAVED)
    else:
        clear = CLEAR_MYSQL.replace(MARKER, RESTORING)
        body = MYSQL.format(restoring=RESTORING, clear=clear, not_saved=NOT_SAVED)
    return HEAD.format(no_dump=NO_DUMP) + prelude + alone + body
