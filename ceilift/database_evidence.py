"""What the ledger remembers of the database stage, beside what was done: read from its evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ceilift.state import Evidence

BACKUP_ID = "database/backup"
VERIFY_ID, REHEARSE_ID = "database/verify-backup", "database/rehearse"
DISPROVED = "database/backup-disproved"  # evidence that the dump made before is none
OUTDATED = "database/save-outdated"  # evidence that what a restore takes has to be saved once more
NOT_ADDITIVE = "database/not-additive"  # evidence of what the rehearsed migration breaks
OF_ONE_DUMP = {BACKUP_ID: (), VERIFY_ID: (BACKUP_ID,), REHEARSE_ID: (BACKUP_ID, VERIFY_ID)}
SECONDS = re.compile(r"rehearsed in (\d+(?:\.\d+)?) s")


def rehearsal_text(command: str, seconds: float, change: str) -> str:
    """The evidence of a rehearsal, from which `rehearsed_s` reads the seconds again."""
    return f"rehearsed in {seconds:.1f} s: {command} on the copy; {change}"


def rehearsed_s(evidence: Iterable[Evidence], release: str) -> float | None:
    """Seconds the migration to that release took on the copy; None: it was not rehearsed."""
    told = [e.detail for e in evidence if e.node == REHEARSE_ID and e.release == release]
    found = SECONDS.match(told[-1]) if told else None
    return None if found is None else float(found[1])


def breaks(evidence: Iterable[Evidence], release: str) -> str:
    """What the migration to that release was seen to break, in words; empty: nothing."""
    told = [e.detail for e in evidence if e.node == NOT_ADDITIVE and e.release == release]
    return told[-1] if told else ""


def overruled(evidence: Iterable[Evidence]) -> Mapping[str, Evidence]:
    """Steps that were done and count no more, each with the evidence that says so.

    That is the last disproof of a dump, for all that was done with it; or what was made anew since.
    """
    newest = {item.node: (place, item) for place, item in enumerate(evidence)}
    found: dict[str, Evidence] = {}
    for node, needs in OF_ONE_DUMP.items():
        done = newest.get(node)
        since = [newest[one] for one in (*needs, DISPROVED) if one in newest]
        later = [(place, item) for place, item in since if done is not None and place > done[0]]
        if later:
            found[node] = max(later)[1]
    return found
