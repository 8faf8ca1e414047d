"""The command line under which a script reaches a host: its rights, its deadline, its arguments."""

from __future__ import annotations

import math
import shlex
from enum import StrEnum

KILL_AFTER_S = 2
TIMED_OUT = frozenset({124, 137})  # coreutils' timeout: ended by TERM, by KILL
MARK = "#ceilift"
LABEL_LENGTH = 60

# `timeout` makes a process group of its own and signals all of it. Where it is missing, closing
# the channel has to do.
_SHELL = (
    "limit=$1; shift; if command -v timeout >/dev/null; "
    f'then exec timeout -k {KILL_AFTER_S} "$limit" sh -s -- "$@"; fi; exec sh -s -- "$@"'
)
# sudo takes the password from the first line of its input. Should it not ask (the rules were
# changed since we looked), that line must not be run as a command: everything before the mark
# is thrown away.
_SKIP = f'while IFS= read -r line; do [ "$line" = "{MARK}" ] && break; done; '


class Way(StrEnum):
    """How a script gets the rights it needs on a host."""

    AS_LOGIN = "as the login user"
    SUDO = "by sudo without a password"
    SUDO_PASSWORD = "by sudo with a password"  # noqa: S105 - the name of a way


def command_line(way: Way, args: tuple[str, ...], timeout_s: float) -> str:
    """The command that runs, as sh, the script on its standard input with these arguments.

    After `timeout_s` (rounded up to whole seconds) the host itself ends the script with all its
    children: exit code 124, or 137 when it had to be killed.
    """
    limit = str(max(1, math.ceil(timeout_s)))
    become = {
        Way.AS_LOGIN: [],
        Way.SUDO: ["sudo", "-n"],
        Way.SUDO_PASSWORD: ["sudo", "-k", "-S", "-p", ""],
    }[way]
    return "exec " + shlex.join([*become, "sh", "-c", shell_of(way), "sh", limit, *args])


def shell_of(way: Way) -> str:
    """The text after `sh -c`, the same for every script: what a sudoers file can name."""
    return _SKIP + _SHELL if way is Way.SUDO_PASSWORD else _SHELL


def standard_input(way: Way, script: str, password: str | None) -> str:
    """What is sent on standard input: the script, after the password where sudo asks for one."""
    if way is not Way.SUDO_PASSWORD:
        return script
    return f"{password or ''}\n{MARK}\n{script}"


def label(script: str) -> str:
    """A few words for the record of what ran: the script's first line when it is a comment."""
    first = script.lstrip().split("\n", 1)[0]
    return first.removeprefix("#").strip()[:LABEL_LENGTH] if first.startswith("# ") else "script"


def overran(code: int, seconds: float, timeout_s: float) -> bool:
    """Whether this exit code means that the deadline passed, and not that the script said so."""
    return code in TIMED_OUT and seconds >= timeout_s
