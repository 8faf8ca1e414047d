"""What went wrong on the way to a host, in words an operator can act on."""

from __future__ import annotations

import base64
import hashlib

import paramiko

from ceilift.errors import StepFailedError, TransientError, UnreachableError
from ceilift.inventory_hosts import Host
from ceilift.remote.login import Login

SILENT = ("No existing session", "Error reading SSH protocol banner", "Authentication timeout")


def explain(error: Exception, host: Host, login: Login) -> StepFailedError:
    """The error to raise for a failed connection: transient, or final with its kind."""
    where = f"{host.name} ({host.address}:{login.port})"
    final = _final_reason(error, where, login)
    if final is not None:
        kind, message = final
        return UnreachableError(message, host=host.name, kind=kind)
    return TransientError(_passing_reason(error, where, login), host=host.name)


def _final_reason(  # noqa: PLR0911 - one return a kind of failure
    error: Exception, where: str, login: Login
) -> tuple[str, str] | None:
    """Kind and words of a failure that trying again does not mend; None for one that may pass."""
    match error:
        case paramiko.BadHostKeyException():
            return "host-key", _changed_key(error, where, login)
        case paramiko.PasswordRequiredException():
            what = f"{login.key_shown} is protected by a passphrase: give a key without one"
            return "login", f"{where}: {what}"
        case paramiko.AuthenticationException() if not _broke_off(error):
            return "login", f"{where} refused the login of {login.user} with {login.key_shown}"
        case FileNotFoundError(filename=login.known_hosts):
            what = f"{login.known_hosts} does not exist, so no host key can be checked"
            return "host-key", f"{where}: {what}"
        case FileNotFoundError():
            return "login", f"{where}: {error.filename} does not exist"
        case paramiko.SSHException() if "not found in known_hosts" in str(error):
            what = f"the key of {where} is not in {login.known_hosts}: add it after checking it"
            return "host-key", what
    return None


def _passing_reason(error: Exception, where: str, login: Login) -> str:
    if isinstance(error, TimeoutError) or _fell_silent(error):
        return f"{where} did not answer within {login.connect_timeout_s:g} s"
    if isinstance(error, ConnectionRefusedError):
        return f"{where} refused the connection: no sshd listens there"
    return f"{where}: the connection failed ({_words(error)})"


def _fell_silent(error: Exception) -> bool:
    """Whether it took the connection and then said nothing more: as a host that stands still."""
    return any(words in str(error) for words in SILENT)


def _broke_off(error: Exception) -> bool:
    """Whether nobody answered the login: paramiko calls that a failed authentication, too."""
    return _fell_silent(error) or "transport shut down" in str(error)


def jump_circle(names: tuple[str, ...]) -> UnreachableError:
    """The error for jump hosts that lead back to where they began."""
    return UnreachableError(f"proxy_jump goes in a circle: {' -> '.join(names)}", host=names[0])


def _changed_key(error: paramiko.BadHostKeyException, where: str, login: Login) -> str:
    return (
        f"the host key of {where} changed: {login.known_hosts} says "
        f"{_fingerprint(error.expected_key)}, it offered {_fingerprint(error.key)}. "
        "Nothing was sent. If the host was rebuilt, replace its line"
    )


def _fingerprint(key: paramiko.PKey) -> str:
    digest = hashlib.sha256(key.asbytes()).digest()
    return f"{key.get_name()} SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
