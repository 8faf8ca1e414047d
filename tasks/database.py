"""The database stage: saved first, then brought to the target's schema; nothing is stopped."""

from __future__ import annotations

import threading
from dataclasses import replace

from ceilift.database_dump import DumpTarget, dump_script
from ceilift.database_rehearsal import DBSYNC
from ceilift.digest import digest
from ceilift.dump_record import Mark, dump_from
from ceilift.errors import StepFailedError
from ceilift.inventory import Database
from ceilift.plan import Step
from ceilift.remote.shell import Shell
from tasks.carry_out import carry_out
from tasks.migration import (
    DUMP_TIMEOUT_S,
    how_it_ended,
    migrate,
    migration,
    once_for,
    rotate,
    said,
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
    marks = _marks(session, database)
    target = DumpTarget(
        url=database.url,
        password=None if session.dry_run else session.cloud.database_password,
        folder=database.backup.folder,
        name="-".join((session.plan.cloud, *session.plan.releases[:1], "to", session.plan.to)),
    )
    shell = session.cloud.connections.shell(database.backup.host)
    script = dump_script(target, needed_bytes=None if session.dry_run else _size(session))
    once = once_for(session, step, shell.host, digest(str(marks)))  # it reaches up to these
    words = f"dump to {target.folder}"
    result = session.actor.act(
        shell, step.id, words, once.script(script), *once.args, timeout_s=DUMP_TIMEOUT_S
    )
    if not result.ok:
        raise StepFailedError(
            f"{step.id}: the dump failed on {shell.host}: {said(result)}",
            host=shell.host,
            step=step.id,
            next_command="mend it, then: ceilift resume",
        )
    if session.dry_run:
        return "dry run"
    _rotate(session, step, shell, database)
    told = result.stdout.strip()
    return str(replace(dump_from(told), marks=marks)) if marks else told


def _marks(session: Session, database: Database) -> tuple[Mark, ...]:
    """Up to where a dump that is to be proven must reach; looks at the scratch database first.

    Raises StepFailedError when the scratch database holds something of somebody else's.
    """
    if session.dry_run or database.backup.policy != "dump+restore":
        return ()
    scratch, production = session.cloud.scratch_tables, session.cloud.production_tables
    if scratch is None or production is None or not scratch.is_ours_or_empty():
        raise StepFailedError(
            "the scratch database holds tables that Ceilift did not put there; nothing was done",
            next_command="give an empty one as database.backup.scratch, then: ceilift resume",
        )
    marks = production.marks(production.schema())
    threading.Event().wait(SETTLE_S)
    return marks


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


def _size(session: Session) -> int | None:
    store = session.cloud.samples
    return None if store is None else store.facts().size_bytes
