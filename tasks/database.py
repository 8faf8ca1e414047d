"""The database stage: saved first, then brought to the target's schema; nothing is stopped."""

from __future__ import annotations

import threading
from dataclasses import replace

from ceilift.database_address import shown_address
from ceilift.database_dump import DumpTarget
from ceilift.database_rehearsal import DBSYNC
from ceilift.dump_look import DUMPED, noted
from ceilift.dump_record import dump_from
from ceilift.errors import CeiliftError, StepFailedError
from ceilift.inventory import Database
from ceilift.plan import Step
from ceilift.remote.shell import Shell
from ceilift.restorable import Dumped
from tasks.carry_out import carry_out
from tasks.migration import (
    dump,
    how_it_ended,
    migrate,
    migration,
    once_for,
    remember_rows,
    rotate,
    the_database,
)
from tasks.retrying import NodesDone, node_task
from tasks.session import Session

SETTLE_S = 2.0  # what was being written when the keys were noted is written by then


@node_task()
def backup(nodes: list[str]) -> NodesDone:
    """Dump the database to the named host and folder, or record the operator's own snapshot."""
    return carry_out(nodes, _backup)


@node_task(retries=0)
def dbsync(nodes: list[str]) -> NodesDone:
    """Run the target's own dbsync command, once, with a deadline."""
    return carry_out(nodes, _dbsync)


def _backup(session: Session, step: Step) -> str:
    database = the_database(session)
    if database.backup.policy == "external":
        return f"external snapshot {database.backup.snapshot}, unproven by us"
    known = None if session.dry_run else _known(session, step, database)
    target = DumpTarget(
        url=database.url,
        password=None if session.dry_run else session.cloud.database_password,
        folder=database.backup.folder,
        name="-".join((session.plan.cloud, *session.plan.releases[:1], "to", session.plan.to)),
    )
    shell = session.cloud.connections.shell(database.backup.host)
    marks = known.marks if known is not None else ()
    told = dump(session, step, shell, target, str(marks))
    if session.dry_run:
        return "dry run"
    _count(session, step, database, known)
    _rotate(session, step, shell, database)
    return str(replace(dump_from(told), marks=marks)) if marks else told


def _known(session: Session, step: Step, database: Database) -> Dumped | None:
    """What the dump has to hold; None where a dump that is not to be proven cannot be looked into.

    Raises StepFailedError when the scratch database holds something of somebody else's.
    """
    if database.backup.policy == "dump+restore":
        _refuse_foreign(session)
        return _noted(session, step, database)
    try:
        return _noted(session, step, database)
    except CeiliftError as error:
        session.progress.note(f"a rollback will not restore this dump: {error}")
        return None


def _count(session: Session, step: Step, database: Database, known: Dumped | None) -> None:
    """Remember what a plain dump holds; of one that is proven that is done when it is compared.

    After the dump, as rows may be deleted while it is made.
    """
    production = session.cloud.production_tables
    if known is None or production is None or database.backup.policy == "dump+restore":
        return
    try:
        remember_rows(session, _number(session, step), production.picked(known.tables, known.marks))
    except CeiliftError as error:
        session.progress.note(f"a rollback will not restore this dump: {error}")


def _refuse_foreign(session: Session) -> None:
    scratch = session.cloud.scratch_tables
    if scratch is None or not scratch.is_ours_or_empty():
        raise StepFailedError(
            "the scratch database holds tables that Ceilift did not put there; nothing was done",
            next_command="give an empty one as database.backup.scratch, then: ceilift resume",
        )


def _noted(session: Session, step: Step, database: Database) -> Dumped | None:
    """Up to where the dump must reach, with the schema: noted in the ledger before it is made.

    A run that goes on with one that died keeps to what that one noted, so that the host knows the
    dump again that may still be under way.
    """
    ledger, upgrade, number = session.cloud.ledger, session.upgrade or 0, _number(session, step)
    production = session.cloud.production_tables
    known = noted(ledger, upgrade, number)
    if known is not None or production is None:
        return known
    schema = production.schema()
    marks = production.marks(schema)
    known = Dumped(database.backup.host, shown_address(database.url), schema, marks)
    ledger.save_document(upgrade, DUMPED, str(number), known.to_json())
    threading.Event().wait(SETTLE_S)
    return known


def _number(session: Session, step: Step) -> int:
    """Of the upgrade's dumps the one that is to be made, from 0."""
    evidence = session.cloud.ledger.evidence(session.upgrade or 0)
    return sum(one.node == step.id for one in evidence)


def _rotate(session: Session, step: Step, shell: Shell, database: Database) -> None:
    """Remove all dumps of this cloud but the newest; one more until the newest is proven."""
    keep = database.backup.keep
    if keep:
        keep += database.backup.policy == "dump+restore"
        rotate(session, step, shell, keep)


def _dbsync(session: Session, step: Step) -> str:
    database = the_database(session)
    host = session.cloud.inventory.host(step.targets[0].host)
    release = session.catalogue.get(session.plan.to)
    program = release.dbsync.command.value[0]
    shell = session.cloud.connections.shell(host.name)
    script, words = (
        DBSYNC.format(command=migration(session, host)),
        f"{program} of {release.version}",
    )
    result = migrate(session, step, shell, script, words, once_for(session, step, host.name))
    if not result.ok:
        raise StepFailedError(
            f"{step.id}: dbsync on {host.name} {how_it_ended(result, database.dbsync_timeout_s)}. "
            "Nothing was stopped; the old release keeps running",
            host=host.name,
            step=step.id,
            next_command="mend the cause, then: ceilift resume (dbsync only adds and may be run "
            "again)",
        )
    return (
        "dry run"
        if session.dry_run
        else f"{program} of {release.version} ended with 0 in {result.seconds:.1f} s"
    )
