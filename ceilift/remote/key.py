"""A private key whose text comes from a secret, not from a file."""

from __future__ import annotations

import io

import paramiko

from ceilift.errors import BadInputError, Fault
from ceilift.remote.login import Login

KINDS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


def private_key(login: Login) -> paramiko.PKey | None:
    """The key to log in with; None when it is in a file, or there is none.

    Raises BadInputError naming where the text came from, and never showing it.
    """
    text = login.key_text()
    if text is None:
        return None
    for kind in KINDS:
        try:
            return kind.from_private_key(io.StringIO(text.reveal()))
        except (paramiko.SSHException, ValueError, IndexError):
            continue
    remedy = "Give an Ed25519, ECDSA or RSA key in OpenSSH or PEM form, without a passphrase"
    raise BadInputError([Fault("inventory", "ssh.key", f"{login.key_shown} is no key", remedy)])
