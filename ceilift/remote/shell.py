"""What every part that talks to a host depends on: one small protocol and its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Result:
    """How a remote script ended. `code` is its exit status; output is decoded, undecodable kept."""

    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether it exited 0."""
        return self.code == 0


class Shell(Protocol):
    """A POSIX sh on one host.

    `run` sends `script` on standard input of `sh -s -- args...` and waits at most `timeout_s`.
    Arguments are quoted; nothing secret may be in them: secrets go inside `script`, which is
    never logged and never on a command line. Raises UnreachableError when the host cannot be
    reached or is not the one we know, TransientError when the deadline passed or the connection
    broke. A script that exits non-zero is a Result, not an exception.
    """

    @property
    def host(self) -> str:
        """The inventory's name of the host."""
        ...

    def run(self, script: str, *args: str, timeout_s: float = 30.0, become: bool = True) -> Result:
        """Run one script; `become` runs it as root where the inventory has become."""
        ...
