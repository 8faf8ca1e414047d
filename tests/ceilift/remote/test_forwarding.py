"""Tunnels through a host to what only it can reach."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator

import pytest

from .conftest import Network, Sshd, free_port

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


class Echo(socketserver.BaseRequestHandler):
    """Gives back what it gets, until the other side ends."""

    def handle(self) -> None:
        while data := self.request.recv(65536):
            self.request.sendall(data)


@pytest.fixture
def echo() -> Iterator[int]:
    """A server's port."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


def ask(local: tuple[str, int], data: bytes) -> bytes:
    with socket.create_connection(local, timeout=10) as door:
        sender = threading.Thread(target=door.sendall, args=(data,))
        sender.start()
        answer = b""
        while len(answer) < len(data) and (chunk := door.recv(65536)):
            answer += chunk
        sender.join()
        return answer


@pytest.mark.usefixtures("host")
def test_bytes_go_through_both_ways(network: Network, echo: int) -> None:
    data = bytes(range(256)) * 4000
    with network.connections().tunnel("ctl1", "127.0.0.1", echo) as local:
        assert local[0] == "127.0.0.1"
        assert ask(local, data) == data


def test_many_at_once_over_one_connection(network: Network, host: Sshd, echo: int) -> None:
    with network.connections().tunnel("ctl1", "127.0.0.1", echo) as local:
        doors = [socket.create_connection(local, timeout=10) for _ in range(12)]
        for number, door in enumerate(doors):
            door.sendall(b"%03d" % number)
        answers = [door.recv(3) for door in doors]
        for door in doors:
            door.close()
    assert answers == [b"%03d" % number for number in range(12)]
    assert host.logins == 1


def test_a_tunnel_survives_a_broken_connection(network: Network, host: Sshd, echo: int) -> None:
    with network.connections().tunnel("ctl1", "127.0.0.1", echo) as local:
        assert ask(local, b"before") == b"before"
        host.cut()
        assert ask(local, b"after") == b"after"
    assert host.logins == 2


@pytest.mark.usefixtures("host")
def test_nothing_listens_at_the_far_end(network: Network) -> None:
    with network.connections().tunnel("ctl1", "127.0.0.1", free_port()) as local:
        assert ask(local, b"hello") == b""


@pytest.mark.usefixtures("host")
def test_the_local_door_is_closed_afterwards(network: Network, echo: int) -> None:
    with network.connections().tunnel("ctl1", "127.0.0.1", echo) as local:
        pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(local, timeout=5)
