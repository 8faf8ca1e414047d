"""Notifications with a number, sent by what is no part of the upgrade, and counted at the end.

Where the bus is a stand-in: a client of it in the control namespace, as a service on a host of its
own would be one. The agents hand them on like any other message; where they end is a file outside
of all hosts.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any

from lab.nspawn.namespace import entered
from lab.nspawn.place import Nspawn
from lab.settings import PORTS
from lab.waiting import until

EVERY_S = 0.3
QUEUE = "notifications.sample"
QUEUES = (QUEUE, "metering.sample")
TAKEN_S, ANSWER_S, DRAINED_S = 30.0, 20.0, 600.0
_NUMBER = re.compile(r'"id": "notice-(\d+)"')


@dataclass(frozen=True, slots=True)
class Count:
    """How many were sent, and how many were never stored although nothing waits any more."""

    sent: int
    lost: int


class Notices:
    """Sends one every EVERY_S seconds while used as a context, numbered from 0."""

    def __init__(self, place: Nspawn) -> None:
        self._place = place
        self._sent = 0

    @contextmanager
    def sent(self) -> Iterator[None]:
        """Send; at the end the broker has taken every one of them."""
        over, place = threading.Event(), self._place
        with entered(place.control):
            broker = socket.create_connection((place.broker_ip, PORTS.amqp), ANSWER_S)
        with broker:
            _send(broker, {"name": "notices", "consumes": ""})
            thread = threading.Thread(target=self._go_on, args=(broker, over), daemon=True)
            thread.start()
            try:
                yield
            finally:
                over.set()
                thread.join()
                until(self._all_taken, "the broker has taken every notification", TAKEN_S)

    def counted(self) -> Count:
        """Once no message waits any more that could be one of them, or all are stored."""
        until(lambda: not self._missing() or not waiting(self._place), "queues drain", DRAINED_S, 1)
        return Count(self._sent, len(self._missing()))

    def _go_on(self, broker: socket.socket, over: threading.Event) -> None:
        while not over.wait(EVERY_S):
            _send(broker, {"publish": QUEUE, "body": _body(self._sent)})
            self._sent += 1

    def _all_taken(self) -> bool:
        return published(self._place, "notices") == self._sent

    def _missing(self) -> set[int]:
        stored = (self._place.records / "stored").read_text(encoding="utf-8")
        return set(range(self._sent)) - {int(number) for number in _NUMBER.findall(stored)}


def waiting(place: Nspawn) -> int:
    """The messages in the broker: those that wait, and those that a consumer has in hand."""
    rows = [row for row in asked(place, "queues/%2F") if row["name"] in QUEUES]
    return sum(row["messages_ready"] + row["messages_unacknowledged"] for row in rows)


def published(place: Nspawn, name: str) -> int:
    """How many messages the client of that name has published, by the broker's own count."""
    rows = asked(place, "vhosts/%2F/connections")
    labels = {row["name"] for row in rows if row["client_properties"]["connection_name"] == name}
    return sum(done["publish"] for label, done in traffic(place).items() if label in labels)


def traffic(place: Nspawn) -> dict[str, dict[str, int]]:
    """What every connection has acknowledged and published so far."""
    rows = asked(place, "vhosts/%2F/channels")
    return {row["connection_details"]["name"]: row["message_stats"] for row in rows}


def flowing(place: Nspawn, within: float) -> None:
    """Return when every connection has moved since: none hangs from a fault that is over.

    What was on its way when a link went is sent again ever more seldom, and so the first sign of
    life after it may take as long as the fault did. Real agents have heartbeats.
    """
    before = traffic(place)

    def moved() -> bool:
        now = traffic(place)
        return all(now.get(name) != done for name, done in before.items())

    until(moved, "messages flow on every connection", within, every=1)


def asked(place: Nspawn, path: str) -> list[dict[str, Any]]:
    """What the stand-in's management API says."""
    with entered(place.control):
        connection = HTTPConnection(place.broker_ip, PORTS.management, timeout=ANSWER_S)
        connection.connect()
    try:
        connection.request("GET", f"/api/{path}")
        found: list[dict[str, Any]] = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return found


def _body(number: int) -> str:
    name = f"notice-{number}"
    at = datetime.now(UTC).replace(tzinfo=None).isoformat()
    sample = {"id": name, "name": "image.size", "resource_id": name, "timestamp": at}
    return json.dumps(sample)


def _send(broker: socket.socket, said: dict[str, str]) -> None:
    broker.sendall((json.dumps(said) + "\n").encode())
