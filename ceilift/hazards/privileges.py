"""Rules about what the accounts of the databases may do: dump, migrate, fill a copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit

from ceilift.finding import Finding
from ceilift.hazards.case import Case, blocker, several, warning
from ceilift.plan import Action
from ceilift.stores import OWNER, Account

# Of the dump command (--single-transaction: no LOCK TABLES, no RELOAD), tried on MariaDB 10.11.
TO_READ = ("SELECT",)
# ceilometer/storage/sqlalchemy/migrate_repo makes, alters, fills and drops tables and indexes.
TO_MIGRATE = ("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX")
TO_FILL = (*TO_MIGRATE, "LOCK TABLES")  # a dump locks each table that it fills
TO_REFER = "REFERENCES"  # MySQL asks for it where a foreign key is made; MariaDB does not
POSTGRESQL_TO_MIGRATE = ("CREATE", OWNER)
ACCEPT = "; or, where you know better: --accept database-privileges --reason TEXT"


def to_dump(case: Case) -> Iterator[Finding]:
    """The account may not read all that is to be saved: the dump fails, or leaves it out."""
    account, database = case.situation.state.account("database"), case.database
    if account is None or account.problem or database is None or Action.BACKUP not in case.actions:
        return
    if database.backup.policy != "external" and (lacking := account.lacks(*TO_READ)):
        yield blocker(
            "database-privileges",
            f"the dump needs SELECT on all of the database, and {account.name} has it "
            f"{_in_part(account)}",
            "inventory: database.url",
            "the dump tool reads every table, and leaves out those that it may not see",
            f"{_granted(account, lacking)}{ACCEPT}",
            acceptable=True,
        )


def to_migrate(case: Case) -> Iterator[Finding]:
    """The account may not do what the target's migration does."""
    account = case.situation.state.account("database")
    if case.database is None or account is None or not migrates(case, account):
        return
    ours, theirs = _user(case.database.url), _user_of_hosts(case)
    if theirs and theirs != ours:
        yield warning(
            "database-privileges",
            f"the migration runs as {theirs}, whose privileges nobody looked at: the inventory "
            f"has {ours or 'another account'}",
            case.situation.database_host,
            "the migration reads [database] connection of the host's own configuration",
            f"See that {theirs} may CREATE, ALTER, INDEX and DROP there; or name it in "
            "database.url",
        )
    elif account.problem and account.server:
        yield warning(
            "database-privileges",
            f"whether the migration may do its work is not known: {account.problem}",
            "inventory: database.url",
            "it makes, alters and drops tables and indexes",
            "See that the account may CREATE, ALTER, INDEX and DROP there",
        )
    elif not account.problem and (lacking := account.lacks(*_needed(account, TO_MIGRATE))):
        yield _short(account, lacking, "database.url", "the migration")


def to_fill(case: Case) -> Iterator[Finding]:
    """The scratch database cannot be read, is not free, or its account may not fill it."""
    account = case.situation.state.account("scratch")
    if account is None or not {Action.VERIFY_BACKUP, Action.REHEARSE} & case.actions:
        return
    field = "database.backup.scratch.url"
    if account.problem and not account.server:
        yield blocker(
            "scratch-unusable",
            f"the scratch database could not be read: {account.problem}",
            f"inventory: {field}",
            "the dump is restored there, and the migration rehearsed, before production is touched",
            "Mend database.backup.scratch (url, password reference, via), or use policy dump",
        )
    elif account.is_taken:
        yield blocker(
            "scratch-unusable",
            "the scratch database is not empty, and Ceilift did not fill it",
            f"inventory: {field}",
            "what is in it would be deleted: it is left alone",
            "Give an empty database of its own",
        )
    elif not account.problem and _of_another_name(case, account):
        yield blocker(
            "scratch-unusable",
            f"the scratch database's account is {account.name}, and production's tables belong to "
            "another",
            f"inventory: {field}",
            "a dump of PostgreSQL names the owner of each table, and restoring sets it again",
            "Let an account of the same name own the scratch database: createdb --owner",
        )
    elif not account.problem and (lacking := account.lacks(*_needed(account, TO_FILL))):
        yield _short(account, lacking, field, "the restored copy and its migration")


def migrates(case: Case, account: Account) -> bool:
    """Whether the migration has work to do, as far as the database tells where it stands."""
    target = case.package.schema if case.package is not None else 0
    return not target or account.migration is None or account.migration < target


def _of_another_name(case: Case, scratch: Account) -> bool:
    """On PostgreSQL: production's account owns its tables, and the copy's is another."""
    production = case.situation.state.account("database")
    if production is None or scratch.server != "postgresql" or OWNER not in production.held:
        return False
    return production.name != scratch.name


def _needed(account: Account, wanted: Sequence[str]) -> tuple[str, ...]:
    if account.server == "postgresql":
        return POSTGRESQL_TO_MIGRATE
    return (*wanted, TO_REFER) if account.server == "mysql" else tuple(wanted)


def _short(account: Account, lacking: Sequence[str], field: str, who: str) -> Finding:
    told = [_of_others(account) if one == OWNER else one for one in lacking]
    return blocker(
        "database-privileges",
        f"{who} needs privileges that {account.name} has not: {', '.join(told)}",
        f"inventory: {field}",
        "it makes, alters, fills and drops tables and indexes; what fails half-way leaves a schema "
        "that is of no release",
        f"{_granted(account, lacking)}{ACCEPT}",
        acceptable=True,
    )


def _of_others(account: Account) -> str:
    return f"ownership of {several(account.foreign)}"


def _in_part(account: Account) -> str:
    if account.unread:
        return f"not on {several(account.unread)}"
    return "on single tables only" if "SELECT" in account.single else "nowhere"


def _granted(account: Account, lacking: Sequence[str]) -> str:
    """The statements that mend it, for who administers the server."""
    if account.server != "postgresql":
        return f"GRANT {', '.join(lacking)} ON {account.scope} TO {account.name}"
    return "; ".join(statement for one in lacking for statement in _postgresql(account, one))


def _postgresql(account: Account, one: str) -> Iterator[str]:
    name, scope = account.name, account.scope
    if one == OWNER:
        first, *others = account.foreign
        more = f" (and {len(others)} more in the same way)" if others else ""
        yield f"ALTER TABLE {first} OWNER TO {name}{more}"
    elif one == "CREATE":
        yield f"GRANT CREATE ON SCHEMA {scope} TO {name}"
    else:
        schemas = sorted({relation.partition(".")[0] for relation in account.unread})
        for schema in schemas:
            yield f"GRANT USAGE ON SCHEMA {schema} TO {name}"
            yield f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {name}"
            yield f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {name}"


def _user(url: str) -> str:
    return unquote(urlsplit(url).username or "")


def _user_of_hosts(case: Case) -> str:
    """The account in the configuration that the migration reads; "" where nobody looked."""
    seen = case.situation.seen.get(case.situation.database_host)
    return seen.files.database_user if seen is not None else ""
