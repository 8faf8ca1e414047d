"""Units under systemd: drop-ins, never the unit's own file; orders by `systemctl`."""

from __future__ import annotations

from ceilift.inventory import Inventory
from ceilift.remote.act import Actor
from ceilift.remote.shell import Shell
from ceilift.services.script import LOADING_S, Script, carry_out, release_pattern

START_S = 90.0
HOLD_S = 3.0  # longer than systemd's pause before a restart and an agent's first imports
_COMMON = ("common.sh", "systemd.sh")
STOP = Script("stop", (*_COMMON, "systemd_stop.sh"))
START = Script("start", (*_COMMON, "systemd_start.sh"))
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

    def stop(self, actor: Actor, shell: Shell, node: str, unit: str) -> str:
        """Make its condition fail, stop it, and wait until its control group is empty."""
        limit = self._inventory.services.stop_timeout_s
        args = (_service(unit), self._root(shell), f"{limit:.0f}")
        return carry_out(actor, shell, node, STOP, unit, *args, wait_s=limit)

    def start(self, actor: Actor, shell: Shell, node: str, unit: str, new: str) -> str:
        """Override what names a release folder, start it, and see it last without a restart.

        It must last for 3 s, counted from its first worker, under the same process id.
        """
        pattern = release_pattern(self._inventory, self._inventory.host(shell.host))
        limits = tuple(f"{limit:.0f}" for limit in (START_S, LOADING_S, HOLD_S))
        args = (_service(unit), self._root(shell), pattern, new, *limits)
        return carry_out(actor, shell, node, START, unit, *args, wait_s=2 * START_S)

    def enable(self, actor: Actor, shell: Shell, node: str, unit: str) -> str:
        """Remove the condition; what runs goes on, a reboot starts it where it was enabled."""
        args = (_service(unit), self._root(shell))
        return carry_out(actor, shell, node, ENABLE, unit, *args, wait_s=0)

    def _root(self, shell: Shell) -> str:
        return self._inventory.host(shell.host).root


def _service(unit: str) -> str:
    return unit if unit.endswith(".service") else f"{unit}.service"
