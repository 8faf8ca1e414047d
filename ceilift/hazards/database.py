"""Rules about the database: reachable, saved in time and in space, and what the migration does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from packaging.version import InvalidVersion, Version

from ceilift.database_evidence import breaks
from ceilift.finding import Finding
from ceilift.hazards.case import Case, blocker, info, warning
from ceilift.inventory import Database
from ceilift.plan import Action

DUMP_TOOLS: Mapping[str, tuple[str, ...]] = {
    "mysql": ("mariadb-dump", "mysqldump"),
    "mariadb": ("mariadb-dump", "mysqldump"),
    "postgresql": ("pg_dump",),
}
SAME_SCHEMA = range(5, 10)  # Liberty to Pike
STORES: Mapping[str, tuple[str, str]] = {
    "ceilometer": (
        "samples are said to be stored by Ceilometer, yet the inventory has no `database`",
        "Add `database` to the inventory, or say under `store` where samples go",
    ),
    "gnocchi": (
        "samples go to Gnocchi, which has its own procedure: stop, drain, gnocchi-upgrade, start",
        "Follow Gnocchi's documentation, then run the target's ceilometer-upgrade (resource types)",
    ),
    "other": (
        "samples go to another store: its own procedure applies",
        "Bring that store to what the target release expects before the agents start",
    ),
}


def no_database(case: Case) -> Iterator[Finding]:
    """There is no Ceilometer database to migrate; the store has a procedure of its own."""
    inventory = case.situation.inventory
    if inventory.database is None and not case.is_empty:
        what, remedy = STORES[inventory.store]
        why = "without a Ceilometer database the database stage is skipped"
        if inventory.telemetry.source == "database":
            why += ", gates have only the broker to go by, and nothing can be accounted for"
            remedy += ". Say under `telemetry` where samples can be read"
        yield info("no-database", what, "inventory: store", why, remedy)


def database_unreachable(case: Case) -> Iterator[Finding]:
    """The database is needed (to save, to migrate, to prove) and does not answer."""
    seen, inventory = case.situation.state.database, case.situation.inventory
    if inventory.database is None or case.is_empty:
        return
    if inventory.telemetry.source != "database":
        yield from _unread_account(case)
    elif seen is None or not seen.reachable:
        words = (seen.problem if seen else "") or "it was not looked at"
        yield blocker(
            "database-unreachable",
            f"the Ceilometer database could not be read: {words}",
            "inventory: database",
            "it is saved and migrated first, and gates look for fresh samples in it",
            "Mend database.url, its password reference or `via` in the inventory",
        )


def _unread_account(case: Case) -> Iterator[Finding]:
    """Samples are read elsewhere, and the database that is to be migrated does not answer.

    It need not answer here: dump and migration run on the hosts.
    """
    account = case.situation.state.account("database")
    if case.database is not None and account is not None and account.problem and not account.server:
        yield warning(
            "database-unread",
            f"the Ceilometer database could not be read from here: {account.problem}",
            "inventory: database",
            "hosts save and migrate it; whether its account may, and what it has had, is not known",
            "Mend database.url, its password reference or `via`, where it is meant to be reached",
        )


def samples_unreadable(case: Case) -> Iterator[Finding]:
    """Samples are read from another source than the database, and it does not answer."""
    seen, telemetry = case.situation.state.database, case.situation.inventory.telemetry
    if telemetry.source == "database" or case.is_empty or (seen is not None and seen.reachable):
        return
    words = (seen.problem if seen else "") or "it was not looked at"
    fields = "telemetry.path" if telemetry.source == "file" else "telemetry.url, token or `via`"
    yield blocker(
        "samples-unreadable",
        f"the samples (source {telemetry.source}) could not be read: {words}",
        "inventory: telemetry",
        "gates look for fresh samples, and every poll is accounted for",
        f"Mend {fields} in the inventory",
    )


def no_dump_tool(case: Case) -> Iterator[Finding]:
    """The host that is to write the dump has no tool for it."""
    database = _to_be_saved(case)
    host = case.situation.backup_host
    if database is None or database.backup.policy == "external" or not _backs_up(case):
        return
    seen = case.situation.seen.get(host)
    backend = database.url.partition(":")[0].partition("+")[0]
    tools = DUMP_TOOLS.get(backend, ())
    if seen is None or not seen.reachable or set(tools) & set(seen.tools):
        return
    needed = " or ".join(tools) or f"a dump tool for {backend} (Ceilift knows none)"
    yield blocker(
        "no-dump-tool",
        f"{needed} is not there on {host}",
        host,
        "the database is saved by its own tool before it is changed",
        f"Install it on {host}, name another database.backup.host, or use policy external",
    )


def backup_space(case: Case) -> Iterator[Finding]:
    """The dump does not fit where it is to be written, or nobody knows."""
    database, seen = _to_be_saved(case), case.situation.state.database
    if database is None or seen is None or not seen.reachable or not _backs_up(case):
        return
    if database.backup.policy == "external":
        return
    where = f"{case.situation.backup_host}:{database.backup.folder}"
    size, free = seen.size_bytes, seen.backup_free_bytes
    why = "a dump that runs out of space is no backup, and without one the database is not changed"
    if size is None or free is None:
        what = "whether the dump fits could not be told: its size or the free space is unknown"
        yield warning("backup-space", what, where, why, "See that there is room")
    elif free < size:
        what = f"the dump needs about {_size(size)}, and {_size(free)} are free"
        remedy = "Make room, or give another database.backup.folder"
        yield blocker("backup-space", what, where, why, remedy)


def not_additive(case: Case) -> Iterator[Finding]:
    """The rehearsal has shown what the migration deletes or modifies."""
    seen = breaks(case.situation.state.evidence, case.to)
    if seen and Action.REHEARSE in case.actions:
        yield blocker(
            "schema-not-additive",
            f"on the copy the migration did not only add: {seen}",
            "database",
            "the old release writes until it is replaced, and a rollback leaves the schema: what "
            "is deleted or narrowed it misses",
            "Stop all old agents first, or accept it once you know that the old release never uses "
            "what goes",
            acceptable=True,
        )


def dbsync_effect(case: Case) -> Iterator[Finding]:
    """Whether the migration changes anything, as far as the releases tell."""
    if case.database is None:
        return
    account = case.situation.state.account("database")
    brings = case.package.schema if case.package is not None else 0
    if brings and account is not None and account.migration is not None:
        yield from _by_number(account.migration, brings, case.to)
    elif {_series(name) for name in (*case.plan.releases, case.to)} <= set(SAME_SCHEMA):
        yield info(
            "dbsync-no-op",
            f"the schema of {', '.join(case.plan.releases) or case.to} is the one of {case.to}: "
            "the migration changes nothing",
            "database",
            "the list of migrations (001 to 045) is the same from 5.0.0 to 9.0.7",
        )
    else:
        yield info(
            "dbsync-real",
            "the migration may change the schema, and take long on a large database",
            "database",
            "migrations differ between these releases, or a running release is not known",
            "With database.backup.policy dump+restore it is tried on a copy first",
        )


def _by_number(had: int, brings: int, to: str) -> Iterator[Finding]:
    """What the database itself says of the migrations that it has had."""
    why = "its table migrate_version, and the migrations in the target's package"
    if had < brings:
        yield info(
            "dbsync-real",
            f"the database has had the migrations up to {had}, and {to} brings those up to "
            f"{brings}: it changes the schema, and may take long on a large database",
            "database",
            why,
            "With database.backup.policy dump+restore it is tried on a copy first",
        )
    else:
        yield info(
            "dbsync-no-op",
            f"the database has had every migration of {to} (up to {had}): nothing is changed",
            "database",
            why,
        )


def _backs_up(case: Case) -> bool:
    return bool({Action.BACKUP, Action.SAVE} & case.actions)


def _to_be_saved(case: Case) -> Database | None:
    """The inventory's database while it still has to be migrated, or restored."""
    going = case.situation.inventory.database if Action.SAVE in case.actions else None
    return case.database or going


def _series(release: str) -> int:
    try:
        return Version(release).major
    except InvalidVersion:
        return -1


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"  # noqa: PLR2004
