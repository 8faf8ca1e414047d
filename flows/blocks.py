"""Credentials as Prefect blocks: encrypted at the server, hidden wherever they are shown."""

from __future__ import annotations

from prefect.blocks.core import Block
from pydantic import Field, SecretStr


class CeiliftCredential(Block):
    """One secret that an inventory refers to, as {block: TYPE/NAME}."""

    _block_type_name = "Ceilift Credential"
    _block_type_slug = "ceilift-credential"

    secret: SecretStr = Field(title="Secret", description="Encrypted; never shown again.")


class CeiliftSshKey(CeiliftCredential):
    """A private SSH key without a passphrase, its whole text: ssh.key of an inventory."""

    _block_type_name = "Ceilift SSH Key"
    _block_type_slug = "ceilift-ssh-key"


class CeiliftDatabase(CeiliftCredential):
    """The password of a Ceilometer database, or of a ledger."""

    _block_type_name = "Ceilift Database"
    _block_type_slug = "ceilift-database"


class CeiliftBroker(CeiliftCredential):
    """The password of a message bus's management API."""

    _block_type_name = "Ceilift Broker"
    _block_type_slug = "ceilift-broker"


class CeiliftApi(CeiliftCredential):
    """The token of an API that stored samples are read from."""

    _block_type_name = "Ceilift API"
    _block_type_slug = "ceilift-api"


TYPES: dict[str, type[CeiliftCredential]] = {
    "ssh-key": CeiliftSshKey,
    "database": CeiliftDatabase,
    "broker": CeiliftBroker,
    "api": CeiliftApi,
}


def save_credential(kind: str, name: str, secret: str) -> str:
    """Make the block, or give it another secret; gives how an inventory refers to it."""
    block = TYPES[kind](secret=SecretStr(secret))
    block.save(name, overwrite=True)
    return f"ceilift-{kind}/{name}"


def register_types() -> tuple[str, ...]:
    """Let the UI offer these types; gives their slugs."""
    for block in TYPES.values():
        block.register_type_and_schema()
    return tuple(f"ceilift-{kind}" for kind in TYPES)
