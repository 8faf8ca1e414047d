"""Lines that say what the lab does, with the seconds since it began."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Prints to standard error, so that standard output stays for answers."""

    def __init__(self) -> None:
        """Start the clock."""
        self._began = time.monotonic()
        self._lock = threading.Lock()

    @property
    def seconds(self) -> float:
        """Since this progress began."""
        return time.monotonic() - self._began

    def say(self, text: str) -> None:
        """One line, stamped."""
        with self._lock:
            sys.stderr.write(f"lab {self.seconds:6.1f} s  {text}\n")
            sys.stderr.flush()

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Say when a piece of work is done and how long it took."""
        began = time.monotonic()
        yield
        self.say(f"{what} ({time.monotonic() - began:.1f} s)")
