"""One cloud, opened: its hosts, broker, database and ledger behind one door, closed together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit, urlunsplit

from ceilift.bus import Broker
from ceilift.clock import Timeline
from ceilift.component import Component
from ceilift.errors import BadInputError, Fault
from ceilift.inventory import Database, Inventory, Scratch
from ceilift.inventory_hosts import SecretRef
from ceilift.ledger.store import Ledger
from ceilift.remote.ssh import Connections
from ceilift.secrets import SecretSource
from ceilift.telemetry.file import FileSamples, Place
from ceilift.telemetry.gnocchi import Gnocchi
from ceilift.telemetry.source import SamplesByApi, StoredSamples
from ceilift.telemetry.sql import SampleStore
from ceilift.telemetry.tables import DatabaseTables

T = TypeVar("T")

DEFAULT_PORTS = {
    "mysql": 3306,
    "postgresql": 5432,
    "redis": 6379,
    "rediss": 6379,
    "http": 80,
    "https": 443,
}


class Cloud:
    """The open ways to one cloud. Everything is opened when first asked for, and once.

    Safe for threads. Use as a context manager: leaving it closes databases, tunnels and
    connections. The ledger is opened by `ledger`, and raises CeiliftError in words when it cannot
    be; with `only_reading` it is not changed. Of the hosts `aside` samples in files are read only
    as long as they answer.
    """

    def __init__(
        self,
        inventory: Inventory,
        secrets: SecretSource,
        aside: Collection[str] = (),
        *,
        only_reading: bool = False,
    ) -> None:
        self.inventory = inventory
        self._aside = frozenset(aside)
        self._only_reading = only_reading
        self.timeline = Timeline()
        self._secrets = secrets
        self._open = ExitStack()
        self._lock = threading.RLock()
        self._made: dict[str, Any] = {}
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

    @property
    def ledger(self) -> Ledger:
        """What was intended, by whom, and what came of it."""
        return self._once("ledger", self._open_ledger)

    @property
    def broker(self) -> Broker:
        """The message bus, through its management API."""
        return self._once("broker", self._open_broker)

    @property
    def samples(self) -> StoredSamples | None:
        """The samples, where the inventory says they are read; None when they cannot be.

        That is so with neither a Ceilometer database nor another source under `telemetry`.
        """
        return self._once("samples", self._open_samples)

    def leave_database(self) -> None:
        """End our own sessions with the Ceilometer database; the next question opens one again."""
        with self._lock:
            opened = [self._made.get(name) for name in ("samples", "production tables")]
        for one in opened:
            if isinstance(one, SampleStore | DatabaseTables):
                one.dispose()

    @property
    def database_password(self) -> str | None:
        """The database's password, for a dump on a host; None when it needs none."""
        database = self.inventory.database
        return None if database is None else self._secret(database.password)

    @property
    def production_tables(self) -> DatabaseTables | None:
        """The Ceilometer database's tables, to compare a copy with; None without a database."""
        return self._once("production tables", lambda: self._tables(self.inventory.database, ""))

    @property
    def scratch_tables(self) -> DatabaseTables | None:
        """The tables of the scratch database; None where the inventory names none."""
        return self._once("scratch tables", lambda: self._tables(self._scratch, "backup.scratch."))

    @property
    def scratch_password(self) -> str | None:
        """The scratch database's password, for a restore on a host; None when it needs none."""
        return None if self._scratch is None else self._secret(self._scratch.password)

    @property
    def gnocchi(self) -> Gnocchi | None:
        """Gnocchi's API; None where the inventory does not describe it."""
        return self._once("gnocchi", self._open_gnocchi)

    @property
    def coordination_url(self) -> tuple[str, str | None] | None:
        """URL and password of the coordination backend; None when agents do not coordinate."""
        return self._once("coordination", self._open_coordination)

    def _once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` made the first time; looks at a cloud ask from several threads at once."""
        with self._lock:
            if name not in self._made:
                self._made[name] = make()
            made: T = self._made[name]
        return made

    def _open_ledger(self) -> Ledger:
        secret = self._secret(self.inventory.ledger_password)
        ledger = Ledger(self.inventory.ledger, secret, only_reading=self._only_reading)
        self._open.callback(ledger.dispose)
        return ledger

    def _open_broker(self) -> Broker:
        bus = self.inventory.message_bus
        secret = self._secret(bus.password) or ""
        url = self._reachable("message_bus.management_url", bus.management_url, bus.via)
        return Broker(url, bus.user, secret, bus.vhost)

    def _open_samples(self) -> StoredSamples | None:
        database, telemetry = self.inventory.database, self.inventory.telemetry
        if telemetry.source == "ceilometer-api":
            url = self._reachable("telemetry.url", telemetry.url, telemetry.via)
            return SamplesByApi(url, self._secret(telemetry.token))
        if telemetry.source == "file":
            return FileSamples(self._published())
        if database is None:
            return None
        secret = self._secret(database.password)
        url = self._reachable("database.url", database.url, database.via)
        store = SampleStore(url, secret)
        self._open.callback(store.dispose)
        return store

    def _open_gnocchi(self) -> Gnocchi | None:
        found = self.inventory.gnocchi
        if found is None:
            return None
        url = self._reachable("gnocchi.url", found.url, found.via)
        login = (found.user, self._secret(found.password) or "") if found.user else None
        return Gnocchi(url, login, self._secret(found.token))

    @property
    def _scratch(self) -> Scratch | None:
        database = self.inventory.database
        return None if database is None else database.backup.scratch

    def _tables(self, found: Database | Scratch | None, section: str) -> DatabaseTables | None:
        if found is None:
            return None
        url = self._reachable(f"database.{section}url", found.url, found.via)
        tables = DatabaseTables(url, self._secret(found.password))
        self._open.callback(tables.dispose)
        return tables

    def _published(self) -> list[Place]:
        """The file of every host with the role notification."""
        inventory = self.inventory
        hosts = {host.name: host for host, _ in inventory.with_role(Component.NOTIFICATION)}
        template, shell = inventory.telemetry.path, self.connections.shell
        return [
            Place(shell(name), inventory.path(template, host), aside=name in self._aside)
            for name, host in hosts.items()
        ]

    def _open_coordination(self) -> tuple[str, str | None] | None:
        found = self.inventory.coordination
        if found is None:
            return None
        secret = self._secret(found.password)
        return self._reachable("coordination.url", found.url, found.via), secret

    def _secret(self, ref: SecretRef | None) -> str | None:
        return None if ref is None else self._secrets.get(ref).reveal()

    def _reachable(self, field: str, url: str, via: str | None) -> str:
        """The same URL, led through an SSH tunnel when the inventory says `via`.

        Raises BadInputError when neither the URL nor its kind tells a port.
        """
        if via is None:
            return url
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme.partition("+")[0])
        if port is None:
            what = f"{parts.scheme} has no usual port, and `via` needs one"
            raise BadInputError([Fault("inventory", field, what, "Write the port into the URL")])
        host, local = self._open.enter_context(
            self.connections.tunnel(via, parts.hostname or "localhost", port)
        )
        login = f"{parts.username}@" if parts.username else ""
        return urlunsplit(parts._replace(netloc=f"{login}{host}:{local}"))
