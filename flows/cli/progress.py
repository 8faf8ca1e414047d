"""What runs, what waits, elapsed and estimate: live on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from ceilift.clock import timestamp
from flows.cli.output import stderr


class PlainProgress:
    """One line for each event on standard error; for logs and scripts."""

    def __init__(self, console: Console | None = None, *, quiet: bool = False) -> None:
        self._console = console or stderr()
        self._quiet = quiet

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is held open."""

    def note(self, text: str) -> None:
        """A line with the time."""
        if not self._quiet:
            self._console.print(f"{timestamp()[11:19]} {text}", markup=False)

    def planned(self, nodes: tuple[str, ...], estimate_s: float) -> None:
        """How much there is to do."""
        self.note(f"{len(nodes)} steps and gates, about {estimate_s:.0f} s")

    def started(self, node: str) -> None:
        """Told when it ends: one line a node is enough for a log."""

    def finished(self, node: str, status: str, seconds: float) -> None:
        """How it ended and how long it took."""
        self.note(f"{status:<6} {node} ({seconds:.1f} s)")


class LiveProgress(PlainProgress):
    """The same lines scrolling by, and below them what runs now and how far the run is."""

    def __init__(self) -> None:
        console = stderr()
        super().__init__(console)
        self._lock = threading.Lock()
        self._running: list[str] = []
        self._bars = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("of about {task.fields[estimate]:.0f} s"),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def planned(self, nodes: tuple[str, ...], estimate_s: float) -> None:
        """Show the bar."""
        super().planned(nodes, estimate_s)
        self._task = self._bars.add_task("waiting", total=len(nodes), estimate=estimate_s)

    def started(self, node: str) -> None:
        """Add it to what runs now."""
        with self._lock:
            self._running.append(node)
        self._show(0)

    def finished(self, node: str, status: str, seconds: float) -> None:
        """A line, and the bar moves on."""
        super().finished(node, status, seconds)
        with self._lock:
            if node in self._running:
                self._running.remove(node)
        self._show(1 if status in ("done", "dry") else 0)

    def _show(self, advance: int) -> None:
        if self._task is not None:
            with self._lock:
                shown = ", ".join(self._running[:3]) + (" ..." if len(self._running) > 3 else "")  # noqa: PLR2004
            self._bars.update(self._task, description=shown or "waiting", advance=advance)


def terminal_progress(*, quiet: bool = False) -> PlainProgress:
    """Live on a terminal, plain lines elsewhere, nothing when asked to be quiet."""
    if quiet or not stderr().is_terminal:
        return PlainProgress(quiet=quiet)
    return LiveProgress()
