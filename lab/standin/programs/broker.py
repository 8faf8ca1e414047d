"""A stand-in for RabbitMQ and its management API: `broker.py IP PORT MANAGEMENT_PORT`.

Messages are lines of JSON over TCP. A message is one consumer's until that acknowledges it; when
its connection ends before, it goes to another. Queues last as long as this process.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass(eq=False)
class Connection:
    """A client: `name` as oslo.messaging gives it, PROCESS:PID:UUID."""

    number: int
    name: str
    queue: str
    out: asyncio.StreamWriter
    busy: str | None = None
    acknowledged: int = 0
    published: int = 0

    @property
    def label(self) -> str:
        """The broker's name of it."""
        return f"127.0.0.1:{self.number} -> broker"


@dataclass
class Broker:
    """Queues, and who reads them."""

    queues: dict[str, deque[str]] = field(default_factory=dict)
    connections: list[Connection] = field(default_factory=list)
    made: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, from its first line, which says who it is, to its end."""
        with contextlib.suppress(OSError, ValueError):
            hello = json.loads(await reader.readline())
            self.made += 1
            one = Connection(self.made, hello["name"], hello["consumes"], writer)
            self.join(one)
            try:
                async for line in reader:
                    self.heard(one, json.loads(line))
            finally:
                self.left(one)
        writer.close()

    def join(self, one: Connection) -> None:
        """A client is there; it gets what waits for it."""
        if one.queue:
            self.queues.setdefault(one.queue, deque())
        self.connections.append(one)
        self._deliver()

    def heard(self, one: Connection, said: Mapping[str, str]) -> None:
        """It publishes a message, or acknowledges the one it has."""
        if "publish" in said:
            one.published += 1
            self.queues.setdefault(said["publish"], deque()).append(said["body"])
        else:
            one.acknowledged += 1
            one.busy = None
        self._deliver()

    def left(self, one: Connection) -> None:
        """It is gone; what it did not acknowledge waits again, before all else."""
        self.connections.remove(one)
        if one.busy is not None:
            self.queues[one.queue].appendleft(one.busy)
        self._deliver()

    def depths(self) -> dict[str, int]:
        """How many messages wait in each queue."""
        return {name: len(queue) for name, queue in self.queues.items()}

    def _deliver(self) -> None:
        """One message to everyone who has none; who was served goes to the end of the line."""
        for one in [c for c in self.connections if c.queue and c.busy is None]:
            if self.queues[one.queue]:
                one.busy = self.queues[one.queue].popleft()
                one.out.write((json.dumps({"body": one.busy}) + "\n").encode())
                self.connections.remove(one)
                self.connections.append(one)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One question to the management API."""
        with contextlib.suppress(OSError, ValueError):
            path = urlsplit((await reader.readline()).decode().split()[1]).path
            while (await reader.readline()).strip():
                pass
            found = self._told(unquote(path).removeprefix("/api/"))
            body = json.dumps(found if found is not None else {"error": "not found"}).encode()
            status = "200 OK" if found is not None else "404 Not Found"
            head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
            length = f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write((head + length).encode() + body)
            await writer.drain()
        writer.close()

    def _told(self, path: str) -> Any:  # noqa: ANN401 - JSON
        lists = {
            "vhosts///connections": self._connection,
            "vhosts///channels": self._channel,
            "consumers//": self._consumer,
        }
        if path in lists:
            return [row for row in map(lists[path], self.connections) if row]
        if path == "queues//":
            return [self._queue(name) for name in self.queues]
        if path.startswith("queues//"):
            name = path.removeprefix("queues///")
            return self._queue(name) if name in self.queues else None
        if path == "nodes":
            return [{"name": "standin", "mem_alarm": False, "disk_free_alarm": False}]
        return {"tags": ["monitoring"]} if path == "whoami" else {"message_stats": {}}

    def _queue(self, name: str) -> dict[str, Any]:
        mine = [one for one in self.connections if one.queue == name]
        return {
            "name": name,
            "messages_ready": self.depths()[name],
            "messages_unacknowledged": sum(one.busy is not None for one in mine),
            "consumers": len(mine),
        }

    @staticmethod
    def _connection(one: Connection) -> dict[str, Any]:
        return {
            "name": one.label,
            "peer_host": "127.0.0.1",
            "client_properties": {"connection_name": one.name},
        }

    @staticmethod
    def _channel(one: Connection) -> dict[str, Any]:
        stats = {"ack": one.acknowledged, "publish": one.published}
        return {"connection_details": {"name": one.label}, "message_stats": stats}

    @staticmethod
    def _consumer(one: Connection) -> dict[str, Any] | None:
        if not one.queue:
            return None
        by = {"connection_name": one.label}
        return {"queue": {"name": one.queue}, "channel_details": by}


async def main() -> None:
    """Serve both ports until somebody ends the process."""
    ip, port, management = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    broker = Broker()
    await asyncio.start_server(broker.answer, ip, management)
    server = await asyncio.start_server(broker.serve, ip, port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
