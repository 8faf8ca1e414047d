"""Units under supervisor: definitions in files, orders by `supervisorctl` of the host's PATH."""

from __future__ import annotations

from ceilift.errors import StepFailedError
from ceilift.inventory import Inventory
from ceilift.remote.act import Actor
from ceilift.remote.shell import Shell
from ceilift.services.protocol import AS_IT_IS, Beside, Override
from ceilift.services.script import LOADING_S, Script, carry_out, release_pattern, wait_s

START_S = 90.0
HOLD_S = 60.0  # room for the `startsecs` that a definition may ask for
_COMMON = ("common.sh", "supervisor.sh")
STOP = Script("stop", (*_COMMON, "supervisor_stop.sh"))
START = Script("start", (*_COMMON, "supervisor_begin.sh", "supervisor_start.sh"))
BESIDE = Script("start beside", (*_COMMON, "supervisor_begin.sh", "supervisor_beside.sh"))
REMOVE = Script("remove", (*_COMMON, "supervisor_remove.sh"))
RELOAD = Script("reload", ("common.sh", "reload.sh", "supervisor.sh", "supervisor_reload.sh"))
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

    def stop(self, actor: Actor, shell: Shell, node: str, unit: str, at: float = 0) -> str:
        """Write that nothing may start it, stop it, and wait until its process group is gone."""
        limit = self._inventory.services.stop_timeout_s
        args = (self._file(shell, node, unit), unit, f"{limit:.0f}", f"{at:.3f}")
        return carry_out(actor, shell, node, STOP, unit, *args, wait_s=limit + wait_s(at))

    def beside(
        self, actor: Actor, shell: Shell, node: str, beside: Beside, new: str, at: float = 0
    ) -> str:
        """Write a program of its own into the folder of the unit's file, and start that one."""
        pattern = release_pattern(self._inventory, self._inventory.host(shell.host))
        args = (
            self._file(shell, node, beside.unit),
            beside.unit,
            pattern,
            new,
            f"{START_S:.0f}",
            f"{LOADING_S:.0f}",
            f"{at:.3f}",
            beside.name,
            beside.file,
            beside.options,
        )
        longest = START_S + HOLD_S + wait_s(at)
        return carry_out(actor, shell, node, BESIDE, beside.name, *args, wait_s=longest)

    def remove(self, actor: Actor, shell: Shell, node: str, beside: Beside, at: float = 0) -> str:
        """Stop the program, delete its file, and let supervisord forget it."""
        limit = self._inventory.services.stop_timeout_s
        file = self._file(shell, node, beside.name)
        args = (file, beside.name, f"{limit:.0f}", f"{at:.3f}", beside.file)
        longest = limit + wait_s(at)
        return carry_out(actor, shell, node, REMOVE, beside.name, *args, wait_s=longest)

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
        """Rewrite the release folders, let supervisord take over this unit alone, and start it.

        It must reach RUNNING within 90 s, and then last for `startsecs` once more under the same
        process id, counted from its first worker: an agent that fails while it loads its
        configuration may well outlive the first `startsecs` on a busy host.
        """
        pattern = release_pattern(self._inventory, self._inventory.host(shell.host))
        limits = (f"{START_S:.0f}", f"{LOADING_S:.0f}", f"{at:.3f}")
        own = (override.file, override.text)
        args = (self._file(shell, node, unit), unit, pattern, new, *limits, *own)
        longest = START_S + HOLD_S + wait_s(at)
        return carry_out(actor, shell, node, START, unit, *args, wait_s=longest)

    def reload(self, actor: Actor, shell: Shell, node: str, unit: str, at: float = 0) -> str:
        """SIGHUP to the process that supervisord started; its definition is not read again."""
        limit = self._inventory.services.stop_timeout_s
        args = (unit, f"{limit:.0f}", f"{at:.3f}")
        return carry_out(actor, shell, node, RELOAD, unit, *args, wait_s=limit + wait_s(at))

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
