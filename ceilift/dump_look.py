"""What a restore of the database would do: told by the ledger, the dump's host and the database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ceilift.cloud import Cloud
from ceilift.copy_comparison import Rows, rows_from_json
from ceilift.database_address import shown_address
from ceilift.database_evidence import BACKUP_ID, OUTDATED, overruled
from ceilift.dump_record import Dump, dump_from
from ceilift.errors import BadInputError, CeiliftError
from ceilift.ledger.store import Ledger
from ceilift.paths.nodes import RESTORE_ID
from ceilift.restorable import Dumped, Lost, Restorable, dumped_from_json, lost, lost_from_json
from ceilift.state import Evidence
from ceilift.telemetry.tables import DatabaseTables
from ceilift.undone import Undone, undone_upgrade

DUMPED = "dumped"  # the ledger's document of a database as it was when it was saved, dump by dump
HELD = "dumped rows"  # and of what it held just after that, up to the keys noted before
BEFORE = "before restore"  # and of what a restore takes, by the dump's SHA-256
READ_S = 4 * 3600  # a dump of terabytes is read once to compare it
IS_THERE = """\
# is the dump what was written? $1: its path
[ -f "$1" ] || { echo "it is not there"; exit 0; }
sha256sum <"$1" | cut -d' ' -f1
"""


@dataclass(frozen=True, slots=True)
class Saved:
    """The dump of one upgrade as the ledger knows it, and what it has to hold.

    `about` is None where that was not noted: an earlier Ceilift made it, or the database could not
    be looked at.
    """

    dump: Dump
    made_at: str
    about: Dumped | None
    rows: Mapping[str, Rows] = field(default_factory=dict)


def restorable(cloud: Cloud) -> Restorable:
    """The dump of the upgrade that a rollback takes back, and what a restore of it would take.

    Raises RefusedError where nothing can be taken back. What could not be looked at is told in it.
    """
    ledger = cloud.ledger
    undone = undone_upgrade(ledger, cloud.inventory.cloud)
    try:
        saved = saved_by(ledger, undone.number)
    except CeiliftError as error:
        return Restorable(missing=str(error))
    database, about = cloud.inventory.database, saved.about
    found = Restorable(
        dump=saved.dump,
        made_at=saved.made_at,
        host=about.host if about else "",
        dumped=about.address if about else "",
        here=shown_address(database.url) if database else "",
        by=_restored_by(ledger, cloud.inventory.cloud, undone),
    )
    if about is None or found.here != found.dumped or is_restored(ledger, undone):
        return found
    own = undone.by is not None and _is_under_way(ledger, undone.by.id, saved.dump.sha256)
    return _looked(cloud, saved, about, found, own=own)


def saved_by(ledger: Ledger, upgrade: int) -> Saved:
    """The dump that counts of that upgrade. Raises CeiliftError in words where there is none."""
    evidence = ledger.evidence(upgrade)
    made = [one for one in evidence if one.node == BACKUP_ID]
    if not made:
        raise CeiliftError(f"upgrade {upgrade} has saved no database")
    if BACKUP_ID in overruled(evidence):
        raise CeiliftError(f"the dump of upgrade {upgrade} was disproved by its own verification")
    try:
        dump = dump_from(made[-1].detail)
    except ValueError:
        raise CeiliftError(f"upgrade {upgrade} relied on an {made[-1].detail}") from None
    number = len(made) - 1
    held = _newest(ledger, upgrade, HELD, str(number))
    if held is None:
        return Saved(dump, made[-1].at, None)
    about = noted(ledger, upgrade, number)
    return Saved(dump, made[-1].at, about, rows_from_json(json.loads(held)))


def noted(ledger: Ledger, upgrade: int, number: int) -> Dumped | None:
    """What was noted before that dump of the upgrade, which counts them from 0."""
    found = _newest(ledger, upgrade, DUMPED, str(number))
    return None if found is None else dumped_from_json(json.loads(found))


def counted(ledger: Ledger, rollback: int, sha256: str) -> tuple[Lost, str] | None:
    """What a restore of that dump takes, as the rollback counted it before it began, and when."""
    found = [one for one in ledger.documents(rollback, BEFORE) if one.name == sha256]
    return (lost_from_json(json.loads(found[-1].body)), found[-1].at) if found else None


def _is_under_way(ledger: Ledger, rollback: int, sha256: str) -> bool:
    """Whether the rollback has begun to restore it, and was not told that somebody is connected."""
    known = counted(ledger, rollback, sha256)
    stopped = [one.at for one in ledger.evidence(rollback) if one.node == OUTDATED]
    return known is not None and not any(at > known[1] for at in stopped)


def began_by(ledger: Ledger, cloud: str, sha256: str) -> tuple[Lost, str] | None:
    """The same of the newest rollback that has begun to restore that dump."""
    past = (counted(ledger, one.id, sha256) for one in ledger.history(cloud) if one.undoes)
    return next((one for one in past if one is not None), None)


def is_restored(ledger: Ledger, undone: Undone) -> bool:
    """Whether the open rollback has restored it."""
    return undone.by is not None and _has_restored(ledger.evidence(undone.by.id))


def lost_by(tables: DatabaseTables, dump: Dump, about: Dumped) -> Lost:
    """What of the database goes when that dump is restored, counted now."""
    now = tables.schema()
    rows = tables.rows_after(now, dump.marks)
    return lost(rows, tables.stored_after(now, dump.marks), about.tables, now)


def _looked(
    cloud: Cloud, saved: Saved, about: Dumped, found: Restorable, *, own: bool
) -> Restorable:
    """The same with what host and database tell; `own`: this rollback has begun to restore it."""
    found = replace(found, file=_file(cloud, about.host, saved.dump))
    tables = cloud.production_tables
    if tables is None:
        return found
    known = began_by(cloud.ledger, cloud.inventory.cloud, saved.dump.sha256)
    try:
        half = tables.is_half_restored()
        if known is not None and (half or own):  # it may hold all tables locked just now
            return replace(found, half=half, lost=known[0])
        return replace(found, half=half, lost=None if half else lost_by(tables, saved.dump, about))
    except BadInputError:
        raise
    except CeiliftError as error:
        return replace(found, problem=str(error))


def _file(cloud: Cloud, host: str, dump: Dump) -> str:
    """What is wrong with the file; empty: it is what was written."""
    if host not in {one.name for one in cloud.inventory.hosts}:
        return f"its host {host} is no longer in the inventory"
    try:
        with cloud.timeline.pending("remote", "dump"):
            result = cloud.connections.shell(host).run(IS_THERE, dump.path, timeout_s=READ_S)
    except CeiliftError as error:
        return f"it could not be looked at: {error}"
    said = result.stdout.strip()
    if not result.ok:
        return f"it could not be read: {result.stderr.strip()[-200:]}"
    if said == dump.sha256:
        return ""
    return said if " " in said else f"its SHA-256 differs: it was {dump.sha256}, and is {said}"


def _newest(ledger: Ledger, upgrade: int, kind: str, name: str) -> str | None:
    found = [one.body for one in ledger.documents(upgrade, kind) if one.name == name]
    return found[-1] if found else None


def _restored_by(ledger: Ledger, cloud: str, undone: Undone) -> int | None:
    """Another rollback of the same upgrade that has restored it."""
    own = undone.by.id if undone.by else None
    others = (one.id for one in ledger.history(cloud) if one.undoes == undone.number)
    return next((n for n in others if n != own and _has_restored(ledger.evidence(n))), None)


def _has_restored(evidence: tuple[Evidence, ...]) -> bool:
    return any(one.node == RESTORE_ID for one in evidence)
