"""The files of hosts that a plan changes: which, and where their content comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FileKind(StrEnum):
    """The files of a host that an upgrade may change, by what reads them."""

    POLLING = "polling"
    PIPELINE = "pipeline"
    EVENT_PIPELINE = "event_pipeline"

    @property
    def option(self) -> str:
        """The command line's option for a new file of that kind."""
        return f"--new-{self.value.replace('_', '-')}"


class Origin(StrEnum):
    """Where the content of a file comes from that a step puts on its host."""

    GIVEN = "given"  # the operator's new file
    BEFORE = "before"  # the polling sources the agent had when the upgrade began
    FORMER = "former"  # the file as it was before the upgrade replaced it
    VANISHING = "vanishing"  # of that file the pipes that go
    HOST = "host"  # the host's own file, which stays as it is


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that the operator gives for the target release: where it is read, and its SHA-256."""

    kind: FileKind
    path: str
    digest: str


@dataclass(frozen=True, slots=True)
class StepFile:
    """A file that a step puts on its host; never its content, which may hold a credential.

    `place` is its name beside the host's configuration, or empty for the file that the agent reads
    by its own configuration. `meters` are the pollsters that a polling file is held to (empty: it
    is taken whole). `digest` is the SHA-256 of what will stand there. With `pipes`
    it is that of a whole file, of which only these pipes are put there: the one given, or (`origin`
    vanishing) the agent's own before the upgrade.
    """

    kind: FileKind
    digest: str
    place: str = ""
    meters: tuple[str, ...] = ()
    origin: Origin = Origin.GIVEN
    pipes: tuple[str, ...] = ()
