"""Units under supervisor: definitions in files, orders by `supervisorctl` of the host's PATH."""

from __future__ import annotations

from ceilift.errors import StepFailedError
from ceilift.inventory import Inventory
from ceilift.remote.act import Actor
from ceilift.remote.shell import Shell
from ceilift.services.script import LOADING_S, Script, carry_out, release_pattern

START_S = 90.0
HOLD_S = 60.0  # room for the `startsecs` that a definition may ask for
_COMMON = ("common.sh", "supervisor.sh")
STOP = Script("stop", (*_COMMON, "supervisor_stop.sh"))
START = Script("start", (*_COMMON, "supervisor_start.sh"))
ENABLE = Script("enable", (*_COMMON, "supervisor_enable.sh"))


class Supervisor:
    """See `ceilift.services.protocol.ServiceManager`.

    While a unit is stopped its file says `autostart=false` and `autorestart=false`; the operator's
    own lines are kept in comments beside them. A running supervisord does not read the file, and
    does not restart what it was told to stop; after a restart of its own it reads the file. While
    a unit is started and not enabled, a crash is answered as the operator had it, a reboot is not.
    """

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    def stop(self, actor: Actor, shell: Shell, node: str, unit: str) -> str:
        """Write that nothing may start it, stop it, and wait until its process group is gone."""
        limit = self._inventory.services.stop_timeout_s
        file = self._file(shell, node, unit)
        return carry_out(actor, shell, node, STOP, unit, file, unit, f"{limit:.0f}", wait_s=limit)

    def start(self, actor: Actor, shell: Shell, node: str, unit: str, new: str) -> str:
        """Rewrite the release folders, let supervisord take over this unit alone, and start it.

        It must reach RUNNING within 90 s, and then last for `startsecs` once more under the same
        process id, counted from its first worker: an agent that fails while it loads its
        configuration may well outlive the first `startsecs` on a busy host.
        """
        pattern = release_pattern(self._inventory, self._inventory.host(shell.host))
        limits = (f"{START_S:.0f}", f"{LOADING_S:.0f}")
        args = (self._file(shell, node, unit), unit, pattern, new, *limits)
        return carry_out(actor, shell, node, START, unit, *args, wait_s=START_S + HOLD_S)

    def enable(self, actor: Actor, shell: Shell, node: str, unit: str) -> str:
        """Give the operator's `autostart` and `autorestart` back, in the file alone.

        The file then differs from what supervisord holds in memory (autostart), so that the
        operator's next `supervisorctl update` restarts the unit, once; a reboot needs no update.
        """
        file = self._file(shell, node, unit)
        return carry_out(actor, shell, node, ENABLE, unit, file, unit, wait_s=0)

    def _file(self, shell: Shell, node: str, unit: str) -> str:
        template = self._inventory.services.definition
        if not template:
            raise StepFailedError(
                f"{shell.host}: {unit}: the inventory does not say where its definition stands",
                host=shell.host,
                step=node,
                next_command="set services.definition, then: ceilift resume",
            )
        return self._inventory.path(template, self._inventory.host(shell.host), unit=unit)
