"""Rules about database: each on a case that fires it, and on a near miss."""

from __future__ import annotations

from ceilift.state import DatabaseState, Evidence
from tests.cases import not_told, told
from tests.troubled import (
    BLOCKER,
    EXTERNAL,
    INFO,
    PROVEN,
    WARNING,
    Fires,
    Silent,
    database_section,
    modern,
    quiet,
)

FILE = {"source": "file", "path": "/var/samples.log"}
API = {"source": "ceilometer-api", "url": "http://192.0.2.1:8777"}

FIRES: Fires = {
    "no Ceilometer database": (modern, "no-database", INFO, "inventory: store"),
    "a database that does not answer": (
        lambda: quiet().seen(database=DatabaseState(reachable=False, problem="timed out")),
        "database-unreachable",
        BLOCKER,
        "inventory: database",
    ),
    "a database nobody looked at": (
        lambda: quiet().seen(database=None),
        "database-unreachable",
        BLOCKER,
        "inventory: database",
    ),
    "files of samples that cannot be read": (
        lambda: modern(telemetry=FILE).seen(database=DatabaseState(reachable=False, problem="no")),
        "samples-unreadable",
        BLOCKER,
        "inventory: telemetry",
    ),
    "an API nobody asked": (
        lambda: quiet(telemetry=API).seen(database=None),
        "samples-unreadable",
        BLOCKER,
        "inventory: telemetry",
    ),
    "no dump tool": (
        lambda: quiet().host("ctl1", tools=("pg_dump",)),
        "no-dump-tool",
        BLOCKER,
        "ctl1",
    ),
    "no dump tool for PostgreSQL": (
        lambda: quiet(database=database_section(url="postgresql://c@192.0.2.10/c")),
        "no-dump-tool",
        BLOCKER,
        "ctl1",
    ),
    "a dump that does not fit": (
        lambda: quiet().database(size_bytes=10, backup_free_bytes=9),
        "backup-space",
        BLOCKER,
        "ctl1:/var/backups/ceilometer",
    ),
    "room that could not be measured": (
        lambda: quiet().database(backup_free_bytes=None),
        "backup-space",
        WARNING,
        "ctl1:/var/backups/ceilometer",
    ),
    "a migration that may do something": (
        lambda: quiet(release="unknown").asked(accept={"unknown-release": "seen"}),
        "dbsync-real",
        INFO,
        "database",
    ),
    "no dump tool for a dump that is proven": (
        lambda: quiet(database=database_section(backup=PROVEN)).host("ctl1", tools=()),
        "no-dump-tool",
        BLOCKER,
        "ctl1",
    ),
    "a rehearsed migration that deletes": (
        lambda: quiet(database=database_section(backup=PROVEN)).seen(
            evidence=(Evidence("database/not-additive", "9.0.7", detail="table trait is gone"),)
        ),
        "schema-not-additive",
        BLOCKER,
        "database",
    ),
    "a migration that changes nothing": (quiet, "dbsync-no-op", INFO, "database"),
}

SILENT: Silent = {
    "no dump tool, and a snapshot": (
        lambda: quiet(database=database_section(backup=EXTERNAL)).host("ctl1", tools=()),
        "no-dump-tool",
    ),
    "no room, and a snapshot": (
        lambda: quiet(database=database_section(backup=EXTERNAL)).database(backup_free_bytes=0),
        "backup-space",
    ),
    "MariaDB's own dump tool": (
        lambda: quiet().host("ctl1", tools=("mariadb-dump",)),
        "no-dump-tool",
    ),
    "what the migration to another release deleted": (
        lambda: quiet(database=database_section(backup=PROVEN)).seen(
            evidence=(Evidence("database/not-additive", "9.0.6", detail="table trait is gone"),)
        ),
        "schema-not-additive",
    ),
    "exactly enough room": (
        lambda: quiet().database(size_bytes=10, backup_free_bytes=10),
        "backup-space",
    ),
    "a database away, and nothing to do": (
        lambda: quiet(release="9.0.7").seen(database=None),
        "database-unreachable",
    ),
    "a migration where there is no database": (modern, "dbsync-no-op"),
    "a database": (quiet, "no-database"),
    "files of samples that can be read": (
        lambda: modern(telemetry=FILE).seen(database=DatabaseState(reachable=True)),
        "samples-unreadable",
    ),
    "no samples at all": (lambda: modern().seen(database=None), "samples-unreadable"),
    "samples elsewhere": (
        lambda: quiet(telemetry=API).seen(database=DatabaseState(reachable=False)),
        "database-unreachable",
    ),
}


test_it_is_told = told(FIRES)
test_it_is_not_told = not_told(SILENT)


def test_no_database_says_whether_samples_can_be_read() -> None:
    (without,) = modern().found("no-database")
    (read,) = modern(telemetry=FILE).found("no-database")

    assert "nothing can be accounted for" in without.why
    assert "telemetry" in without.remedy
    assert "accounted" not in read.why


def test_a_hazard_of_the_database_is_over_once_it_is_migrated() -> None:
    cloud = quiet().host("ctl1", tools=())
    done = (Evidence("database/dbsync", "9.0.7"),)

    assert cloud.found("no-dump-tool")
    assert not cloud.seen(baseline=cloud.state.instances, evidence=done).found("no-dump-tool")
