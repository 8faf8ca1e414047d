"""What an account may do in a database, as the server's own books say: nothing is tried.

MariaDB and MySQL list it (SHOW GRANTS: in MariaDB with the roles that are active, in no other
way), PostgreSQL answers questions about it (has_table_privilege and its kin).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ceilift.stores import OWNER, Account, Use

NAME = r"(?:\*|`(?:[^`]|``)+`|\"(?:[^\"]|\"\")+\")"
GRANT = re.compile(rf"^GRANT (?P<what>.+?) ON (?P<on>{NAME})\.(?P<table>{NAME}) TO (?P<to>.+)$")
ROLE = re.compile(r"^GRANT (?:(?! ON ).)+ TO ")
OF_COLUMNS = re.compile(r"[^,]+\([^)]*\)")  # SELECT (`a`, `b`): never of the whole table
ALL = "*"

POSTGRESQL = text(
    "SELECT current_user, current_schema(), has_schema_privilege(current_schema(), 'CREATE')"
)
RELATIONS = text(
    "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname),"
    " c.relkind IN ('v', 'm', 'S', 'f') OR n.nspname <> current_schema()"
    "   OR pg_has_role(c.relowner, 'USAGE'),"
    " has_schema_privilege(n.oid, 'USAGE') AND CASE c.relkind"
    "   WHEN 'S' THEN has_sequence_privilege(c.oid, 'SELECT')"
    "   ELSE has_table_privilege(c.oid, 'SELECT') END"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')"
    " AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'"
    "   AND d.classid = CAST('pg_class' AS regclass))"
    " ORDER BY 1"
)  # what an extension brought is not dumped, and no migration touches it
MIGRATION = text("SELECT MAX(version) FROM migrate_version")  # sqlalchemy-migrate's own table


def account_of(connection: Connection, use: Use) -> Account:
    """The connection's account. Nothing is changed; the password's digest is not kept."""
    if connection.dialect.name == "postgresql":
        return _postgresql(connection, use)
    return _mysql(connection, use)


def migration_of(connection: Connection) -> int | None:
    """The number of the last migration that the database has had; None where it tells none."""
    try:
        found = connection.scalar(MIGRATION)
    except DBAPIError:  # no such table, or not ours to read
        return None
    return None if found is None else int(found)


def _mysql(connection: Connection, use: Use) -> Account:
    who, database, version = connection.execute(
        text("SELECT CURRENT_USER(), DATABASE(), VERSION()")
    ).one()
    lines = [str(row[0]) for row in connection.execute(text("SHOW GRANTS"))]
    server = "mariadb" if "mariadb" in str(version).lower() else "mysql"
    if server == "mysql" and any(ROLE.match(line) for line in lines):
        problem = "its privileges come by roles, and MySQL does not list what these may do"
        return Account(use, problem, server)
    held, single = mysql_privileges(lines, str(database))
    user, _, host = str(who).rpartition("@")
    return Account(
        use,
        server=server,
        name=f"{_quoted(user)}@{_quoted(host)}",
        scope=f"`{str(database).replace('`', '``')}`.*",
        held=held,
        single=single,
        migration=migration_of(connection),
    )


def _postgresql(connection: Connection, use: Use) -> Account:
    who, schema, may_create = connection.execute(POSTGRESQL).one()
    relations = [tuple(row) for row in connection.execute(RELATIONS)]
    foreign = tuple(name for name, own, _ in relations if not own)
    unread = tuple(name for name, _, read in relations if not read)
    told = (("CREATE", may_create), (OWNER, not foreign), ("SELECT", not unread))
    return Account(
        use,
        server="postgresql",
        name=_identifier(str(who)),
        scope=_identifier(str(schema or "public")),
        held=tuple(name for name, is_so in told if is_so),
        foreign=foreign,
        unread=unread,
        migration=migration_of(connection),
    )


@dataclass(frozen=True, slots=True)
class _Granted:
    """One line of SHOW GRANTS: what, on which database (a pattern) and table, to whom."""

    what: frozenset[str]
    database: str
    table: str
    to: str


def mysql_privileges(
    lines: Iterable[str], database: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What SHOW GRANTS tells of that database: held on all of it, and on single tables of it.

    Of several entries of one account for databases, the one that names it hides the patterns, as in
    the server (MariaDB, Account Management: database privileges).
    """
    granted = [one for line in lines if (one := _granted(line)) is not None]
    ours = [one for one in granted if _names(one.database, database)]
    named = {one.to for one in ours if one.table == ALL and _plain(one.database) == database}
    whole = [
        one
        for one in ours
        if one.table == ALL
        and (one.database == ALL or one.to not in named or _plain(one.database) == database)
    ]
    held = frozenset[str]().union(*(one.what for one in whole))
    tables = frozenset[str]().union(*(one.what for one in ours if one.table != ALL))
    return tuple(sorted(held)), tuple(sorted(tables - held))


def _granted(line: str) -> _Granted | None:
    found = GRANT.match(line)
    if found is None:  # a role, or a privilege on a routine
        return None
    to = found["to"].partition(" IDENTIFIED ")[0].partition(" REQUIRE ")[0]
    what = frozenset(_words(found["what"]))
    return _Granted(what, _bare(found["on"]), _bare(found["table"]), to.partition(" WITH ")[0])


def _words(what: str) -> Iterator[str]:
    for word in OF_COLUMNS.sub("", what).split(","):
        if (name := word.strip().upper()) and name != "USAGE":
            yield "ALL PRIVILEGES" if name == "ALL" else name


def _bare(name: str) -> str:
    quote = name[0]
    return name if name == ALL else name[1:-1].replace(quote * 2, quote)


def _names(pattern: str, database: str) -> bool:
    r"""Whether it is meant: `_` is any one character, `%` any number, but not behind `\`."""
    if pattern == ALL:
        return True
    parts = re.split(r"(\\[_%\\]|[_%])", pattern)
    meant = {"_": ".", "%": ".*"}
    rule = "".join(meant.get(part) or re.escape(part.removeprefix("\\")) for part in parts if part)
    return re.fullmatch(rule, database, re.DOTALL) is not None


def _plain(pattern: str) -> str:
    """The one database that it names; "" for a pattern."""
    without = re.sub(r"\\[_%\\]", "", pattern)
    return "" if re.search("[_%]", without) else re.sub(r"\\([_%\\])", r"\1", pattern)


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _identifier(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
