"""A copy of the database: restored to prove the dump, then migrated to try the migration."""

from __future__ import annotations

from ceilift.clock import timestamp
from ceilift.copy_comparison import compared, row_faults
from ceilift.database_address import copy_fault
from ceilift.database_evidence import BACKUP_ID, DISPROVED, NOT_ADDITIVE, rehearsal_text
from ceilift.database_rehearsal import RehearsalTarget, rehearsal_script
from ceilift.database_restore import DISPROVED as NO_SUCH_DUMP
from ceilift.database_restore import REHEARSED, RESTORED, RestoreTarget, restore_script
from ceilift.dump_record import Dump, dump_from
from ceilift.errors import StepFailedError
from ceilift.inventory import Scratch
from ceilift.plan import Step
from ceilift.schema_change import Schema, SchemaChange, schema_change, schema_faults
from ceilift.telemetry.tables import DatabaseTables
from tasks.carry_out import carry_out
from tasks.migration import (
    DUMP_TIMEOUT_S,
    how_it_ended,
    migrate,
    migration,
    remember_rows,
    rotate,
    said,
    the_database,
)
from tasks.retrying import NodesDone, node_task
from tasks.session import Session

ACCEPTED = "schema-not-additive"
ANOTHER = "the restored dump is not what production holds"
FEW = 8


@node_task()
def verify_backup(nodes: list[str]) -> NodesDone:
    """Restore the dump into the scratch database, and compare it with production."""
    return carry_out(nodes, _verify)


@node_task(retries=0)
def rehearse(nodes: list[str]) -> NodesDone:
    """Run the target's migration on that copy, and judge what it does to the schema."""
    return carry_out(nodes, _rehearse)


def _verify(session: Session, step: Step) -> str:
    scratch = _scratch(session)
    if session.dry_run:
        return "dry run"
    dump = _dump(session)
    _restore(session, step, scratch, dump, RESTORED)
    production, copy = _both(session)
    schema = production.schema()
    if faults := schema_faults(schema, copy.schema()):
        raise _disproved(session, step, f"{ANOTHER}: {_few(faults)}")
    ours = production.picked(schema, dump.marks)
    if faults := row_faults(dump.marks, ours, copy.same(schema, dump.marks, ours)):
        raise _disproved(session, step, f"{ANOTHER}: {_few(faults)}")
    made = session.cloud.ledger.evidence(session.upgrade or 0)
    remember_rows(session, sum(one.node == BACKUP_ID for one in made) - 1, ours)
    if keep := the_database(session).backup.keep:
        shell = session.cloud.connections.shell(the_database(session).backup.host)
        rotate(session, step, shell, keep)
    return f"{dump.path} was restored: {compared(schema, ours)}"


def _rehearse(session: Session, step: Step) -> str:
    scratch, database = _scratch(session), the_database(session)
    if session.dry_run:
        return "dry run"
    _restore(session, step, scratch, _dump(session), REHEARSED)
    production, copy = _both(session)
    before, untouched = copy.schema(), production.schema()
    release = session.catalogue.get(session.plan.to)
    program = f"{release.dbsync.command.value[0]} of {release.version}"
    host = session.cloud.inventory.host(step.targets[0].host)
    shell = session.cloud.connections.shell(host.name)
    target = RehearsalTarget(scratch.url, session.cloud.scratch_password)
    script = rehearsal_script(target, migration(session, host))
    result = migrate(session, step, shell, script, f"{program}, on the copy")
    if not result.ok:
        how = how_it_ended(result, database.dbsync_timeout_s)
        raise _failed(step, f"on the copy {program} {how}. Production was not touched")
    _production_is(production, untouched, step)
    _foretell(session, result.seconds)
    change = schema_change(before, copy.schema())
    _judge(session, step, change)
    return rehearsal_text(program, result.seconds, _change_text(change))


def _restore(session: Session, step: Step, scratch: Scratch, dump: Dump, purpose: str) -> None:
    """The copy as the dump has it; nothing is done where it is there untouched."""
    shell = session.cloud.connections.shell(the_database(session).backup.host)
    script = restore_script(RestoreTarget(scratch.url, session.cloud.scratch_password))
    result = session.actor.act(
        shell,
        step.id,
        f"restore {dump.path} into the scratch database",
        script,
        dump.path,
        dump.sha256,
        purpose,
        timeout_s=DUMP_TIMEOUT_S,
    )
    if result.code == NO_SUCH_DUMP:
        raise _disproved(session, step, said(result))
    if not result.ok:
        raise _failed(step, f"the dump could not be restored on {shell.host}: {said(result)}")


def _judge(session: Session, step: Step, change: SchemaChange) -> None:
    """Always add, never delete or modify; what breaks it is remembered, and may be accepted."""
    if not change.broken or any(one.id == ACCEPTED for one in session.plan.request.accept):
        return
    words = _few(change.broken)
    if session.upgrade is not None:
        session.cloud.ledger.add_evidence(
            session.upgrade, NOT_ADDITIVE, session.plan.to, timestamp(), words
        )
    raise StepFailedError(
        f"{step.id}: on the copy the migration did not only add: {words}. Production was not "
        "touched",
        step=step.id,
        next_command=f"ceilift upgrade, as before with --accept {ACCEPTED} --reason TEXT",
    )


def _foretell(session: Session, seconds: float) -> None:
    """Let the window reckon with what the migration really takes."""
    session.progress.note(f"on the copy the migration took {seconds:.1f} s")
    if session.guard is not None and session.plan.point_of_no_return is not None:
        session.guard.learned(session.plan.point_of_no_return, seconds)


def _production_is(production: DatabaseTables, untouched: Schema, step: Step) -> None:
    if faults := schema_faults(untouched, production.schema()):
        raise _failed(
            step,
            "production's schema was changed while the migration ran on the copy, by somebody else "
            f"or by a configuration that leads there: {_few(faults)}",
        )


def _scratch(session: Session) -> Scratch:
    """The scratch database, which is not production. Raises StepFailedError when it is."""
    database = the_database(session)
    scratch = database.backup.scratch
    fault = "there is none" if scratch is None else copy_fault(database.url, scratch.url)
    if scratch is None or fault:
        raise StepFailedError(f"database.backup.scratch cannot be used: {fault}")
    return scratch


def _dump(session: Session) -> Dump:
    """The dump that this upgrade made, from this run or from the ledger."""
    told = [session.done[BACKUP_ID]["detail"]] if BACKUP_ID in session.done else []
    if not told and session.upgrade is not None:
        evidence = session.cloud.ledger.evidence(session.upgrade)
        told = [one.detail for one in evidence if one.node == BACKUP_ID]
    try:
        return dump_from(told[-1] if told else "")
    except ValueError:
        raise StepFailedError(
            "the ledger names no dump of this upgrade", next_command="ceilift status"
        ) from None


def _both(session: Session) -> tuple[DatabaseTables, DatabaseTables]:
    production, copy = session.cloud.production_tables, session.cloud.scratch_tables
    if production is None or copy is None:
        raise StepFailedError("the inventory describes no database with a scratch database")
    return production, copy


def _disproved(session: Session, step: Step, words: str) -> StepFailedError:
    """The dump is none: the next run makes another, and knows why."""
    if session.upgrade is not None:
        session.cloud.ledger.add_evidence(
            session.upgrade, DISPROVED, session.plan.to, timestamp(), words
        )
    return _failed(step, f"{words}. It is not counted as a backup")


def _failed(step: Step, words: str) -> StepFailedError:
    return StepFailedError(
        f"{step.id}: {words}",
        step=step.id,
        host=step.targets[0].host,
        next_command="mend the cause, then: ceilift resume",
    )


def _change_text(change: SchemaChange) -> str:
    parts = (
        ("added", change.added),
        ("changed, and old releases go on", change.eased),
        ("deleted or modified, and accepted", change.broken),
    )
    told = [f"{words}: {_few(found)}" for words, found in parts if found]
    return "; ".join(told) or "the schema stays as it is"


def _few(words: tuple[str, ...]) -> str:
    more = f" and {len(words) - FEW} more" if len(words) > FEW else ""
    return ", ".join(words[:FEW]) + more
