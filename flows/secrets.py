"""Where a run finds secrets: environment and files, and inside Prefect its Secret blocks too."""

from __future__ import annotations

from prefect.blocks.system import Secret as SecretBlock
from prefect.utilities.asyncutils import run_coro_as_sync

from ceilift.errors import BadInputError, Fault
from ceilift.inventory_hosts import SecretRef
from ceilift.secrets import EnvFileSecrets, Secret


class RunSecrets(EnvFileSecrets):
    """Environment, files and Prefect Secret blocks."""

    def get(self, ref: SecretRef) -> Secret:
        """The secret a reference names. Raises BadInputError naming the reference."""
        if ref.block is None:
            return super().get(ref)
        try:
            block: SecretBlock[str] | None = run_coro_as_sync(SecretBlock.aload(ref.block))
        except ValueError:
            block = None
        if block is None:
            remedy = "Create it: prefect block create secret, or in the UI under Blocks"
            fault = Fault("Prefect", f"block {ref.block}", "no such Secret block", remedy)
            raise BadInputError([fault])
        return Secret(str(block.get()))
