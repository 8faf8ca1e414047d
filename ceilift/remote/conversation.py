"""What is said to a script that runs over SSH, and what comes back of it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import paramiko

from ceilift.remote.pulse import await_end

# Output may come after the news that the script has ended, on a busy host by seconds; it is waited
# for as long as that. Only a child of the script that keeps the pipe makes this the full time.
SETTLE_S = 10.0
CHUNK = 65536


def converse(channel: paramiko.Channel, stdin: bytes) -> tuple[bytearray, bytearray]:
    """Send all of stdin while reading what comes back, until the script ended or its host is gone.

    A child that the script left behind with its output open is not waited for.
    """
    out, err = bytearray(), bytearray()
    readers = [
        threading.Thread(target=_drain, args=(channel.recv, out), daemon=True),
        threading.Thread(target=_drain, args=(channel.recv_stderr, err), daemon=True),
    ]
    for reader in readers:
        reader.start()
    _send(channel, stdin)
    await_end(channel)
    for reader, into in zip(readers, (out, err), strict=True):
        seen = -1
        while reader.is_alive() and len(into) > seen:
            seen = len(into)
            reader.join(SETTLE_S)
    return out, err


def _send(channel: paramiko.Channel, data: bytes) -> None:
    try:
        channel.sendall(data)
        channel.shutdown_write()
    except OSError:
        return  # the script ended without reading all of it


def _drain(receive: Callable[[int], bytes], into: bytearray) -> None:
    try:
        while chunk := receive(CHUNK):
            into += chunk
    except OSError:
        return  # the channel was closed: what came so far is kept
