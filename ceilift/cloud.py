"""One cloud, opened: its hosts, broker, database and ledger behind one door, closed together."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from ceilift.bus import Broker
from ceilift.clock import Timeline
from ceilift.inventory import Inventory, SecretRef
from ceilift.ledger.store import Ledger
from ceilift.remote.ssh import Connections
from ceilift.secrets import SecretSource
from ceilift.telemetry.sql import SampleStore

DEFAULT_PORTS = {
    "mysql+pymysql": 3306,
    "postgresql+psycopg": 5432,
    "redis": 6379,
    "http": 80,
    "https": 443,
}


class Cloud:
    """The open ways to one cloud. Everything is opened when first asked for.

    Use as a context manager: leaving it closes connections and tunnels. The ledger is opened by
    `ledger`, and raises CeiliftError in words when it cannot be.
    """

    def __init__(self, inventory: Inventory, secrets: SecretSource) -> None:
        self.inventory = inventory
        self.timeline = Timeline()
        self._secrets = secrets
        self._open = ExitStack()
        self.connections = self._open.enter_context(Connections(inventory, secrets, self.timeline))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    @cached_property
    def ledger(self) -> Ledger:
        """What was intended, by whom, and what came of it."""
        return Ledger(self.inventory.ledger, self._secret(self.inventory.ledger_password))

    @cached_property
    def broker(self) -> Broker:
        """The message bus, through its management API."""
        bus = self.inventory.message_bus
        url = self._reachable(bus.management_url, bus.via)
        return Broker(url, bus.user, self._secret(bus.password) or "", bus.vhost)

    @cached_property
    def samples(self) -> SampleStore | None:
        """The stored samples; None when this cloud has no Ceilometer database."""
        database = self.inventory.database
        if database is None:
            return None
        return SampleStore(
            self._reachable(database.url, database.via), self._secret(database.password)
        )

    @property
    def database_password(self) -> str | None:
        """The database's password, for a dump on a host; None when it needs none."""
        database = self.inventory.database
        return None if database is None else self._secret(database.password)

    @cached_property
    def coordination_url(self) -> tuple[str, str | None] | None:
        """URL and password of the coordination backend; None when agents do not coordinate."""
        found = self.inventory.coordination
        if found is None:
            return None
        return self._reachable(found.url, found.via), self._secret(found.password)

    def _secret(self, ref: SecretRef | None) -> str | None:
        return None if ref is None else self._secrets.get(ref).reveal()

    def _reachable(self, url: str, via: str | None) -> str:
        """The same URL, led through an SSH tunnel when the inventory says `via`."""
        if via is None:
            return url
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        host, local = self._open.enter_context(
            self.connections.tunnel(via, parts.hostname or "localhost", port)
        )
        login = f"{parts.username}@" if parts.username else ""
        return urlunsplit(parts._replace(netloc=f"{login}{host}:{local}"))
