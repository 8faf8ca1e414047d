"""Whether a host still answers while a script runs there.

A script may be silent for hours, and so is a host that lost its power or its link, or stands still:
TCP alone tells the first two after a quarter of an hour, the last one never. sshd answers such a
question while a script runs (keepalive@openssh.com, see ServerAliveInterval in ssh_config(5)).
"""

from __future__ import annotations

import threading
from contextlib import suppress

import paramiko

PULSE_S = 15.0  # how long a script runs between two questions
SILENT_S = 45.0  # an answer that takes longer does not come: a busy host's sshd takes seconds
_QUESTION = "keepalive@openssh.com"


def await_end(channel: paramiko.Channel) -> None:
    """Return when the script of that channel has ended, or its host is taken for gone.

    The connection of such a host is closed, with all that runs by it: how that ended is not known.
    """
    while not channel.status_event.wait(PULSE_S):
        _ask(channel.get_transport())


def _ask(transport: paramiko.Transport) -> None:
    """Wait for an answer; without one the connection is closed, which ends the waiting, too."""
    late = threading.Timer(SILENT_S, transport.close)
    late.daemon = True
    late.start()
    try:
        with suppress(paramiko.SSHException, OSError, EOFError):  # it broke: the channel is told
            transport.global_request(_QUESTION, wait=True)
    finally:
        late.cancel()
