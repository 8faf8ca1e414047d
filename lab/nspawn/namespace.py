"""Acting inside another network namespace, without starting a process for it."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_OWN = Path("/proc/thread-self/ns/net")


@contextmanager
def entered(namespace: Path) -> Iterator[None]:
    """This thread, and those it starts meanwhile, see the network of that namespace."""
    back = os.open(_OWN, os.O_RDONLY)
    try:
        _enter(namespace)
        try:
            yield
        finally:
            _set(back)
    finally:
        os.close(back)


def _enter(namespace: Path) -> None:
    there = os.open(namespace, os.O_RDONLY)
    try:
        _set(there)
    finally:
        os.close(there)


def _set(descriptor: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.setns(descriptor, 0):
        raise OSError(ctypes.get_errno(), "cannot enter the network namespace")
