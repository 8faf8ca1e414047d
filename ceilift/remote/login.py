"""How one host is logged in to: the cloud's SSH settings, overridden by the host's own."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ceilift.inventory import Inventory
from ceilift.inventory_hosts import Become, Host, SecretRef
from ceilift.secrets import Secret, SecretSource

PORT = 22
CONNECT_TIMEOUT_S = 10.0
KNOWN_HOSTS = "~/.ssh/known_hosts"


@dataclass(frozen=True, slots=True)
class Login:
    """The settings in force for one host; the sudo password stays behind its reference."""

    user: str
    port: int
    key_file: str | None
    key: SecretRef | None
    known_hosts: str
    proxy_jump: str | None
    become: Become | None
    connect_timeout_s: float
    secrets: SecretSource

    @property
    def key_shown(self) -> str:
        """What the key is called where people read it."""
        if self.key is None:
            return self.key_file or "no key"
        return f"the key in block {self.key.block}" if self.key.block else f"${self.key.env}"

    def key_text(self) -> Secret | None:
        """The private key's text; None when it is in a file, or there is none."""
        return None if self.key is None else self.secrets.get(self.key)

    def sudo_password(self) -> Secret | None:
        """The password sudo asks for; None when the inventory names none."""
        reference = self.become.password if self.become else None
        return None if reference is None else self.secrets.get(reference)


def login_for(inventory: Inventory, host: Host, secrets: SecretSource) -> Login:
    """The login of a host: its own field where set, else the cloud's, else the default."""
    own = host.ssh.key is not None or host.ssh.key_file is not None
    ssh = host.ssh if own else inventory.ssh
    return Login(
        user=_first(host, inventory, "user") or getpass.getuser(),
        port=_first(host, inventory, "port") or PORT,
        key_file=ssh.key_file,
        key=ssh.key,
        known_hosts=str(Path(_first(host, inventory, "known_hosts") or KNOWN_HOSTS).expanduser()),
        proxy_jump=host.ssh.proxy_jump or _common_jump(host, inventory),
        become=_first(host, inventory, "become"),
        connect_timeout_s=_first(host, inventory, "connect_timeout_s") or CONNECT_TIMEOUT_S,
        secrets=secrets,
    )


def _first(host: Host, inventory: Inventory, field: str) -> Any:  # noqa: ANN401 - one of Ssh's fields
    own = getattr(host.ssh, field)
    return getattr(inventory.ssh, field) if own is None else own


def _common_jump(host: Host, inventory: Inventory) -> str | None:
    """The cloud's jump host, but for the jump host itself."""
    common = inventory.ssh.proxy_jump
    return None if common == host.name else common
