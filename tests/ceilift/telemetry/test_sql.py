"""Ceilometer's schema read on SQLite: what is found, how it is found, and how it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, insert, text
from sqlalchemy.exc import OperationalError

from ceilift.errors import CeiliftError, TransientError
from ceilift.state import Sample
from ceilift.telemetry.connection import REFUSED, ReadOnlyDatabase
from ceilift.telemetry.schema import metadata, meter, resource, sample
from ceilift.telemetry.sql import SampleStore

NOW = 1_700_000_000.25
CPU, MEMORY, IMAGE = "hardware.cpu.util", "hardware.memory.total", "image.size"


class Database:
    """A Ceilometer database, filled row by row as a collector does."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine: Engine = create_engine(self.url)
        metadata.create_all(self.engine)
        with self.engine.begin() as connection:
            names = [{"id": i, "name": n} for i, n in enumerate((CPU, MEMORY, IMAGE), 1)]
            connection.execute(insert(meter), names)
            # One resource may have several rows: collectors race, metadata changes.
            rows = [(1, "127.0.0.1"), (2, "127.0.0.1"), (3, "127.0.0.2")]
            fields = [{"internal_id": i, "resource_id": name} for i, name in rows]
            connection.execute(insert(resource), fields)

    def add(self, meter_id: int, resource_id: int, at: float, message: str | None = "m") -> None:
        row = {"meter_id": meter_id, "resource_id": resource_id, "message_id": message}
        with self.engine.begin() as connection:
            connection.execute(insert(sample).values(timestamp=at, recorded_at=at + 0.5, **row))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    sqlite = f"sqlite:///{tmp_path}/ceilometer.db"
    wanted = sqlite if request.param == "sqlite" else request.getfixturevalue("empty_postgresql")
    found = Database(wanted)
    yield found
    found.engine.dispose()


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Database]:
    found = Database(f"sqlite:///{tmp_path}/ceilometer.db")
    yield found
    found.engine.dispose()


@pytest.fixture
def store(database: Database) -> Iterator[SampleStore]:
    found = SampleStore(database.url)
    yield found
    found.dispose()


def test_events_are_the_samples_of_the_span_in_order(
    database: Database, store: SampleStore
) -> None:
    database.add(1, 1, NOW + 10, "b")
    database.add(1, 2, NOW, "a")
    database.add(2, 3, NOW + 5, None)
    database.add(1, 1, NOW - 1, "before")
    database.add(1, 1, NOW + 11, "after")
    assert store.events(NOW, NOW + 10) == [
        Sample(CPU, "127.0.0.1", NOW, NOW + 0.5, "a"),
        Sample(MEMORY, "127.0.0.2", NOW + 5, NOW + 5.5, ""),
        Sample(CPU, "127.0.0.1", NOW + 10, NOW + 10.5, "b"),
    ]


def test_only_the_meters_asked_for_are_counted(database: Database, store: SampleStore) -> None:
    for meter_id in (1, 1, 2, 3):
        database.add(meter_id, 1, NOW)
    assert store.count(NOW, NOW) == 4
    assert store.count(NOW, NOW, [CPU, IMAGE]) == 3
    assert store.count(NOW, NOW, ["no.such.meter"]) == 0
    assert len(store.events(NOW, NOW, [MEMORY])) == 1


def test_the_newest_sample_of_each_resource_joins_its_rows(
    database: Database, store: SampleStore
) -> None:
    database.add(1, 1, NOW + 1)
    database.add(1, 2, NOW + 7)
    database.add(3, 2, NOW + 9)
    database.add(1, 3, NOW - 60)
    wanted = ["127.0.0.1", "127.0.0.2"]
    assert store.newest(wanted, NOW) == {"127.0.0.1": NOW + 9}
    assert store.newest(wanted, NOW, [CPU]) == {"127.0.0.1": NOW + 7}
    assert store.newest(["127.0.0.2"], NOW - 60) == {"127.0.0.2": NOW - 60}


def test_rows_after_a_row_are_counted_and_not_subtracted(
    database: Database, store: SampleStore
) -> None:
    assert (store.newest_id(), store.rows_after(0)) == (0, 0)
    database.add(1, 1, NOW)
    first = store.newest_id()
    with database.engine.begin() as connection:
        connection.execute(insert(sample).values(id=first + 100))
        connection.execute(insert(sample).values(id=first + 200))
    assert store.newest_id() == first + 200
    assert store.rows_after(first) == 2


def test_the_insert_rate_counts_what_comes_while_it_waits(
    database: Database, store: SampleStore
) -> None:
    waited = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        for _ in range(8):
            database.add(1, 1, NOW)

    database.add(1, 1, NOW)
    assert store.insert_rate(4.0, wait) == pytest.approx(2.0)
    assert waited == [4.0]


def test_facts_come_from_the_servers_books(database: Database, store: SampleStore) -> None:
    database.add(1, 1, NOW)
    facts = store.facts()
    assert (facts.reachable, facts.backend) == (True, database.engine.dialect.name)
    assert facts.version
    assert facts.samples in {1, None}  # PostgreSQL knows after its first ANALYZE
    assert facts.size_bytes is not None
    assert facts.size_bytes > 4096


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.events(NOW, NOW + 10),
        lambda store: store.events(NOW, NOW + 10, [CPU]),
        lambda store: store.newest(["127.0.0.1"], NOW, [CPU]),
        lambda store: store.count(NOW, NOW + 10, [CPU, MEMORY]),
        lambda store: store.newest_id(),
        lambda store: store.rows_after(5),
    ],
)
def test_no_question_scans_the_samples(
    on_sqlite: Database, ask: Callable[[SampleStore], object]
) -> None:
    asked: list[tuple[str, object]] = []
    store = SampleStore(on_sqlite.url)
    engine = store._database._engine
    event.listen(engine, "before_cursor_execute", lambda *seen: asked.append(seen[2:4]))
    on_sqlite.add(1, 1, NOW)
    ask(store)
    store.dispose()
    plans = [
        row[3]
        for words, values in asked
        if " sample" in words
        for row in explained(on_sqlite.engine, words, values)
    ]
    assert any("sample" in plan for plan in plans)
    assert [plan for plan in plans if plan.startswith("SCAN sample")] == []
    reads = [plan for plan in plans if plan.startswith("SEARCH sample")]
    by_end = "SEARCH sample"  # MAX of the primary key: one look at its end
    assert all("timestamp" in p or "PRIMARY KEY" in p or p == by_end for p in reads)


def explained(engine: Engine, words: str, values: object) -> list[tuple[int, int, int, str]]:
    with engine.connect() as connection:
        found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)  # type: ignore[arg-type]
        return [tuple(row) for row in found]


def test_nothing_can_be_written(store: SampleStore) -> None:
    with (
        pytest.raises(CeiliftError, match=r"read-?only"),
        store._database.reading() as connection,
    ):
        connection.execute(text("DELETE FROM sample"))


def test_a_database_without_ceilometers_tables_is_none(tmp_path: Path) -> None:
    store = SampleStore(f"sqlite:///{tmp_path}/other.db")
    with pytest.raises(CeiliftError, match="is no Ceilometer database"):
        store.newest_id()
    store.dispose()


@pytest.mark.parametrize("url", ["nonsense", "mongodb://host/ceilometer", "hbase://host"])
def test_a_url_that_cannot_be_is_refused_with_the_right_form(url: str) -> None:
    with pytest.raises(CeiliftError, match=r"give mysql\+pymysql://USER@HOST/NAME"):
        SampleStore(url, "s3cret")


class DriverError(Exception):
    """An error of a driver, as pymysql and psycopg make them."""

    def __init__(self, number: int | None, words: str, sqlstate: str | None = None) -> None:
        super().__init__(*([number] if number else []), words)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (DriverError(2003, "Can't connect to MySQL server"), TransientError, "does not answer"),
        (DriverError(2013, "Lost connection s3cret"), TransientError, "does not answer: Lost"),
        (DriverError(1045, "Access denied", "28000"), CeiliftError, "refuses: Access denied"),
        (DriverError(None, "password failed", "28P01"), CeiliftError, "refuses"),
        (DriverError(1146, "Table 'c.sample' doesn't exist"), CeiliftError, "no Ceilometer"),
        (DriverError(1969, "max_statement_time exceeded"), TransientError, "max_statement_time"),
    ],
)
def test_failures_are_told_in_words_without_the_password(
    error: DriverError, kind: type[CeiliftError], words: str
) -> None:
    database = ReadOnlyDatabase("mysql://ceilometer@db/ceilometer", "s3cret")
    raised = database._in_words(OperationalError("SELECT 1", {}, error))
    database.dispose()
    assert type(raised) is kind
    assert words in str(raised)
    assert "mysql://ceilometer:***@db/ceilometer" in str(raised)
    assert "s3cret" not in repr(raised)


def test_access_denied_is_refused_by_number_and_by_state() -> None:
    assert {1045, "28P01"} <= REFUSED
