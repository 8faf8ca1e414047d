"""Who is told what runs, what ended and what waits: the terminal, or nobody."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Protocol


class Progress(Protocol):
    """Is told as the run goes on; called from several threads."""

    def note(self, text: str) -> None:
        """Something worth a line: a phase that begins, a plan made, a lease taken."""
        ...

    def planned(self, nodes: tuple[str, ...], estimate_s: float) -> None:
        """The nodes that are to be carried out, in order, and how long they should take."""
        ...

    def started(self, node: str) -> None:
        """A node began."""
        ...

    def finished(self, node: str, status: str, seconds: float) -> None:
        """A node ended: done, failed, paused, dry or not started."""
        ...


class Silent:
    """Tells nobody."""

    def note(self, text: str) -> None:
        """Say nothing."""

    def planned(self, nodes: tuple[str, ...], estimate_s: float) -> None:
        """Say nothing."""

    def started(self, node: str) -> None:
        """Say nothing."""

    def finished(self, node: str, status: str, seconds: float) -> None:
        """Say nothing."""


PROGRESS: ContextVar[Progress] = ContextVar("ceilift_progress", default=Silent())  # noqa: B039 - Silent has no state
