"""The database stage: saved first, then brought to the target's schema; nothing is stopped."""

from __future__ import annotations

import shlex

from ceilift.database_dump import DumpTarget, dump_script
from ceilift.errors import StepFailedError
from ceilift.inventory import Database
from ceilift.plan import Step
from ceilift.remote.shell import Result
from ceilift.scrub import scrubbed
from tasks.carry_out import carry_out
from tasks.retrying import NodesDone, node_task
from tasks.session import Session

DUMP_TIMEOUT_S = 4 * 3600
TIMED_OUT = frozenset({124, 137})  # timeout(1): ended by TERM, and by KILL when that did not do
DBSYNC = """\
set -u
timeout --kill-after=30 "$1" {command} --config-file "$2" </dev/null 2>&1
"""


@node_task()
def backup(nodes: list[str]) -> NodesDone:
    """Dump the database to the named host and folder, or record the operator's own snapshot."""
    return carry_out(nodes, _backup)


@node_task(retries=0)
def dbsync(nodes: list[str]) -> NodesDone:
    """Run the target's own dbsync command, once, with a deadline."""
    return carry_out(nodes, _dbsync)


def _backup(session: Session, step: Step) -> str:
    database = _database(session)
    if database.backup.policy == "external":
        return f"external snapshot {database.backup.snapshot}, unproven by us"
    target = DumpTarget(
        url=database.url,
        password=None if session.dry_run else session.cloud.database_password,
        folder=database.backup.folder,
        name="-".join((session.plan.cloud, *session.plan.releases[:1], "to", session.plan.to)),
    )
    shell = session.cloud.connections.shell(database.backup.host)
    script = dump_script(target, needed_bytes=None if session.dry_run else _size(session))
    result = session.actor.act(
        shell, step.id, f"dump to {target.folder}", script, timeout_s=DUMP_TIMEOUT_S
    )
    if not result.ok:
        raise StepFailedError(
            f"{step.id}: the dump failed on {shell.host}: {_said(result)}",
            host=shell.host,
            step=step.id,
            next_command="mend it, then: ceilift resume",
        )
    return "dry run" if session.dry_run else result.stdout.strip()


def _dbsync(session: Session, step: Step) -> str:
    database, inventory = _database(session), session.cloud.inventory
    host = inventory.host(step.targets[0].host)
    release = session.catalogue.get(session.plan.to)
    program, *options = release.dbsync.command.value
    folder = inventory.path(inventory.install.path, host, release=release.version)
    command = shlex.join([f"{folder}/bin/{program}", *options])
    shell = session.cloud.connections.shell(host.name)
    deadline = database.dbsync_timeout_s
    result = session.actor.act(
        shell,
        step.id,
        f"{program} of {release.version}",
        DBSYNC.format(command=command),
        f"{deadline:g}",
        inventory.path(inventory.config.main, host),
        timeout_s=deadline + 60,
    )
    _check_dbsync(result, step, host.name, deadline)
    return (
        "dry run"
        if session.dry_run
        else f"{program} of {release.version} ended with 0 in {result.seconds:.1f} s"
    )


def _check_dbsync(result: Result, step: Step, host: str, deadline: float) -> None:
    if result.ok:
        return
    if result.code in TIMED_OUT:
        what = f"did not end within {deadline:g} s (dbsync_timeout_s) and was stopped"
    else:
        what = f"exited with {result.code}: {_said(result)}"
    raise StepFailedError(
        f"{step.id}: dbsync on {host} {what}. Nothing was stopped; the old release keeps running",
        host=host,
        step=step.id,
        next_command="mend the cause, then: ceilift resume (dbsync only adds and may be run again)",
    )


def _said(result: Result) -> str:
    """The last lines of what a command said, without credentials."""
    lines = [line for line in (result.stdout + "\n" + result.stderr).splitlines() if line.strip()]
    return scrubbed(" | ".join(lines[-3:])) or f"exit code {result.code}, no output"


def _database(session: Session) -> Database:
    database = session.cloud.inventory.database
    if database is None:
        msg = "the plan has a database step, but the inventory describes no database"
        raise StepFailedError(msg)
    return database


def _size(session: Session) -> int | None:
    store = session.cloud.samples
    return None if store is None else store.facts().size_bytes
