"""What went wrong on the way to a host, in words an operator can act on."""

from __future__ import annotations

import base64
import hashlib

import paramiko

from ceilift.errors import StepFailedError, TransientError, UnreachableError
from ceilift.inventory import Host
from ceilift.remote.login import Login


def explain(error: Exception, host: Host, login: Login) -> StepFailedError:
    """The error to raise for a failed connection: transient, or final with its kind."""
    where = f"{host.name} ({host.address}:{login.port})"
    if isinstance(error, paramiko.BadHostKeyException):
        return _final(host, "host-key", _changed_key(error, where, login))
    if isinstance(error, paramiko.PasswordRequiredException):
        what = f"{login.key_file} is protected by a passphrase: give a key without one"
        return _final(host, "login", f"{where}: {what}")
    if isinstance(error, paramiko.AuthenticationException):
        return _final(
            host,
            "login",
            f"{where} refused the login of {login.user} with {login.key_file or 'no key'}",
        )
    if isinstance(error, paramiko.SSHException) and "not found in known_hosts" in str(error):
        return _final(
            host,
            "host-key",
            f"the key of {where} is not in {login.known_hosts}: add it after checking it",
        )
    if isinstance(error, FileNotFoundError) and error.filename == login.known_hosts:
        what = f"{login.known_hosts} does not exist, so no host key can be checked"
        return _final(host, "host-key", f"{where}: {what}")
    if isinstance(error, FileNotFoundError):
        return _final(host, "login", f"{where}: {error.filename} does not exist")
    if isinstance(error, TimeoutError):
        message = f"{where} did not answer within {login.connect_timeout_s:g} s"
    elif isinstance(error, ConnectionRefusedError):
        message = f"{where} refused the connection: no sshd listens there"
    else:
        message = f"{where}: the connection failed ({_words(error)})"
    return TransientError(message, host=host.name)


def jump_circle(names: tuple[str, ...]) -> UnreachableError:
    """The error for jump hosts that lead back to where they began."""
    return UnreachableError(f"proxy_jump goes in a circle: {' -> '.join(names)}", host=names[0])


def _final(host: Host, kind: str, message: str) -> UnreachableError:
    return UnreachableError(message, host=host.name, kind=kind)


def _changed_key(error: paramiko.BadHostKeyException, where: str, login: Login) -> str:
    return (
        f"the host key of {where} changed: {login.known_hosts} says {_fingerprint(error.expected_key)}, "
        f"it offered {_fingerprint(error.key)}. Nothing was sent. If the host was rebuilt, replace its line"
    )


def _fingerprint(key: paramiko.PKey) -> str:
    digest = hashlib.sha256(key.asbytes()).digest()
    return f"{key.get_name()} SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
