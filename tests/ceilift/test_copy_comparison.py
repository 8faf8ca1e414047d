"""Rows of a copy against those of a database that goes on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.copy_comparison import Rows, compared, key_column, row_faults
from ceilift.dump_record import Mark
from ceilift.schema_change import Column, Table

SAMPLE = Mark("sample", "id", 100)
IDS = st.sets(st.integers(1, 60))


def rows(ids: set[int], upto: int = 60) -> Rows:
    """A table that holds these rows, all of them picked."""
    kept = {one for one in ids if one <= upto}
    return Rows(len(kept), {(one,): f"digest of {one}" for one in kept})


def faults(production: Rows, copy: Rows, mark: Mark = SAMPLE) -> tuple[str, ...]:
    return row_faults([mark], {mark.table: production}, {mark.table: copy})


@given(IDS, IDS)
def test_what_production_deleted_since_is_no_fault(dumped: set[int], expired: set[int]) -> None:
    assert faults(rows(dumped - expired), rows(dumped)) == ()


@given(IDS, IDS, st.integers(0, 60))
def test_what_came_after_the_mark_is_no_fault(
    dumped: set[int], stored: set[int], upto: int
) -> None:
    before = {one for one in dumped if one <= upto}
    after = {one for one in stored if one > upto}

    assert faults(rows(before | after, upto), rows(before, upto)) == ()


@given(IDS.filter(bool), st.data())
def test_a_row_that_is_missing_or_another_is_told(dumped: set[int], data: st.DataObject) -> None:
    lost = data.draw(st.sampled_from(sorted(dumped)))
    spoilt = Rows(len(dumped), {**rows(dumped).sampled, (lost,): "another"})

    assert faults(rows(dumped), rows(dumped - {lost})) != ()
    assert faults(rows(dumped), spoilt) == (f"sample: 1 of {len(dumped)} rows differ: {lost}",)


def test_the_first_few_that_differ_are_named() -> None:
    production = Rows(9, {(one, "x"): "a" for one in range(9)})

    assert faults(production, Rows(9)) == ("sample: 9 of 9 rows differ: 0/x, 1/x, 2/x",)


def test_a_table_that_is_not_there_lacks_all() -> None:
    assert row_faults([SAMPLE], {"sample": Rows(3)}, {}) == (
        "sample: 3 of 3 rows up to sample.id = 100 are not in the copy",
    )


@pytest.mark.parametrize(
    ("before", "now", "copied", "fits"),
    [(3, 3, 3, True), (3, 5, 4, True), (5, 3, 5, True), (3, 3, 2, False), (3, 5, 6, False)],
)
def test_rows_without_a_key_are_as_many_as_before_or_now(
    before: int, now: int, copied: int, *, fits: bool
) -> None:
    found = faults(Rows(now), Rows(copied), Mark("alarm", "*", before))

    assert (found == ()) is fits


@pytest.mark.parametrize(
    ("kind", "key", "column"),
    [
        ("int(11)", ("id",), "id"),
        ("bigint(20) unsigned", ("id", "other"), "id"),
        ("integer", ("id",), "id"),
        ("interval", ("id",), "*"),
        ("varchar(255)", ("id",), "*"),
        ("int(11)", (), "*"),
        ("int(11)", ("id(10)",), "*"),
    ],
)
def test_rows_are_marked_by_a_whole_number_that_comes_first_in_the_key(
    kind: str, key: tuple[str, ...], column: str
) -> None:
    assert key_column(Table({"id": Column(kind)}, key=key)) == column


def test_what_was_compared_is_told() -> None:
    found = {"meter": Rows(2), "sample": Rows(10, {(1,): "a"})}

    assert compared({"meter": Table(), "sample": Table(), "x": Table()}, found) == (
        "3 tables alike, 12 rows counted, 10 of them in sample, 1 compared by checksum"
    )
    assert compared({}, {}) == "0 tables alike, 0 rows counted, 0 compared by checksum"
