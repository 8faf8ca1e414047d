"""Where a run finds secrets: environment and files, and inside Prefect its Secret blocks too."""

from __future__ import annotations

from prefect.blocks.system import Secret as SecretBlock

from ceilift.errors import BadInputError, Fault
from ceilift.inventory import SecretRef
from ceilift.secrets import EnvFileSecrets, Secret


class RunSecrets(EnvFileSecrets):
    """Environment, files and Prefect Secret blocks."""

    def get(self, ref: SecretRef) -> Secret:
        """The secret a reference names. Raises BadInputError naming the reference when it is not there."""
        if ref.block is None:
            return super().get(ref)
        try:
            block = SecretBlock.load(ref.block, _sync=True)  # type: ignore[call-arg]
        except ValueError:
            remedy = "Create it: prefect block create secret, or in the UI under Blocks"
            raise BadInputError(
                [Fault("Prefect", f"block {ref.block}", "no such Secret block", remedy)]
            ) from None
        return Secret(str(block.get()))
