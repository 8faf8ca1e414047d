"""What a restore takes, in words, and what of it the ledger keeps."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.copy_comparison import Rows, rows_from_json, rows_to_json
from ceilift.dump_record import Mark
from ceilift.restorable import Dumped, Lost, dumped_from_json, lost, lost_from_json
from ceilift.schema_change import Column, Table

SAMPLE = Table({"id": Column("int(11)", nullable=False)}, {"PRIMARY": ("unique", "id")}, ("id",))
WAS = {"sample": SAMPLE}
WIDER = Table({**SAMPLE.columns, "more": Column("text")}, SAMPLE.indexes, ("id",))
NOW = {"sample": WIDER, "x": SAMPLE}


def test_rows_times_and_schema_are_told() -> None:
    found = lost({"sample": 2, "meter": 0, "x": 1}, (1.7e9, 1.7e9 + 60), WAS, NOW)

    assert str(found) == (
        "2 samples stored from 2023-11-14 22:13:20 UTC to 2023-11-14 22:14:20 UTC, and 1 in x; "
        "of the schema go table x, column sample.more"
    )
    assert (found.samples, found.total) == (2, 3)


def test_nothing_is_told_as_nothing() -> None:
    assert str(lost({"sample": 0}, None, WAS, WAS)) == "no samples"


def test_one_sample_is_one() -> None:
    assert str(lost({"sample": 1}, (1.7e9, 1.7e9), WAS, WAS)).startswith("1 sample stored from")


def test_what_was_saved_is_read_as_it_was_written() -> None:
    made = Dumped("ctl1", "mysql://db:3306/c", WAS, (Mark("sample", "id", 7),))

    assert dumped_from_json(json.loads(json.dumps(made.to_json()))) == made


def test_words_that_tell_of_none_are_refused() -> None:
    with pytest.raises(ValueError, match="no saved database"):
        dumped_from_json({"host": "ctl1"})


@given(
    st.lists(st.tuples(st.text("abc", min_size=1), st.integers(0, 9)), unique_by=lambda p: p[0]),
    st.floats(0, 4e9) | st.none(),
)
def test_what_is_lost_is_read_as_it_was_written(
    rows: list[tuple[str, int]], at: float | None
) -> None:
    made = Lost(tuple(rows), at, at, ("table x",))

    assert lost_from_json(json.loads(json.dumps(asdict(made)))) == made


def test_rows_whose_key_json_would_alter_are_left_out() -> None:
    found = {"sample": Rows(3, {(1,): "a", (2, "x"): "b", (b"x",): "c"})}

    read = rows_from_json(json.loads(json.dumps(rows_to_json(found))))

    assert read == {"sample": Rows(3, {(1,): "a", (2, "x"): "b"})}
