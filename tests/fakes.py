"""Small stand-ins for what reaches out: they answer as told and remember what they were asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from ceilift.broker_alarms import Alarm
from ceilift.bus import Consumer, Traffic
from ceilift.clock import Timeline
from ceilift.cloud import Cloud
from ceilift.copy_comparison import Rows
from ceilift.dump_record import Mark
from ceilift.errors import CeiliftError
from ceilift.inventory import Inventory
from ceilift.ledger.store import Ledger
from ceilift.remote.shell import Result
from ceilift.schema_change import Schema
from ceilift.state import BusConnection, DatabaseState, QueueState, Sample
from ceilift.stores import Account, Use
from ceilift.telemetry.gnocchi import Gnocchi

OK = Result(0, "", "", 0.1)
Answer = Callable[[str, tuple[str, ...]], Result]


@dataclass(frozen=True)
class Asked:
    """One script a host was asked to run."""

    script: str
    args: tuple[str, ...]
    timeout_s: float
    become: bool = True


@dataclass
class FakeShell:
    """A host that answers every script with `answer`, or fails with it."""

    host: str
    answer: Result | CeiliftError | Answer = OK
    asked: list[Asked] = field(default_factory=list)

    def run(self, script: str, *args: str, timeout_s: float = 30.0, become: bool = True) -> Result:
        self.asked.append(Asked(script, args, timeout_s, become))
        if isinstance(self.answer, CeiliftError):
            raise self.answer
        return self.answer if isinstance(self.answer, Result) else self.answer(script, args)


@dataclass
class FakeConnections:
    """The shells of an inventory's hosts, made when first asked for."""

    shells: dict[str, FakeShell] = field(default_factory=dict)
    tunnels: list[tuple[str, str, int]] = field(default_factory=list)

    def shell(self, name: str) -> FakeShell:
        return self.shells.setdefault(name, FakeShell(name))

    @contextmanager
    def tunnel(self, via: str, address: str, port: int) -> Iterator[tuple[str, int]]:
        self.tunnels.append((via, address, port))
        yield "127.0.0.1", 40000 + len(self.tunnels)

    @property
    def asked(self) -> list[Asked]:
        return [one for shell in self.shells.values() for one in shell.asked]


@dataclass
class FakeBroker:
    """A broker with these queues, connections, consumers and counts; or one that fails."""

    depths: Sequence[QueueState] = ()
    clients: Sequence[BusConnection] = ()
    readers: Sequence[Consumer] = ()
    counts: Mapping[str, Traffic] = field(default_factory=dict)
    rate: float | None = 1.0
    error: CeiliftError | None = None
    raised: Sequence[Alarm] | CeiliftError = ()

    def queues(self) -> tuple[QueueState, ...]:
        self._answer()
        return tuple(self.depths)

    def connections(self) -> tuple[BusConnection, ...]:
        self._answer()
        return tuple(self.clients)

    def consumers(self) -> tuple[Consumer, ...]:
        self._answer()
        return tuple(self.readers)

    def traffic(self) -> Mapping[str, Traffic]:
        self._answer()
        return self.counts

    def alarms(self) -> tuple[Alarm, ...]:
        self._answer()
        if isinstance(self.raised, CeiliftError):
            raise self.raised
        return tuple(self.raised)

    def publish_rate(self, window_s: float) -> float | None:
        assert window_s > 0
        self._answer()
        return self.rate

    def _answer(self) -> None:
        if self.error is not None:
            raise self.error


@dataclass
class FakeStore:
    """Stored samples; or a database that fails."""

    samples: list[Sample] = field(default_factory=list)
    state: DatabaseState = field(default_factory=lambda: DatabaseState(reachable=True))
    rate: float = 1.0
    error: CeiliftError | None = None

    def events(
        self, since: float, until: float, meters: Collection[str] | None = None
    ) -> list[Sample]:
        self._answer()
        return [
            one
            for one in self.samples
            if since <= one.timestamp <= until and (meters is None or one.meter in meters)
        ]

    def newest(
        self, resources: Collection[str], since: float, meters: Collection[str] | None = None
    ) -> Mapping[str, float]:
        found = [
            one for one in self.events(since, float("inf"), meters) if one.resource in resources
        ]
        return {one.resource: one.timestamp for one in found}

    def count(self, since: float, until: float, meters: Collection[str] | None = None) -> int:
        return len(self.events(since, until, meters))

    def newest_id(self) -> int:
        self._answer()
        return len(self.samples)

    def rows_after(self, row_id: int) -> int:
        self._answer()
        return len(self.samples) - row_id

    def insert_rate(self, window_s: float) -> float:
        assert window_s > 0
        self._answer()
        return self.rate

    def facts(self) -> DatabaseState:
        self._answer()
        return self.state

    def _answer(self) -> None:
        if self.error is not None:
            raise self.error


@dataclass
class FakeTables:
    """A database with this schema and these rows; `later` is its schema from the second look on.

    `after` are the rows above each mark, stored at the `times`.
    """

    tables: Schema = field(default_factory=dict)
    rows: Mapping[str, Rows] = field(default_factory=dict)
    later: Schema | None = None
    ours: bool = True
    looks: int = 0
    after: Mapping[str, int] = field(default_factory=dict)
    times: tuple[float, float] | None = None
    half: bool = False
    error: CeiliftError | None = None

    def account(self, use: Use) -> Account:
        if self.error is not None:
            raise self.error
        return Account(use, server="mariadb", held=("SELECT",), is_taken=not self.ours)

    def schema(self) -> Schema:
        self.looks += 1
        if self.error is not None:
            raise self.error
        return self.tables if self.later is None or self.looks == 1 else self.later

    def is_ours_or_empty(self) -> bool:
        return self.ours

    def is_half_restored(self) -> bool:
        return self.half

    def rows_after(self, schema: Schema, marks: Sequence[Mark]) -> Mapping[str, int]:
        return {mark.table: self.after.get(mark.table, 0) for mark in marks if mark.table in schema}

    def stored_after(self, schema: Schema, marks: Sequence[Mark]) -> tuple[float, float] | None:
        return self.times if self.rows_after(schema, marks) else None

    def marks(self, schema: Schema) -> tuple[Mark, ...]:
        return tuple(Mark(name, "id", self.rows[name].count) for name in sorted(schema))

    def picked(self, schema: Schema, marks: Sequence[Mark]) -> Mapping[str, Rows]:
        return {mark.table: self.rows[mark.table] for mark in marks if mark.table in schema}

    def same(
        self, schema: Schema, marks: Sequence[Mark], like: Mapping[str, Rows]
    ) -> Mapping[str, Rows]:
        assert set(like) <= set(schema)
        return self.picked(schema, marks)


@dataclass
class FakeProgress:
    """Remembers everything it was told."""

    notes: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    ended: list[tuple[str, str]] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def planned(self, nodes: tuple[str, ...], estimate_s: float) -> None:
        assert nodes
        assert estimate_s >= 0

    def started(self, node: str) -> None:
        self.begun.append(node)

    def finished(self, node: str, status: str, seconds: float) -> None:
        assert seconds >= 0
        self.ended.append((node, status))


@dataclass
class FakeCloud:
    """A cloud whose ways lead to fakes; its ledger is a real one in a folder of the test."""

    inventory: Inventory
    ledger: Ledger
    connections: FakeConnections = field(default_factory=FakeConnections)
    broker: FakeBroker = field(default_factory=FakeBroker)
    samples: FakeStore | None = field(default_factory=FakeStore)
    gnocchi: Gnocchi | None = None
    coordination_url: tuple[str, str | None] | None = None
    database_password: str | None = None
    production_tables: FakeTables = field(default_factory=FakeTables)
    scratch_tables: FakeTables = field(default_factory=FakeTables)
    scratch_password: str | None = None
    timeline: Timeline = field(default_factory=Timeline)
    left: int = 0

    def leave_database(self) -> None:
        self.left += 1

    def as_cloud(self) -> Cloud:
        """The same, for what takes a Cloud."""
        return cast("Cloud", self)


def fake_ledger(folder: Path) -> Ledger:
    """A real ledger, empty, in that folder."""
    return Ledger(f"sqlite:///{folder}/ledger.db")
