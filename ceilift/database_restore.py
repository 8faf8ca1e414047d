"""The script that restores a dump into the scratch database, which is empty or known as ours.

A table of our own, `ceilift_scratch`, says whose the database is, which dump it holds and what
became of it. A database with tables and without that one is left alone: so production is safe even
under a name that nobody recognises.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ceilift.database_login import Login

MARKER = "ceilift_scratch"
DISPROVED, NOT_OURS = 3, 4  # exit codes: the file is not the dump; the database is not ours
RESTORED, REHEARSED = "restored", "rehearsed"  # what the copy is by now

MYSQL_OPTIONS: tuple[str, ...] = ("--batch", "--raw", "--skip-column-names")
POSTGRESQL_OPTIONS: tuple[str, ...] = (
    "--no-psqlrc",
    "--quiet",
    "--no-align",
    "--tuples-only",
    "--set=ON_ERROR_STOP=1",
)

HEAD = """\
# restore a dump into the scratch database; $1: the dump, $2: its SHA-256, $3: what it is to be
set -u
umask 077
folder=$(dirname "$1")
[ -f "$1" ] || {{ echo "the dump $1 is not there" >&2; exit {disproved}; }}
trap 'rm -f "${{secret:-}}"' EXIT
trap 'exit 1' HUP INT TERM
[ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$2" ] || {{
  echo "the dump $1 is not what was written: its SHA-256 differs" >&2; exit {disproved}; }}
"""
BODY = """\
sql() {{ {client}; }}
ask() {{ printf '%s\\n' "$1" | sql; }}
clear() {{
{clear}
}}
seen=$(ask "SELECT COUNT(*), COALESCE(SUM(CASE WHEN table_name = '{marker}' THEN 1 ELSE 0 END), 0)
  FROM information_schema.tables WHERE table_schema = {schema};") || exit 1
case $(printf '%s' "$seen" | tr '|' '\\t') in
  "0	0") ask "CREATE TABLE {marker} (dump VARCHAR(64), is_now VARCHAR(20));
    INSERT INTO {marker} VALUES ('', 'new');" || exit 1 ;;
  *"	1") ;;
  *) echo "the scratch database is not empty, and Ceilift did not fill it" >&2; exit {not_ours} ;;
esac
held=$(ask "SELECT CONCAT(dump, ' ', is_now) FROM {marker};") || exit 1
if [ "$held" != "$2 {restored}" ]; then
  ask "UPDATE {marker} SET dump = '', is_now = 'restoring';" || exit 1
  clear || {{ echo "the scratch database could not be cleared" >&2; exit 1; }}
  status=$( {{ {{ gzip -dc "$1" 4>&-; echo $? >&4; }} | sql >/dev/null; }} 4>&1 ) || {{
    echo "the dump could not be restored" >&2; exit 1; }}
  [ "$status" = 0 ] || {{ echo "the dump could not be unpacked" >&2; exit {disproved}; }}
fi
ask "UPDATE {marker} SET dump = '$2', is_now = '$3';" || exit 1
"""
CLEAR_MYSQL = """\
  { echo 'SET FOREIGN_KEY_CHECKS = 0;'
    ask "SELECT CONCAT('DROP ', CASE table_type WHEN 'VIEW' THEN 'VIEW' ELSE 'TABLE' END, ' \\`',
      REPLACE(table_name, '\\`', '\\`\\`'), '\\`;') FROM information_schema.tables
      WHERE table_schema = DATABASE() AND table_name <> 'ceilift_scratch';"; } | sql"""
DROP_POSTGRESQL = """\
DO $$
DECLARE one record;
BEGIN
  FOR one IN SELECT c.relkind, c.relname FROM pg_class c JOIN pg_namespace n
    ON n.oid = c.relnamespace WHERE n.nspname = current_schema()
    AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND c.relname <> 'ceilift_scratch'
    ORDER BY c.relkind = 'S'
  LOOP
    EXECUTE format('DROP %s IF EXISTS %I CASCADE', CASE one.relkind WHEN 'v' THEN 'VIEW'
      WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, one.relname);
  END LOOP;
  FOR one IN SELECT t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE n.nspname = current_schema() AND t.typtype = 'e'
  LOOP
    EXECUTE format('DROP TYPE %I CASCADE', one.typname);
  END LOOP;
END $$;"""
CLEAR_POSTGRESQL = f"""\
  sql <<'CEILIFT_END'
{DROP_POSTGRESQL}
CEILIFT_END"""


@dataclass(frozen=True, slots=True)
class RestoreTarget:
    """The scratch database. `url` is SQLAlchemy's, without a password."""

    url: str
    password: str | None = field(repr=False)


def restore_script(target: RestoreTarget) -> str:
    """A sh script; its arguments: the dump's path, its SHA-256, and what the copy is to be.

    `restored` restores it unless it is there untouched; `rehearsed` does the same, and notes that
    it is about to be changed. Ends with DISPROVED when the file is not the dump that was written,
    with NOT_OURS when the database holds something else, with 1 when a tool failed. The password
    travels inside the script and stands on the host in a file of mode 0600 beside the dump, for as
    long as this runs.
    """
    login = Login(target.url, target.password)
    prelude = login.prelude(("mariadb", "mysql"), "psql")
    if login.is_postgresql:
        options, clear, schema = POSTGRESQL_OPTIONS, CLEAR_POSTGRESQL, "current_schema()"
    else:
        options, clear, schema = MYSQL_OPTIONS, CLEAR_MYSQL, "DATABASE()"
    body = BODY.format(
        client=login.command(*options),
        marker=MARKER,
        schema=schema,
        clear=clear,
        restored=RESTORED,
        disproved=DISPROVED,
        not_ours=NOT_OURS,
    )
    return HEAD.format(disproved=DISPROVED) + prelude + body
