"""Rules about a way back that restores the database: whether it can, and what it takes."""

from __future__ import annotations

from collections.abc import Iterator

from ceilift.component import Component
from ceilift.database_writers import restores, writers, written_by
from ceilift.finding import Finding
from ceilift.hazards.case import Case, blocker, info, labels, warning
from ceilift.plan import Action
from ceilift.restorable import Restorable

WITHOUT = "Leave --restore-database out: the former release works on the schema as it is"
BY_HAND = "Or restore it by hand, all agents and the API stopped"


def no_dump(case: Case) -> Iterator[Finding]:
    """There is no dump to restore: the reason says why."""
    seen = _seen(case)
    if seen is None or seen.dump is not None:
        return
    snapshot = f"{BY_HAND}, then: ceilift rollback" if "snapshot" in seen.missing else WITHOUT
    yield blocker(
        "restore-no-dump",
        f"there is no dump to restore: {seen.missing}",
        "the ledger",
        "only what the upgrade saved by itself, and has noted, is known to Ceilift",
        snapshot,
    )


def dump_file(case: Case) -> Iterator[Finding]:
    """The dump is not there any more, is another file, or its host cannot be asked."""
    seen = _dumped(case)
    if seen is None or not seen.file or seen.dump is None:
        return
    yield blocker(
        "restore-file",
        f"the dump {seen.dump.path} cannot be restored: {seen.file}",
        seen.host,
        "its SHA-256 was noted when it was written",
        f"Bring that very file back to its place, and its host into reach. {WITHOUT}",
    )


def unlabelled(case: Case) -> Iterator[Finding]:
    """An earlier Ceilift made the dump: what a restore takes cannot be told."""
    seen = _dumped(case)
    if seen is not None and not (seen.host and seen.dump is not None and seen.dump.marks):
        yield blocker(
            "restore-unlabelled",
            "the dump was made by a Ceilift that noted neither the schema nor up to which rows it "
            "reaches: what a restore takes could not be told, nor could it be proven",
            "the ledger",
            "the operator approves what is lost",
            f"{BY_HAND}. {WITHOUT}",
        )


def elsewhere(case: Case) -> Iterator[Finding]:
    """The inventory names another database than the one that was saved."""
    seen = _dumped(case)
    if seen is not None and seen.dumped and seen.dumped != seen.here:
        yield blocker(
            "restore-elsewhere",
            f"{seen.dumped} was saved, and the inventory's database is {seen.here or 'none'}",
            "inventory: database.url",
            "a restore empties the database first: no other one, and of no other kind",
            f"Correct database.url. {WITHOUT}",
        )


def restored_already(case: Case) -> Iterator[Finding]:
    """Another rollback of the same upgrade has restored it: it is not done twice."""
    seen = _dumped(case)
    if seen is not None and seen.by is not None:
        yield blocker(
            "restored-already",
            f"rollback {seen.by} has restored this dump already",
            "the ledger",
            "once more it would take what was stored after that",
            "Leave --restore-database out: the database has been restored",
        )


def unseen(case: Case) -> Iterator[Finding]:
    """The database could not be looked at."""
    seen = _dumped(case)
    if seen is not None and seen.problem:
        yield blocker(
            "restore-unseen",
            f"what a restore takes could not be counted: {seen.problem}",
            "inventory: database",
            "the operator approves what is lost",
            "Mend database.url, its password reference or `via` in the inventory",
        )


def api_goes_on(case: Case) -> Iterator[Finding]:
    """The API runs, and nobody has said how it is stopped."""
    situation = case.situation
    if not restores(situation) or Action.RESTORE not in case.actions:
        return
    found = written_by(situation, Component.API)
    running = [one for one in found if one.before is not None and one.before.running]
    wsgi = situation.inventory.wsgi
    if running and (wsgi is None or not wsgi.stop):
        yield blocker(
            "restore-api",
            "the API reads and writes the database, and the inventory does not say how its web "
            "server is stopped",
            labels(running),
            "while that is restored its answers are wrong, and what is posted to it is lost",
            f"Give wsgi.stop and wsgi.start in the inventory. {WITHOUT}",
        )


def loses(case: Case) -> Iterator[Finding]:
    """What goes with the restore, counted."""
    seen = _dumped(case)
    if seen is None or seen.lost is None or seen.dump is None:
        return
    reach = ", ".join(str(mark) for mark in seen.dump.marks if mark.table == "sample")
    yield warning(
        "restore-loses",
        f"the database goes back to {seen.made_at}{f' ({reach})' if reach else ''}; lost are: "
        f"{seen.lost}",
        "database",
        "counted in the database at this look; what is stored until all is stopped comes on top. "
        "Rows that were deleted or changed since come back as they were",
        f"Keep the dump that is made just before: what is lost can be had from it. {WITHOUT}",
    )


def all_down(case: Case) -> Iterator[Finding]:
    """What is down meanwhile, and what nobody can see from here."""
    if Action.RESTORE in case.actions:
        names = ", ".join(one.value for one in writers(case.situation))
        yield info(
            "restore-stops",
            f"down until the database is restored: {names}. It is refused while anybody else is "
            "connected to the database",
            "database",
            "a row that is written meanwhile would be lost, or would stand in the way",
            "End cron jobs that use the database (ceilometer-expirer) for that time",
        )


def half_restored(case: Case) -> Iterator[Finding]:
    """A restore was begun and not finished: the database is not to be used as it is."""
    seen = case.situation.state.database
    if seen is None or not seen.half_restored or restores(case.situation):
        return
    yield blocker(
        "half-restored",
        "a restore of the database was begun and is not finished: it is not whole",
        "database",
        "it holds Ceilift's mark `ceilift_restoring`, which goes with the last row",
        "Finish it: ceilift resume; or, where that was given up: ceilift rollback "
        "--restore-database",
    )


def _seen(case: Case) -> Restorable | None:
    """What is known of the dump, where a restore is asked for and not done yet."""
    situation = case.situation
    if not restores(situation) or case.is_empty:
        return None
    if situation.inventory.database is None:
        return Restorable(missing="the inventory describes no database")
    if Action.RESTORE not in case.actions:
        return None
    return situation.state.restorable or Restorable(missing="nobody has looked for one")


def _dumped(case: Case) -> Restorable | None:
    """The same, where there is a dump."""
    seen = _seen(case)
    return None if seen is None or seen.dump is None else seen
