"""What an upgrade asks of a host's process manager."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ceilift.remote.act import Actor
from ceilift.remote.shell import Shell


@dataclass(frozen=True, slots=True)
class Beside:
    """A unit of its own, made from the one under whose name (`unit`) the old release runs.

    `options` is the text of a configuration file that counts after the host's, kept at `file`;
    both empty when it has none.
    """

    unit: str
    name: str
    file: str = ""
    options: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """A configuration file that a unit reads behind the host's: its path and its text.

    Without a text the unit no longer reads it; without a file nothing is changed about that.
    """

    file: str = ""
    text: str = ""


AS_IT_IS = Override()


class ServiceManager(Protocol):
    """Stops, starts and enables one unit of one host; runs a new release beside the old.

    Each is one round trip, changes only what is not yet as wanted, and returns in words what it
    did ("stopped", "already stopped"). `node` is the plan's step, for the journal. Each raises
    StepFailedError, naming host, unit, what went wrong and what to type next, and what the host's
    shell raises (UnreachableError, TransientError). A dry run says what it would do. With `at`
    (epoch seconds by that host's clock; 0: at once) everything is made ready, and the order itself
    is given at that moment.
    """

    def stop(self, actor: Actor, shell: Shell, node: str, unit: str, at: float = 0) -> str:
        """Prevent every restart of the unit, stop it, and wait until its processes are gone."""
        ...

    def beside(
        self, actor: Actor, shell: Shell, node: str, beside: Beside, new: str, at: float = 0
    ) -> str:
        """Define a unit of its own that runs the release folder `new`, start it, and see it last.

        It has the definition of the unit it stands beside, with a log of its own, and never starts
        by itself. That unit is not touched.
        """
        ...

    def remove(self, actor: Actor, shell: Shell, node: str, beside: Beside, at: float = 0) -> str:
        """Stop a unit of its own and take its definition and options away."""
        ...

    def start(  # noqa: PLR0913 - an order with all it needs
        self,
        actor: Actor,
        shell: Shell,
        node: str,
        unit: str,
        new: str,
        at: float = 0,
        *,
        override: Override = AS_IT_IS,
    ) -> str:
        """Point the unit at the release folder `new`, start it, and see it last.

        `new` is a path on that host; it replaces every release folder (`install.path`) that the
        unit's definition names. A reboot still does not start it: `enable` allows that. A unit
        that does not last is stopped again, and the error carries the end of its log.
        """
        ...

    def reload(self, actor: Actor, shell: Shell, node: str, unit: str, at: float = 0) -> str:
        """Send the unit's main process SIGHUP, and wait until its workers were replaced.

        The main process itself goes on. Ends when every process that had loaded the former files
        is gone and another lives.
        """
        ...

    def enable(self, actor: Actor, shell: Shell, node: str, unit: str) -> str:
        """Allow restarts as the operator had it, without touching what runs."""
        ...
