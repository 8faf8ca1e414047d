"""The database back to its dump: what is there is saved first, and what comes back is proven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from ceilift.clock import timestamp
from ceilift.copy_comparison import compared, row_faults
from ceilift.database_address import shown_address
from ceilift.database_dump import DumpTarget
from ceilift.database_evidence import OUTDATED
from ceilift.dump_look import BEFORE, Saved, began_by, counted, lost_by, saved_by
from ceilift.dump_record import Dump, dump_from
from ceilift.errors import CeiliftError, StepFailedError
from ceilift.paths.nodes import SAVE_ID
from ceilift.plan import Step
from ceilift.production_restore import IN_USE, ProductionTarget, production_script
from ceilift.restorable import Dumped, Lost
from ceilift.schema_change import schema_faults
from ceilift.telemetry.tables import DatabaseTables
from ceilift.undone import undone_upgrade
from tasks.carry_out import carry_out
from tasks.migration import DUMP_TIMEOUT_S, dump, once_for, said, the_database
from tasks.retrying import NodesDone, node_task
from tasks.session import Session

FEW = 8
LATER = "mend the cause, then: ceilift resume"


@node_task()
def save(nodes: list[str]) -> NodesDone:
    """Dump the database as it is, beside the dump that is going to be restored."""
    return carry_out(nodes, _save)


@node_task(retries=0)
def restore(nodes: list[str]) -> NodesDone:
    """Restore the dump that the upgrade made into the database, and prove that it is back."""
    return carry_out(nodes, _restore)


def _save(session: Session, step: Step) -> str:
    database = the_database(session)
    if session.dry_run:
        return "dry run"
    saved = _saved(session, step)
    target = DumpTarget(
        url=database.url,
        password=session.cloud.database_password,
        folder=saved.dump.folder,
        name=f"{session.plan.cloud}-before-restore",  # no name by which old dumps are removed
    )
    shell = session.cloud.connections.shell(step.targets[0].host)
    return dump(session, step, shell, target, saved.dump.sha256)


def _restore(session: Session, step: Step) -> str:
    if session.dry_run:
        return "dry run"
    saved = _saved(session, step)
    about, production = saved.about, session.cloud.production_tables
    if about is None or production is None:
        raise _failed(step, "the ledger does not tell what the dump has to hold")
    if about.address != shown_address(the_database(session).url):
        raise _failed(step, f"{about.address} was saved, and the inventory names another database")
    lost = _lost(session, production, saved, about)
    _act(session, step, saved.dump, production)
    schema, marks = production.schema(), saved.dump.marks
    faults = schema_faults(about.tables, schema) or row_faults(
        marks, saved.rows, production.same(about.tables, marks, saved.rows)
    )
    if faults:
        raise _failed(step, f"what was restored is not what was saved: {_few(faults)}")
    return (
        f"{saved.dump.path} was restored, as of {saved.made_at}: {compared(schema, saved.rows)}; "
        f"lost: {lost}"
    )


def _act(session: Session, step: Step, wanted: Dump, production: DatabaseTables) -> None:
    """Restore it on the host where it stands; a host that has done so does not do it again."""
    database, kept = the_database(session), _kept(session, step)
    shell = session.cloud.connections.shell(step.targets[0].host)
    session.cloud.leave_database()  # no other session may be there while it is restored
    once = once_for(session, step, shell.host, wanted.sha256)
    script = production_script(ProductionTarget(database.url, session.cloud.database_password))
    result = session.actor.act(
        shell,
        step.id,
        f"restore {wanted.path} into the database",
        once.script(script),
        *once.args,
        wanted.path,
        wanted.sha256,
        kept.path,
        kept.sha256,
        timeout_s=DUMP_TIMEOUT_S,
    )
    if result.code == IN_USE:
        _save_again(session, production)
        raise _failed(step, f"nothing was restored: {said(result)}")
    if not result.ok:
        raise _failed(
            step,
            f"the dump was not restored on {shell.host}: {said(result)}. What writes to the "
            f"database stays stopped; what it held is in {kept.path}",
        )


def _save_again(session: Session, production: DatabaseTables) -> None:
    """Somebody was there who may have written since: what was saved and counted is of before.

    Of a database that is half restored nothing is saved: what was there before that is.
    """
    if production.is_half_restored():
        return
    ledger, upgrade, to = session.cloud.ledger, session.upgrade or 0, session.plan.to
    ledger.add_evidence(upgrade, OUTDATED, to, timestamp(), "others are connected to the database")


def _lost(session: Session, production: DatabaseTables, saved: Saved, about: Dumped) -> Lost:
    """What the restore takes, counted once all is down and saved.

    What a run that was cut off has counted counts: the database holds less by now, or is locked by
    a restore that goes on without it.
    """
    ledger, upgrade, sha256 = session.cloud.ledger, session.upgrade or 0, saved.dump.sha256
    known = counted(ledger, upgrade, sha256)
    kept_at = max((e.at for e in ledger.evidence(upgrade) if e.node == SAVE_ID), default="")
    if known is not None and known[1] >= kept_at:
        return known[0]
    if production.is_half_restored() and (known := began_by(ledger, session.plan.cloud, sha256)):
        return known[0]  # a rollback that was given up since
    found = lost_by(production, saved.dump, about)
    ledger.save_document(upgrade, BEFORE, sha256, asdict(found))
    return found


def _saved(session: Session, step: Step) -> Saved:
    """The dump that was approved. Raises StepFailedError where the ledger names another."""
    ledger = session.cloud.ledger
    try:
        saved = saved_by(ledger, undone_upgrade(ledger, session.plan.cloud).number)
    except CeiliftError as error:
        raise _failed(step, str(error)) from None
    if step.id != SAVE_ID and saved.dump.sha256 not in step.why:
        raise _failed(step, f"the ledger names {saved.dump.path}, and another dump was approved")
    return saved


def _kept(session: Session, step: Step) -> Dump:
    """The dump of what is there, from this run or from the ledger."""
    told = [session.done[SAVE_ID]["detail"]] if SAVE_ID in session.done else []
    if not told and session.upgrade is not None:
        evidence = session.cloud.ledger.evidence(session.upgrade)
        told = [one.detail for one in evidence if one.node == SAVE_ID]
    try:
        return dump_from(told[-1] if told else "")
    except ValueError:
        raise _failed(step, "what the database holds now was not saved") from None


def _failed(step: Step, words: str) -> StepFailedError:
    return StepFailedError(
        f"{step.id}: {words}", step=step.id, host=step.targets[0].host, next_command=LATER
    )


def _few(words: Sequence[str]) -> str:
    more = f" and {len(words) - FEW} more" if len(words) > FEW else ""
    return ", ".join(words[:FEW]) + more
