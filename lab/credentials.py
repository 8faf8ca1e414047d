"""Random passwords and keys, made once and kept with mode 0600."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from lab.clouds import HOSTS, Host
from lab.commands import run
from lab.files import PRIVATE, PUBLIC, write
from lab.settings import PORTS, Lab

DATABASE = "database"
RABBITMQ = "rabbitmq"
TELEMETRY = "telemetry"
_ALL = (DATABASE, RABBITMQ, TELEMETRY)
SSH_PORT = 22  # the one that known_hosts does not write down


def secret(lab: Lab, name: str) -> str:
    """The secret of that name."""
    return (lab.secrets / name).read_text().strip()


def make_secrets(lab: Lab) -> None:
    """Make the passwords that are not there yet."""
    lab.secrets.mkdir(parents=True, exist_ok=True)
    lab.secrets.chmod(0o700)
    for name in _ALL:
        path = lab.secrets / name
        if not path.exists():
            write(path, secrets.token_urlsafe(18), PRIVATE)


def make_ssh_keys(lab: Lab, hosts: Iterable[Host] = HOSTS, port: int = PORTS.ssh) -> None:
    """Make the client's key, two keys for every host, and known_hosts from the first of them."""
    lab.ssh.mkdir(parents=True, exist_ok=True)
    lab.ssh.chmod(0o700)
    _make_key(lab, "id_ed25519", "lab")
    lines = []
    for host in hosts:
        for name in (host.name, f"{host.name}-other"):
            _make_key(lab, f"host-{name}", name)
        kind, key = (lab.ssh / f"host-{host.name}.pub").read_text().split()[:2]
        lines.append(f"{_known_as(host, port)} {kind} {key}\n")
    write(lab.ssh / "known_hosts", "".join(lines), PUBLIC)


def _known_as(host: Host, port: int) -> str:
    return host.ip if port == SSH_PORT else f"[{host.ip}]:{port}"


def _make_key(lab: Lab, name: str, comment: str) -> None:
    path = lab.ssh / name
    if not path.exists():
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path])
