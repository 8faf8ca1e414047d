"""Local addresses that lead through an SSH connection to a private network."""

from __future__ import annotations

import contextlib
import select
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import paramiko

from ceilift.errors import CeiliftError

CHUNK = 65536
OPEN_TIMEOUT_S = 30.0  # paramiko would wait an hour
POLL_S = 0.05  # how soon the door notices that it is to close
LOOPBACK = "127.0.0.1"


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def forwarded(
    transport: Callable[[], paramiko.Transport], there: tuple[str, int]
) -> Iterator[tuple[str, int]]:
    """Listen on loopback and lead every connection to `there`, as the far host sees it.

    `transport` gives the live connection each time, so that a tunnel survives a reconnect.
    """

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError, EOFError, paramiko.SSHException, CeiliftError):
                _shuttle(self.request, _opened(transport, there, self.client_address))

    with _Server((LOOPBACK, 0), Handler) as server:
        thread = threading.Thread(
            target=server.serve_forever, args=(POLL_S,), name="tunnel", daemon=True
        )
        thread.start()
        try:
            yield LOOPBACK, int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


def _opened(
    transport: Callable[[], paramiko.Transport], there: tuple[str, int], origin: tuple[str, int]
) -> paramiko.Channel:
    """A channel to `there`; a connection that turns out to be dead is made anew, once."""
    try:
        return _channel(transport(), there, origin)
    except paramiko.ChannelException:  # the connection lives: it is the far end that refuses
        raise
    except (OSError, EOFError, paramiko.SSHException):
        return _channel(transport(), there, origin)


def _channel(
    transport: paramiko.Transport, there: tuple[str, int], origin: tuple[str, int]
) -> paramiko.Channel:
    return transport.open_channel("direct-tcpip", there, origin, timeout=OPEN_TIMEOUT_S)


def _shuttle(here: socket.socket, channel: paramiko.Channel) -> None:
    with contextlib.closing(channel):
        while True:
            ready, _, _ = select.select([here.fileno(), channel.fileno()], [], [])
            for source, sink in ((here, channel), (channel, here)):
                if source.fileno() in ready:
                    data = source.recv(CHUNK)
                    if not data:
                        return
                    sink.sendall(data)
