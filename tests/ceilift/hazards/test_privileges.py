"""What accounts may do in the databases: on a case that lacks something, and on a near miss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ceilift.host_files import HostFiles
from ceilift.stores import OWNER, Account
from tests.cases import not_told, told
from tests.troubled import (
    BLOCKER,
    EXTERNAL,
    INFO,
    PROVEN,
    WARNING,
    Cloud,
    Fires,
    Silent,
    database_section,
    quiet,
)

MIGRATING = ("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX")
FULL = Account(
    "database",
    server="mariadb",
    name="'c'@'%'",
    scope="`c`.*",
    held=MIGRATING,
    migration=40,
)
READER = replace(FULL, held=("SELECT",))
SCRATCH = replace(FULL, use="scratch", held=(*MIGRATING, "LOCK TABLES"), migration=None)
OWNED = Account(
    "database",
    server="postgresql",
    name='"c"',
    scope='"public"',
    held=("CREATE", OWNER, "SELECT"),
    migration=40,
)
POSTGRESQL_URL = "postgresql+psycopg://c@192.0.2.10/c"
ID = "database-privileges"
WHERE = "inventory: database.url"
SCRATCH_WHERE = "inventory: database.backup.scratch.url"


def having(*accounts: Account, **section: object) -> Callable[[], Cloud]:
    return lambda: quiet(database=database_section(**section)).seen(accounts=accounts)


def proven(scratch: Account) -> Callable[[], Cloud]:
    return having(FULL, scratch, backup=PROVEN)


def migrated_by(user: str) -> Callable[[], Cloud]:
    cloud = having(READER)
    return lambda: cloud().host("ctl1", files=HostFiles(database_user=user))


FIRES: Fires = {
    "an account that reads only": (having(READER), ID, BLOCKER, WHERE),
    "one word short": (having(replace(FULL, held=MIGRATING[:-1])), ID, BLOCKER, WHERE),
    "reads single tables": (
        having(replace(FULL, held=MIGRATING[1:], single=("SELECT",))),
        ID,
        BLOCKER,
        WHERE,
    ),
    "tables of another owner": (
        having(replace(OWNED, held=("CREATE", "SELECT"), foreign=("public.sample",))),
        ID,
        BLOCKER,
        WHERE,
    ),
    "nothing may be made in the schema": (
        having(replace(OWNED, held=(OWNER, "SELECT"))),
        ID,
        BLOCKER,
        WHERE,
    ),
    "a sequence that is not read": (
        having(replace(OWNED, held=("CREATE", OWNER), unread=("public.sample_id_seq",))),
        ID,
        BLOCKER,
        WHERE,
    ),
    "MySQL asks for one more": (having(replace(FULL, server="mysql")), ID, BLOCKER, WHERE),
    "another account migrates": (migrated_by("migrator"), ID, WARNING, "ctl1"),
    "roles that nobody can look into": (
        having(Account("database", problem="its privileges come by roles", server="mysql")),
        ID,
        WARNING,
        WHERE,
    ),
    "a copy that is not locked": (
        proven(replace(SCRATCH, held=MIGRATING)),
        ID,
        BLOCKER,
        SCRATCH_WHERE,
    ),
    "a scratch database that is away": (
        proven(Account("scratch", problem="refused")),
        "scratch-unusable",
        BLOCKER,
        SCRATCH_WHERE,
    ),
    "a scratch database with something in it": (
        proven(replace(SCRATCH, is_taken=True)),
        "scratch-unusable",
        BLOCKER,
        SCRATCH_WHERE,
    ),
    "a copy that nobody may own": (
        having(OWNED, replace(OWNED, use="scratch", name='"d"'), backup=PROVEN),
        "scratch-unusable",
        BLOCKER,
        SCRATCH_WHERE,
    ),
    "a database behind its releases": (having(FULL), "dbsync-real", INFO, "database"),
    "a database that has had all": (
        having(replace(FULL, migration=45)),
        "dbsync-no-op",
        INFO,
        "database",
    ),
    "the database is away, and samples are in files": (
        lambda: quiet(telemetry={"source": "file", "path": "/s"}).seen(
            accounts=(Account("database", problem="refused"),)
        ),
        "database-unread",
        WARNING,
        "inventory: database",
    ),
}
SILENT: Silent = {
    "all that is needed": (having(FULL), ID),
    "everything in one word": (having(replace(FULL, held=("ALL PRIVILEGES",))), ID),
    "nothing is left to migrate": (having(replace(READER, migration=45)), ID),
    "somebody else saves it": (
        having(replace(FULL, held=(), migration=45), backup=EXTERNAL),
        ID,
    ),
    "the same account migrates": (
        lambda: migrated_by("c")().seen(accounts=(FULL,)),
        ID,
    ),
    "an owner": (having(OWNED), ID),
    "nobody looked": (having(), ID),
    "all of the copy": (proven(SCRATCH), ID),
    "a copy of the same owner": (
        having(OWNED, replace(OWNED, use="scratch"), backup=PROVEN),
        "scratch-unusable",
    ),
    "an empty copy": (proven(SCRATCH), "scratch-unusable"),
    "no copy is made": (having(FULL, Account("scratch", problem="refused")), "scratch-unusable"),
    "no longer a migration of nothing": (having(FULL), "dbsync-no-op"),
    "the database is away, and told once": (
        lambda: having(Account("database", problem="refused"))().database(reachable=True),
        "database-unread",
    ),
}


test_it_is_told = told(FIRES, alone=False)
test_it_is_not_told = not_told(SILENT)


def test_the_statement_that_mends_it_is_told_whole() -> None:
    (finding,) = having(READER)().found(ID)

    grant = "GRANT INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX ON `c`.* TO 'c'@'%'"
    assert finding.remedy.startswith(f"{grant};")


def test_every_statement_that_postgresql_needs_is_told() -> None:
    account = replace(
        OWNED, held=(), foreign=("public.a", "public.b"), unread=("other.x", "public.a")
    )

    dump, migration = having(account)().found(ID)

    assert 'GRANT USAGE ON SCHEMA other TO "c"' in dump.remedy
    assert 'GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO "c"' in dump.remedy
    assert 'GRANT CREATE ON SCHEMA "public" TO "c"' in migration.remedy
    assert 'ALTER TABLE public.a OWNER TO "c" (and 1 more in the same way)' in migration.remedy


def test_an_operator_may_know_better() -> None:
    cloud = having(READER)().asked(accept={ID: "tables are granted one by one"})

    (finding,) = cloud.found(ID)

    assert finding.severity is WARNING
    assert "tables are granted one by one" in finding.what
