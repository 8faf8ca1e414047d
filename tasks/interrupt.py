"""Ctrl-C while a run acts: the first one stops it at a safe point, the second one at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field

from ceilift.errors import InterruptedRunError

INTERRUPTED = "interrupted (Ctrl-C)"


@dataclass
class Interrupt:
    """What the terminal asks of a run. Safe to be set by a signal's handler.

    `acting`: the run is at work, so there are safe points to wait for. `asked`: it is to stop at
    the next one. `at_once` are the last words of a run that is not to wait: what runs is unknown.
    """

    acting: bool = False
    asked: threading.Event = field(default_factory=threading.Event)
    at_once: list[Callable[[], object]] = field(default_factory=list)


INTERRUPT: ContextVar[Interrupt | None] = ContextVar("ceilift_interrupt", default=None)


@dataclass(frozen=True, slots=True)
class InterruptRule:
    """Nothing new begins once the run was asked to stop; what was begun is brought to its end."""

    interrupt: Interrupt

    def refuses(self, _nodes: Sequence[str], _seconds: float) -> str:
        """That it was interrupted; empty when it was not."""
        return INTERRUPTED if self.interrupt.asked.is_set() else ""

    def ended(self, why: str, left: Sequence[str]) -> InterruptedRunError:
        """The run stopped at a safe point."""
        return InterruptedRunError(
            f"{why}; what had begun was finished; {len(left)} steps and gates are left, from "
            f"{left[0]} on",
            next_command="ceilift resume",
        )

    def overrun_s(self) -> float:
        """There is nothing to be late for."""
        return 0.0
