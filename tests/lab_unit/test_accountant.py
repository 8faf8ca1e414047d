from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import sqlalchemy as sa

from lab.accountant import account, judge

SCHEMA = """
create table meter (id integer, name text);
create table resource (internal_id integer, resource_id text);
create table sample (meter_id integer, resource_id integer, timestamp float, recorded_at float,
                     message_id text);
insert into meter values (1, 'image.size'), (2, 'hardware.cpu.load.1min');
insert into resource values (1, 'lab-000001'), (2, 'lab-000002'), (3, '127.66.1.1'),
                            (4, '127.66.1.1'), (5, 'lab-000000');
"""


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'ceilometer.db'}"
    store(url, *SCHEMA.split(";")[:-1])
    return url


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "sent.jsonl"
    lines = [line(serial) for serial in (1, 2, 3)]
    path.write_text("".join(lines))
    return path


def line(serial: int) -> str:
    fields = {"serial": serial, "resource_id": f"lab-{serial:06d}", "message_id": "m"}
    return json.dumps(fields | {"sent_at": 100.0 + serial}) + "\n"


def store(url: str, *statements: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


def test_every_notification_stored_once_is_a_complete_account(log: Path, database: str) -> None:
    store(database, "insert into sample values (1, 1, 1, 1, 'a'), (1, 2, 1, 1, 'b')")

    found = account(log, database, before=102.5)

    assert (found.sent, found.stored, found.missing, found.twice) == (2, 2, (), ())
    assert found.complete


def test_missing_and_twice_are_named_by_serial(log: Path, database: str) -> None:
    store(database, "insert into sample values (1, 1, 1, 1, 'a'), (1, 1, 1, 1, 'a')")

    found = account(log, database)

    assert (found.missing, found.twice, found.stored) == ((2, 3), (1,), 2)
    assert not found.complete


def test_a_row_that_no_line_of_the_log_explains_is_told(log: Path, database: str) -> None:
    store(database, "insert into sample values (1, 5, 1, 1, 'a')")

    assert account(log, database).not_in_log == ("lab-000000",)


def test_rows_of_one_resource_under_two_internal_ids_are_one_series(
    log: Path, database: str
) -> None:
    store(
        database,
        "insert into sample values (2, 3, 1000, 1001, 'a'), (2, 4, 1010, 1011, 'b')",
        "insert into sample values (2, 3, 1040, 1041, 'c')",
    )

    (polls,) = account(log, database).polls

    assert (polls.found, polls.longest_gap_s, polls.missed, polls.doubled) == (3, 30, 2, 0)


def test_a_torn_last_line_of_the_log_is_not_counted(log: Path, database: str) -> None:
    log.write_text(line(1) + line(2)[:20])

    assert account(log, database).sent == 1


@pytest.mark.parametrize(
    ("times", "end", "gap", "missed", "doubled"),
    [
        ([0, 10, 20], 25, 10, 0, 0),
        ([0, 10, 12, 20], 25, 10, 0, 1),
        ([0, 10, 25], 30, 15, 0, 0),
        ([0, 10, 26], 30, 16, 1, 0),
        ([0, 10], 65, 55, 5, 0),  # it fell silent: the time up to the end counts
        ([0], 5, 0, 0, 0),
    ],
)
def test_gaps_become_missed_and_doubled_polls(
    times: list[float], end: float, gap: float, missed: int, doubled: int
) -> None:
    polls = judge("m", "r", times, end, 10)

    assert math.isclose(polls.longest_gap_s, gap)
    assert (polls.missed, polls.doubled) == (missed, doubled)
