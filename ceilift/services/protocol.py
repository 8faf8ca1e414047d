"""What an upgrade asks of a host's process manager."""

from __future__ import annotations

from typing import Protocol

from ceilift.remote.act import Actor
from ceilift.remote.shell import Shell


class ServiceManager(Protocol):
    """Stops, starts and enables one unit of one host.

    Each is one round trip, changes only what is not yet as wanted, and returns in words what it
    did ("stopped", "already stopped"). `node` is the plan's step, for the journal. Each raises
    StepFailedError, naming host, unit, what went wrong and what to type next, and what the host's
    shell raises (UnreachableError, TransientError). A dry run says what it would do.
    """

    def stop(self, actor: Actor, shell: Shell, node: str, unit: str) -> str:
        """Prevent every restart of the unit, stop it, and wait until its processes are gone."""
        ...

    def start(self, actor: Actor, shell: Shell, node: str, unit: str, new: str) -> str:
        """Point the unit at the release folder `new`, start it, and see it last.

        `new` is a path on that host; it replaces every release folder (`install.path`) that the
        unit's definition names. A reboot still does not start it: `enable` allows that. A unit
        that does not last is stopped again, and the error carries the end of its log.
        """
        ...

    def enable(self, actor: Actor, shell: Shell, node: str, unit: str) -> str:
        """Allow restarts as the operator had it, without touching what runs."""
        ...
