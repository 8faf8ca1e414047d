"""The journal of one run: what it is about to do, and how that ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ceilift.record import Lease

if TYPE_CHECKING:
    from ceilift.ledger.store import Ledger


class RunJournal:
    """The journal of one run, bound to its lease: every act is announced and closed here."""

    def __init__(self, ledger: Ledger, run: int, lease: Lease) -> None:
        self._ledger = ledger
        self._lease = lease
        self.run = run

    def intend(self, node: str, host: str, summary: str) -> int:
        """Announce an act; gives the intent's id. Raises RefusedError when the lease was lost."""
        return self._ledger.intend(self.run, self._lease, node, host, summary)

    def outcome(self, intent_id: int, status: str, detail: str) -> None:
        """Say how the announced act ended."""
        self._ledger.outcome(intent_id, status, detail)
