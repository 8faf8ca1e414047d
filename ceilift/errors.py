"""Everything that can end a command, each with the exit code it means."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass

DONE, FAILED, BAD_INPUT, REFUSED, PAUSED = 0, 1, 2, 3, 4
OF_A_CLOUD = re.compile(
    r"\bceilift (?:preflight|plan|upgrade|resume|rollback|verify|status|history|abandon|"
    r"inventory check)\b"
    r"(?! (?:--inventory|-i)\b)"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with what the operator gave: where it stands, what it is, how to mend it."""

    file: str
    field: str
    what: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.field}" if self.field else self.file
        return f"{place}: {self.what}. {self.remedy}"


def with_inventory(words: str, file: str) -> str:
    """The same words, every command about a cloud completed with its inventory: ready to type."""
    option = f" --inventory {shlex.quote(file)}"
    return OF_A_CLOUD.sub(lambda found: found[0] + option, words)


class CeiliftError(Exception):
    """An end that a user is told about in words; never shown as a traceback."""

    exit_code = FAILED
    state_name = "Failed"  # of the flow run that ends in it

    def __init__(self, message: str, *, next_command: str | None = None) -> None:
        super().__init__(message)
        self.next_command = next_command


class BadInputError(CeiliftError):
    """The input has faults; all of them are listed, nothing was changed."""

    exit_code = BAD_INPUT
    state_name = "BadInput"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class RefusedError(CeiliftError):
    """A blocker, a stale plan, a lease held by another: nothing was changed."""

    exit_code = REFUSED
    state_name = "Refused"


class OutsideWindowError(RefusedError):
    """No window of the cloud is open, or what comes next does not fit: nothing was changed.

    `opens` is when it may be tried again (epoch seconds); None where waiting does not help.
    """

    state_name = "OutsideWindow"

    def __init__(
        self, message: str, *, opens: float | None = None, next_command: str | None = None
    ) -> None:
        super().__init__(message, next_command=next_command)
        self.opens = opens


class PausedError(CeiliftError):
    """A gate was inconclusive or an approval is missing: what ran is kept, nothing new starts."""

    exit_code = PAUSED
    state_name = "Paused"


class WindowClosedError(PausedError):
    """The window's cutoff came first: what ran is at a safe point, the next window goes on.

    `opens` is when that is (epoch seconds); None where no window opens any more.
    """

    state_name = "WindowClosed"

    def __init__(
        self, message: str, *, opens: float | None = None, next_command: str | None = None
    ) -> None:
        super().__init__(message, next_command=next_command)
        self.opens = opens


class InterruptedRunError(PausedError):
    """Somebody pressed Ctrl-C: what ran is at a safe point, nothing new was begun."""

    state_name = "Interrupted"


class ApprovalWantedError(PausedError):
    """The run has come to a gate at which somebody is asked before it goes on."""

    state_name = "ApprovalWanted"

    def __init__(self, message: str, *, gate: str, left: tuple[str, ...]) -> None:
        super().__init__(message, next_command="ceilift resume")
        self.gate = gate
        self.left = left


class StepFailedError(CeiliftError):
    """A step or a gate failed on a named host; nothing after it was started."""

    def __init__(
        self,
        message: str,
        *,
        host: str | None = None,
        step: str | None = None,
        next_command: str | None = None,
    ) -> None:
        super().__init__(message, next_command=next_command)
        self.host = host
        self.step = step


class UnreachableError(StepFailedError):
    """A host cannot be used, and trying again does not help: its key, our login, or sudo.

    `kind` says which: `host-key`, `login`, `become` or `unreachable`.
    """

    def __init__(self, message: str, *, host: str | None = None, kind: str = "unreachable") -> None:
        super().__init__(message, host=host)
        self.kind = kind


class TransientError(StepFailedError):
    """A failure that may pass by itself (connection refused, timeout): worth a retry."""

    def __init__(
        self,
        message: str,
        *,
        host: str | None = None,
        step: str | None = None,
        kind: str = "unreachable",
    ) -> None:
        super().__init__(message, host=host, step=step)
        self.kind = kind
