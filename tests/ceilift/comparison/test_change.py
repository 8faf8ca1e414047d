"""What is new, gone or another between two sets of named things."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ceilift.comparison.change import Change, Kind, changes

NAMED = st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=8)


def test_each_kind() -> None:
    found = list(changes("x", {"a": "1", "b": "1", "c": "1"}, {"b": "1", "c": "2", "d": "3"}))

    assert found == [
        Change("x", "a", Kind.REMOVED, before="1"),
        Change("x", "c", Kind.CHANGED, "1", "2"),
        Change("x", "d", Kind.ADDED, after="3"),
    ]


@given(NAMED)
def test_nothing_differs_from_itself(named: dict[str, str]) -> None:
    assert list(changes("x", named, named)) == []


@given(NAMED, NAMED)
def test_the_way_back_is_the_mirror(one: dict[str, str], other: dict[str, str]) -> None:
    there, back = list(changes("x", one, other)), list(changes("x", other, one))

    assert [change.mirrored() for change in there] == back


@given(NAMED, NAMED)
def test_the_changes_lead_from_one_to_the_other(one: dict[str, str], other: dict[str, str]) -> None:
    walked = dict(one)
    for change in changes("x", one, other):
        walked.pop(change.name, None)
        if change.kind is not Kind.REMOVED:
            walked[change.name] = change.after

    assert walked == other
