"""Which version a ledger has, and how one of an earlier version is brought to the newest."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, func, insert, inspect, select

from ceilift.clock import timestamp
from ceilift.errors import RefusedError
from ceilift.ledger.tables import SCHEMA_VERSION, lease, metadata, schema_version
from ceilift.record import WAITS

MIGRATIONS = Path(__file__).parent / "migrations"
NOBODY_WROTE_IT = 0
FIRST_USE_LOCK = 0x6365696C  # PostgreSQL advisory lock: two controllers may come first


def version_of(connection: Connection, where: str) -> int:
    """The version of the ledger's schema; 0 when nobody has written one there.

    Raises RefusedError when it is newer than this program.
    """
    if not inspect(connection).has_table(schema_version.name):
        return NOBODY_WROTE_IT
    found = int(connection.scalar(select(func.max(schema_version.c.version))) or NOBODY_WROTE_IT)
    if found > SCHEMA_VERSION:
        raise RefusedError(
            f"The ledger {where} has schema {found}, this Ceilift knows {SCHEMA_VERSION}: "
            "use the newer Ceilift that wrote it"
        )
    return found


def bring_to_newest(connection: Connection, where: str, now: float) -> None:
    """Make what the newest version has and this one has not: all of it, or nothing.

    Only adds. Of two controllers that come at once, one does it, and the other waits and finds it
    done. Raises RefusedError while a run acts under a lease: it may be an older Ceilift, which
    would be refused where it opens the ledger again.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(FIRST_USE_LOCK)))
    found = version_of(connection, where)
    if found == SCHEMA_VERSION:
        return
    if found != NOBODY_WROTE_IT:
        _refuse_beside_a_run(connection, where, found, now)
    migrate(connection, found, SCHEMA_VERSION)


def migrate(connection: Connection, found: int, wanted: int) -> None:
    """Carry out each revision behind `found` up to `wanted`, and note it in `schema_version`.

    Alembic's own note of where it is (`alembic_version`) is one row that it updates; ours are rows
    that are only added.
    """
    from alembic.operations import Operations  # noqa: PLC0415 - 0.3 s, and seldom needed
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    scripts = ScriptDirectory(str(MIGRATIONS))
    context = MigrationContext.configure(connection, opts={"target_metadata": metadata})
    with Operations.context(context):
        for number in range(found + 1, wanted + 1):
            scripts.get_revision(str(number)).module.upgrade()
            row = {"version": number, "at": timestamp()}
            connection.execute(insert(schema_version).values(**row))


def _refuse_beside_a_run(connection: Connection, where: str, found: int, now: float) -> None:
    held = select(lease).where(lease.c.expires_at > now, ~lease.c.stage.startswith(WAITS))
    row = connection.execute(held).first()
    if row is None:
        return
    left = row.expires_at - now
    raise RefusedError(
        f"The ledger {where} has schema {found} and is brought to {SCHEMA_VERSION} before this "
        f"Ceilift writes into it, but not while a run acts: {row.owner} holds cloud {row.cloud} "
        f"since {timestamp(row.since)}; its lease ends in {left:.0f} s unless it is renewed",
        next_command="ceilift status",
    )
