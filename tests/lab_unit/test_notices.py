"""Numbered notifications through the real stand-in of a broker: stored, waiting, or lost."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.accept import notices
from lab.accept.notices import Count, Notices, published, waiting
from lab.errors import TimeUpError
from lab.nspawn.place import Nspawn
from lab.settings import PYTHON, Ports
from lab.waiting import until

BROKER = Path(notices.__file__).parents[1] / "standin/programs/broker.py"
OWN = Path("/proc/self/ns/net")

pytestmark = [
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces are entered by root alone"),
]


@dataclass(frozen=True)
class Loopback(Nspawn):
    """A place whose bus is on loopback, and whose hosts nobody asks for."""

    folder: Path = Path()
    amqp: int = 0

    @property
    def control(self) -> Path:
        return OWN

    @property
    def broker_ip(self) -> str:
        return "127.0.0.1"

    @property
    def records(self) -> Path:
        return self.folder


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """A broker that runs."""
    ports = Ports(amqp=free_port(), management=free_port())
    monkeypatch.setattr(notices, "PORTS", ports)
    monkeypatch.setattr(notices, "EVERY_S", 0.01)
    (tmp_path / "stored").touch()
    words = [str(PYTHON), str(BROKER), "127.0.0.1", str(ports.amqp), str(ports.management)]
    with subprocess.Popen(words) as broker:
        try:
            until(lambda: listens(ports.amqp), "the broker listens", 20)
            yield Loopback(folder=tmp_path, amqp=ports.amqp)
        finally:
            broker.kill()


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as door:
        return door.connect_ex(("127.0.0.1", port)) == 0


def consume(place: Loopback, forget: int = -1) -> None:
    """Store what comes, but one message, which is acknowledged all the same."""
    broker = socket.create_connection(("127.0.0.1", place.amqp))
    broker.sendall(b'{"name": "agent:1:x", "consumes": "notifications.sample"}\n')

    def work() -> None:
        with broker, (place.records / "stored").open("a", encoding="utf-8") as stored:
            for line in broker.makefile("rb"):
                body = json.loads(line)["body"]
                if json.loads(body)["id"] != f"notice-{forget}":
                    stored.write(body + "\n")
                    stored.flush()
                broker.sendall(b'{"ack": ""}\n')

    threading.Thread(target=work, daemon=True).start()


def sent(place: Loopback, least: int) -> Notices:
    made = Notices(place)
    with made.sent():
        until(lambda: published(place, "notices") >= least, "some are sent", 20, every=0.01)
    return made


def test_what_is_stored_is_not_lost(place: Loopback) -> None:
    consume(place)
    count = sent(place, 5).counted()
    assert count == Count(count.sent, 0)
    assert count.sent >= 5
    assert waiting(place) == 0


def test_what_was_acknowledged_and_never_stored_is_lost(place: Loopback) -> None:
    consume(place, forget=2)
    assert sent(place, 5).counted().lost == 1


def test_what_waits_in_the_broker_is_not_called_lost(
    place: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "DRAINED_S", 0.1)
    made = sent(place, 5)
    assert waiting(place) >= 5
    with pytest.raises(TimeUpError, match="queues drain"):
        made.counted()
