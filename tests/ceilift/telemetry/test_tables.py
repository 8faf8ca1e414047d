"""Tables read whole, on PostgreSQL; on MariaDB the lab's tests do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from sqlalchemy import Engine, create_engine, text

from ceilift.copy_comparison import row_faults
from ceilift.dump_record import Mark
from ceilift.errors import CeiliftError
from ceilift.schema_change import Column, Table
from ceilift.telemetry.tables import AT_EACH, PLACES, DatabaseTables

TRAIT = 'CREATE TABLE "order" (event INTEGER, key VARCHAR(9), v TEXT, PRIMARY KEY (event, key))'


@pytest.fixture
def engine(empty_postgresql: str) -> Iterator[Engine]:
    found = create_engine(empty_postgresql)
    yield found
    found.dispose()


@pytest.fixture
def tables(empty_postgresql: str) -> Iterator[DatabaseTables]:
    found = DatabaseTables(empty_postgresql)
    yield found
    found.dispose()


def run(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_a_schema_is_read_with_keys_and_indexes(engine: Engine, tables: DatabaseTables) -> None:
    run(
        engine,
        "CREATE TABLE sample (id SERIAL PRIMARY KEY, name VARCHAR(64) NOT NULL, volume FLOAT)",
        "CREATE UNIQUE INDEX uq ON sample (name, volume)",
        "CREATE TABLE ceilift_scratch (dump TEXT)",
        "CREATE VIEW seen AS SELECT * FROM sample",
    )

    assert tables.schema() == {
        "sample": Table(
            {
                "id": Column("integer", nullable=False, filled=True),
                "name": Column("character varying(64)", nullable=False, filled=False),
                "volume": Column("double precision", nullable=True, filled=True),
            },
            {"sample_pkey": ("unique", "id"), "uq": ("unique", "name", "volume")},
            ("id",),
        )
    }


def test_marks_are_the_greatest_keys_or_the_number_of_rows(
    engine: Engine, tables: DatabaseTables
) -> None:
    run(
        engine,
        TRAIT,
        "INSERT INTO \"order\" VALUES (7, 'a', 'x'), (7, 'b', 'x'), (2, 'a', 'x')",
        "CREATE TABLE alarm (id VARCHAR(9) PRIMARY KEY)",
        "INSERT INTO alarm VALUES ('a'), ('b')",
        "CREATE TABLE event (id SERIAL PRIMARY KEY)",
    )

    assert tables.marks(tables.schema()) == (
        Mark("alarm", "*", 2),
        Mark("event", "id", 0),
        Mark("order", "event", 7),
    )


def test_rows_up_to_the_mark_are_picked_all_over_the_table(
    engine: Engine, tables: DatabaseTables
) -> None:
    run(
        engine,
        "CREATE TABLE sample (id INTEGER PRIMARY KEY, v TEXT)",
        "INSERT INTO sample SELECT n, n::text FROM generate_series(100, 20000) n",
    )
    mark = Mark("sample", "id", 10000)

    found = tables.picked(tables.schema(), [mark])["sample"]

    keys = sorted(int(str(key[0])) for key in found.sampled)
    assert found.count == 9901
    assert (keys[0], keys[-1]) == (100, 10000)
    assert len(keys) == (PLACES - 1) * AT_EACH + 1
    assert max(b - a for a, b in pairwise(keys)) <= 9901 / (PLACES - 2)


def test_the_same_rows_are_looked_up_elsewhere_and_told_apart(
    engine: Engine, tables: DatabaseTables
) -> None:
    run(engine, TRAIT, "INSERT INTO \"order\" SELECT n, 'k', 'v' FROM generate_series(1, 900) n")
    schema, marks = tables.schema(), tables.marks(tables.schema())
    before = tables.picked(schema, marks)
    assert row_faults(marks, before, tables.same(schema, marks, before)) == ()

    run(engine, "UPDATE \"order\" SET v = 'w' WHERE event = 1", 'DELETE FROM "order" WHERE event=9')

    assert row_faults(marks, before, tables.same(schema, marks, before)) == (
        "order: 1 of 900 rows up to order.event = 900 are not in the copy",
        f"order: 1 of {len(before['order'].sampled)} rows differ: 1/k",
    )


@pytest.mark.parametrize(
    ("statement", "ours"),
    [("SELECT 1", True), ("CREATE TABLE ceilift_scratch (a TEXT)", True), (TRAIT, False)],
)
def test_a_database_is_ours_when_it_is_empty_or_marked(
    engine: Engine, tables: DatabaseTables, statement: str, *, ours: bool
) -> None:
    run(engine, statement)

    assert tables.is_ours_or_empty() is ours


def test_nothing_is_ever_written(engine: Engine, tables: DatabaseTables) -> None:
    run(engine, TRAIT)

    with pytest.raises(CeiliftError, match="read-only"), tables._database.reading() as connection:
        connection.execute(text('DELETE FROM "order"'))


def test_what_came_after_the_marks_is_counted_and_when(
    engine: Engine, tables: DatabaseTables
) -> None:
    run(
        engine,
        "CREATE TABLE sample (id SERIAL PRIMARY KEY, timestamp TIMESTAMP, recorded_at TIMESTAMP)",
        "INSERT INTO sample (timestamp, recorded_at) VALUES ('2020-01-01', '2020-01-02')",
        "INSERT INTO sample (timestamp, recorded_at) VALUES ('2021-01-01', NULL)",
        "INSERT INTO sample (timestamp, recorded_at) VALUES ('2021-01-01', '2021-01-03')",
        "CREATE TABLE names (name TEXT PRIMARY KEY)",
        "INSERT INTO names VALUES ('a'), ('b')",
    )
    schema = tables.schema()
    marks = (Mark("names", "*", 1), Mark("sample", "id", 1), Mark("gone", "id", 1))

    assert tables.rows_after(schema, marks) == {"names": 1, "sample": 2}
    assert tables.stored_after(schema, marks) == (1609459200.0, 1609632000.0)
    assert tables.stored_after(schema, (Mark("sample", "id", 9),)) is None
    assert tables.stored_after({}, marks) is None


def test_a_restore_that_is_not_finished_is_seen_and_its_mark_is_no_table(
    engine: Engine, tables: DatabaseTables
) -> None:
    run(engine, "CREATE TABLE meter (id SERIAL PRIMARY KEY)")
    assert not tables.is_half_restored()

    run(engine, "CREATE TABLE ceilift_restoring (dump TEXT)")

    assert tables.is_half_restored()
    assert set(tables.schema()) == {"meter"}
