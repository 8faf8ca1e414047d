"""What Ctrl-C does while a run of this terminal acts."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ceilift.errors import FAILED
from tasks.interrupt import INTERRUPT, Interrupt

LAST_WORDS_S = 10.0
FIRST = (
    b"\nCtrl-C: the run stops at the next safe point; what has begun is finished. "
    b"Once more stops it at once.\n"
)
SECOND = (
    b"\nCtrl-C again: stopped at once. What was running is unknown and may go on on its host; the "
    b"run's lease ends within two minutes.\nNext: ceilift status, then ceilift resume\n"
)


@contextmanager
def interruptible() -> Iterator[None]:
    """Inside, Ctrl-C asks the run to stop; outside, and before it acts, it ends the command."""
    interrupt = Interrupt()
    token = INTERRUPT.set(interrupt)

    def handle(_number: int, _frame: FrameType | None) -> None:
        if not interrupt.acting:
            raise KeyboardInterrupt
        if not interrupt.asked.is_set():
            interrupt.asked.set()
            os.write(2, FIRST)
        else:
            _stop_at_once(interrupt)

    former = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)
        INTERRUPT.reset(token)


def _stop_at_once(interrupt: Interrupt) -> None:
    """Write down what can be written in a moment, in a thread of its own; then end the process."""
    words = threading.Thread(target=_say_last_words, args=(interrupt,), daemon=True)
    words.start()
    words.join(LAST_WORDS_S)
    os.write(2, SECOND)
    os._exit(FAILED)


def _say_last_words(interrupt: Interrupt) -> None:
    for say in interrupt.at_once:
        say()
