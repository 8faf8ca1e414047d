"""What the tasks of the database stage share: the migration as a command, and how it ended."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from ceilift.copy_comparison import Rows, rows_to_json
from ceilift.database_dump import ROTATE, DumpTarget, dump_script, dumps_of
from ceilift.digest import digest
from ceilift.dump_look import HELD
from ceilift.errors import StepFailedError
from ceilift.inventory import Database
from ceilift.inventory_hosts import Host
from ceilift.plan import Step
from ceilift.remote.once import Once
from ceilift.remote.shell import Result, Shell
from ceilift.scrub import scrubbed
from tasks.session import Session

DUMP_TIMEOUT_S = 4 * 3600
TIMED_OUT = frozenset({124, 137})  # timeout(1): ended by TERM, and by KILL when that did not do


def the_database(session: Session) -> Database:
    """The inventory's database. Raises StepFailedError when there is none."""
    database = session.cloud.inventory.database
    if database is None:
        msg = "the plan has a database step, but the inventory describes no database"
        raise StepFailedError(msg)
    return database


def migration(session: Session, host: Host) -> str:
    """The target's own command on that host, quoted for sh."""
    inventory, release = session.cloud.inventory, session.catalogue.get(session.plan.to)
    program, *options = release.dbsync.command.value
    folder = inventory.path(inventory.install.path, host, release=release.version)
    return shlex.join([f"{folder}/bin/{program}", *options])


def once_for(session: Session, step: Step, host: str, what: str = "") -> Once:
    """The step's act on that host, not to be done again by a run that goes on with the upgrade.

    It is done anew once its evidence is there and a step asks for more: a dump that was disproved.
    `what` tells two acts of one step apart. A dry run does nothing, so it needs no key.
    """
    inventory, key = session.cloud.inventory, ""
    if session.upgrade is not None:
        found = session.cloud.ledger.upgrade(session.upgrade)
        times = sum(one.node == step.id for one in found.evidence)
        key = " ".join((found.opened_at, step.id, session.plan.to, str(times), what))
    name = f"{inventory.cloud}.{step.id.replace('/', '-')}"
    return Once(inventory.host(host).root, name, key)


def dump(session: Session, step: Step, shell: Shell, target: DumpTarget, what: str) -> str:
    """Make the dump on that host, and give what was said of it; `what` tells two of a step apart.

    Raises StepFailedError when it failed. A dry run sends nothing.
    """
    script = dump_script(target, needed_bytes=None if session.dry_run else _size(session))
    once = once_for(session, step, shell.host, digest(what))
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
    return result.stdout.strip()


def remember_rows(session: Session, number: int, rows: Mapping[str, Rows]) -> None:
    """What production holds of that dump (the upgrade's, from 0): a restore of it is to hold it."""
    if session.upgrade is not None:
        found = rows_to_json(rows)
        session.cloud.ledger.save_document(session.upgrade, HELD, str(number), found)


def _size(session: Session) -> int | None:
    store = session.cloud.samples
    return None if store is None else store.facts().size_bytes


def migrate(
    session: Session, step: Step, shell: Shell, script: str, words: str, once: Once | None = None
) -> Result:
    """Run a script that migrates, its deadline and the host's configuration as its arguments.

    With `once` the host remembers that it was done; one that a dead run began is waited for.
    """
    inventory, deadline = session.cloud.inventory, the_database(session).dbsync_timeout_s
    main = inventory.path(inventory.config.main, inventory.host(shell.host))
    args, longest = [f"{deadline:g}", main], deadline
    if once is not None:
        script, args, longest = once.script(script), [*once.args, *args], 2 * deadline
    return session.actor.act(shell, step.id, words, script, *args, timeout_s=longest + 60)


def rotate(session: Session, step: Step, shell: Shell, keep: int) -> None:
    """Keep that many; that some could not be removed is told, and is no failure."""
    folder, form = the_database(session).backup.folder, dumps_of(session.plan.cloud)
    words = f"keep the newest {keep} dumps"
    result = session.actor.act(shell, step.id, words, ROTATE, folder, form, str(keep))
    gone = ", ".join(result.stdout.split())
    if gone or not result.ok:
        session.progress.note(f"old dumps removed: {gone}" if result.ok else said(result))


def how_it_ended(result: Result, deadline_s: float) -> str:
    """In words, why a migration failed."""
    if result.code in TIMED_OUT:
        return (
            f"did not end within {deadline_s:g} s (dbsync_timeout_s) and was stopped; a statement "
            "that waits in the server may still be carried out there"
        )
    return f"exited with {result.code}: {said(result)}"


def said(result: Result) -> str:
    """The last lines of what a command said, without credentials."""
    lines = [line for line in (result.stdout + "\n" + result.stderr).splitlines() if line.strip()]
    return scrubbed(" | ".join(lines[-3:])) or f"exit code {result.code}, no output"
