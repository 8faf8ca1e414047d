"""Where a run finds secrets: environment and files, and inside Prefect its Secret blocks too."""

from __future__ import annotations

from typing import cast

from prefect.blocks.core import Block
from prefect.blocks.system import Secret as SecretBlock
from prefect.utilities.asyncutils import run_coro_as_sync

from ceilift.errors import BadInputError, Fault
from ceilift.inventory_hosts import SecretRef
from ceilift.secrets import EnvFileSecrets, Secret
from flows.blocks import CeiliftCredential

PREFECTS_OWN = "secret"  # the slug of its type


class RunSecrets(EnvFileSecrets):
    """Environment, files and Prefect blocks: its own Secret, and Ceilift's."""

    def get(self, ref: SecretRef) -> Secret:
        """The secret a reference names. Raises BadInputError naming the reference."""
        if ref.block is None:
            return super().get(ref)
        slug = ref.block if "/" in ref.block else f"{PREFECTS_OWN}/{ref.block}"
        try:
            block = cast("object", run_coro_as_sync(Block.aload(slug)))
        except ValueError:
            block = None
        if isinstance(block, CeiliftCredential):
            return Secret(block.secret.get_secret_value())
        if isinstance(block, SecretBlock):
            return Secret(str(block.get()))
        remedy = "Make it with `ceilift credential`, or in the UI under Blocks"
        what = "no such block" if block is None else "a block that holds no single secret"
        raise BadInputError([Fault("Prefect", f"block {ref.block}", what, remedy)])
