"""Rules about the way back of a whole upgrade: whether it can be walked, and what it leaves."""

from __future__ import annotations

from collections.abc import Iterator

from ceilift.database_writers import restores
from ceilift.finding import Finding
from ceilift.hazards.case import Case, blocker, info, several, warning
from ceilift.state import Instance


def ran_otherwise(case: Case) -> Iterator[Finding]:
    """Not everything ran the one release that a plan can lead back to."""
    found = {one.release: one for one in _former(case) if one.release != case.to}
    if found:
        names = sorted({case.to, *(release or "" for release in found)})
        yield blocker(
            "ran-otherwise",
            f"before the upgrade agents ran different releases ({several(names)})",
            several(sorted({one.host for one in found.values()})),
            "one plan leads to one release",
            "Go on with the upgrade, or start the old release again stage by stage: "
            "ceilift resume --start-old STAGE",
        )


def host_left(case: Case) -> Iterator[Finding]:
    """A host on which something ran is no longer in the inventory."""
    hosts = {host.name for host in case.situation.inventory.hosts}
    gone = sorted({one.host for one in _former(case)} - hosts)
    if gone:
        yield warning(
            "host-left-out",
            "agents ran there before the upgrade, and the way back leaves them as they are",
            several(gone),
            "only hosts of the inventory take part",
            "Bring the hosts back into the inventory, if they are to go back",
        )


def database_stays(case: Case) -> Iterator[Finding]:
    """The schema is not taken back."""
    asked = restores(case.situation)
    if case.situation.inventory.database is not None and not case.is_empty and not asked:
        yield info(
            "database-stays",
            f"the database keeps its schema; agents of {case.to} work on it",
            "database",
            "a migration only ever adds; what was stored since would be lost with a restore",
            "Nothing to do. To go back to the dump all the same: --restore-database",
        )


def _former(case: Case) -> tuple[Instance, ...]:
    return tuple(one for one in case.situation.state.former if one.running)
