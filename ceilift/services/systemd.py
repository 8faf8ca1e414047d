"""Units under systemd: drop-ins, never the unit's own file; orders by `systemctl`."""

from __future__ import annotations

from ceilift.inventory import Inventory
from ceilift.remote.act import Actor
from ceilift.remote.shell import Shell
from ceilift.services.protocol import AS_IT_IS, Beside, Override
from ceilift.services.script import LOADING_S, Script, carry_out, release_pattern, wait_s

START_S = 90.0
HOLD_S = 3.0  # longer than systemd's pause before a restart and an agent's first imports
_COMMON = ("common.sh", "systemd.sh")
STOP = Script("stop", (*_COMMON, "systemd_stop.sh"))
START = Script("start", (*_COMMON, "systemd_override.sh", "systemd_begin.sh", "systemd_start.sh"))
BESIDE = Script(
    "start beside", (*_COMMON, "systemd_override.sh", "systemd_begin.sh", "systemd_beside.sh")
)
REMOVE = Script("remove", (*_COMMON, "systemd_remove.sh"))
RELOAD = Script("reload", ("common.sh", "reload.sh", "systemd.sh", "systemd_reload.sh"))
ENABLE = Script("enable", (*_COMMON, "systemd_enable.sh"))


class Systemd:
    """See `ceilift.services.protocol.ServiceManager`.

    A stopped unit carries the drop-in `zz-ceilift-stopped.conf`, whose condition no start meets,
    by whatever it is asked for; the unit's own enablement is never touched. `start` meets the
    condition by a file below /run, which a reboot takes away; `enable` removes the drop-in. The
    release folder is replaced in `zz-ceilift-release.conf`. Both names sort behind an operator's
    `override.conf`, which would win otherwise. Files and properties: systemd.unit(5).
    """

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    def stop(self, actor: Actor, shell: Shell, node: str, unit: str, at: float = 0) -> str:
        """Make its condition fail, stop it, and wait until its control group is empty."""
        limit = self._inventory.services.stop_timeout_s
        args = (_service(unit), self._root(shell), f"{limit:.0f}", f"{at:.3f}")
        return carry_out(actor, shell, node, STOP, unit, *args, wait_s=limit + wait_s(at))

    def beside(
        self, actor: Actor, shell: Shell, node: str, beside: Beside, new: str, at: float = 0
    ) -> str:
        """Write a unit of its own into /etc/systemd/system, without [Install], and start it."""
        pattern = release_pattern(self._inventory, self._inventory.host(shell.host))
        limits = tuple(f"{limit:.0f}" for limit in (START_S, LOADING_S, HOLD_S))
        args = (_service(beside.unit), self._root(shell), pattern, new, *limits, f"{at:.3f}")
        own = (_service(beside.name), beside.file, beside.options)
        longest = 2 * START_S + wait_s(at)
        return carry_out(actor, shell, node, BESIDE, beside.name, *args, *own, wait_s=longest)

    def remove(self, actor: Actor, shell: Shell, node: str, beside: Beside, at: float = 0) -> str:
        """Stop the unit, delete its file, and let systemd forget it."""
        limit = self._inventory.services.stop_timeout_s
        place = (_service(beside.name), self._root(shell))
        args = (*place, f"{limit:.0f}", f"{at:.3f}", beside.file)
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
        """Override what names a release folder, start it, and see it last without a restart.

        It must last for 3 s, counted from its first worker, under the same process id.
        """
        pattern = release_pattern(self._inventory, self._inventory.host(shell.host))
        limits = tuple(f"{limit:.0f}" for limit in (START_S, LOADING_S, HOLD_S))
        args = (_service(unit), self._root(shell), pattern, new, *limits, f"{at:.3f}")
        args = (*args, override.file, override.text)
        longest = 2 * START_S + wait_s(at)
        return carry_out(actor, shell, node, START, unit, *args, wait_s=longest)

    def reload(self, actor: Actor, shell: Shell, node: str, unit: str, at: float = 0) -> str:
        """SIGHUP to its main process; the unit's own ExecReload, where it has one, is not used."""
        limit = self._inventory.services.stop_timeout_s
        args = (_service(unit), self._root(shell), f"{limit:.0f}", f"{at:.3f}")
        return carry_out(actor, shell, node, RELOAD, unit, *args, wait_s=limit + wait_s(at))

    def enable(self, actor: Actor, shell: Shell, node: str, unit: str) -> str:
        """Remove the condition; what runs goes on, a reboot starts it where it was enabled."""
        args = (_service(unit), self._root(shell))
        return carry_out(actor, shell, node, ENABLE, unit, *args, wait_s=0)

    def _root(self, shell: Shell) -> str:
        return self._inventory.host(shell.host).root


def _service(unit: str) -> str:
    return unit if unit.endswith(".service") else f"{unit}.service"
