"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from lab.errors import TimeUpError

T = TypeVar("T")


def until(look: Callable[[], T | None], what: str, within: float, every: float = 0.1) -> T:
    """The first answer of ``look`` that is not empty; TimeUpError names ``what``."""
    deadline = time.monotonic() + within
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeUpError(f"{what}: not within {within:.0f} s")
        time.sleep(every)
