"""What a run tells as it goes: to Prefect's run log always, and to the terminal that started it."""

from __future__ import annotations

from prefect import get_run_logger
from prefect.exceptions import MissingContextError

from tasks.progress import PROGRESS, Progress


class Both:
    """Tells the run's log in Prefect, then whoever else listens."""

    def __init__(self, other: Progress) -> None:
        self._other = other

    def note(self, text: str) -> None:
        """A line in the log."""
        _log(text)
        self._other.note(text)

    def planned(self, nodes: tuple[str, ...], estimate_s: float) -> None:
        """How much there is to do."""
        _log(f"{len(nodes)} steps and gates, about {estimate_s:.0f} s")
        self._other.planned(nodes, estimate_s)

    def started(self, node: str) -> None:
        """A line in the log."""
        _log(f"{node} begins")
        self._other.started(node)

    def finished(self, node: str, status: str, seconds: float) -> None:
        """How it ended."""
        _log(f"{node} {status} after {seconds:.1f} s")
        self._other.finished(node, status, seconds)


def run_progress() -> Progress:
    """The progress of the run this is called in."""
    return Both(PROGRESS.get())


def _log(text: str) -> None:
    try:
        get_run_logger().info(text)
    except MissingContextError:
        return  # a thread of ours outside the run: the terminal still hears of it
