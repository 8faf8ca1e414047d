"""The kill matrix' choices and comparisons, tried on what is not as it has to be."""

from __future__ import annotations

from collections import Counter

import pytest

from lab.accept.kill_points import (
    FULL,
    PARTIAL,
    Moment,
    Victim,
    first_of,
    lies,
    longest_first,
    moments,
    points,
    strange,
    unlike,
)

INTENTS = (
    ("database/dbsync", "ctl1", 0),
    ("database/dbsync", "ctl1", 1),
    ("polling/proven", "", 0),
)
MOMENTS = (*moments(FULL, INTENTS), *moments(PARTIAL, INTENTS))


def test_every_intent_is_a_moment_before_and_after() -> None:
    assert len(MOMENTS) == 12
    assert Moment(PARTIAL, "database/dbsync", "ctl1", 1, after=True) in MOMENTS


@pytest.mark.parametrize(
    ("after", "row", "there"),
    [
        (False, ("n", "h", 1, ""), True),
        (False, ("n", "h", 1, "done"), True),
        (True, ("n", "h", 1, ""), False),
        (True, ("n", "h", 1, "failed"), True),
        (True, ("n", "h", 0, "done"), False),
        (True, ("n", "other", 1, "done"), False),
    ],
)
def test_a_moment_is_there_with_its_intent_or_with_the_outcome(
    after: bool,  # noqa: FBT001 - a case
    row: tuple[str, str, int, str],
    there: bool,  # noqa: FBT001 - a case
) -> None:
    assert Moment(FULL, "n", "h", 1, after=after).is_of(*row) is there


def test_what_takes_longest_begins_first_and_nothing_is_lost() -> None:
    found = points(MOMENTS, 30, seed=5)
    bare = first_of(found, Victim.CONTROLLER)

    turns = longest_first(found, bare)

    assert bare == next(one for one in found if one.victim is Victim.CONTROLLER)
    assert turns[0] == bare
    servers = [one for one in found if one.victim in {Victim.SERVER, Victim.SERVER_OF_RUN}]
    assert turns[1 : len(servers) + 1] == servers
    assert sorted(one.number for one in turns) == list(range(30))


def test_every_moment_comes_before_any_comes_again() -> None:
    found = points(MOMENTS, 30, seed=5)

    assert [one.number for one in found] == list(range(30))
    assert {one.moment for one in found[:12]} == set(MOMENTS)
    assert {one.moment for one in found[12:24]} == set(MOMENTS)


def test_every_process_is_killed_and_the_seed_tells_when() -> None:
    found = points(MOMENTS, 30, seed=5)

    assert {one.victim for one in found} == set(Victim)
    assert points(MOMENTS, 30, seed=5) == found
    assert points(MOMENTS, 30, seed=6) != found


def test_a_shorter_form_is_the_beginning_of_the_longer_one() -> None:
    """A point that failed is played again by its number, however many there are."""
    assert points(MOMENTS, 10, seed=5) == points(MOMENTS, 30, seed=5)[:10]


def test_what_was_done_twice_and_what_never_is_told() -> None:
    more, less = strange(Counter({"dump": 1, "stop a": 1}), Counter({"dump": 2}))

    assert more == ["dump (2)"]
    assert less == ["stop a (0)"]
    assert strange(Counter({"dump": 1}), Counter({"dump": 1})) == ([], [])


def test_what_is_otherwise_than_after_an_undisturbed_upgrade_is_told() -> None:
    assert unlike({"a": "1", "b": "2"}, {"a": "1", "c": "3"}) == [
        "b: nothing, not 2",
        "c: 3, not nothing",
    ]


@pytest.mark.parametrize(
    ("status", "rows", "proven", "true"),
    [
        ("not started", [], frozenset(), True),
        ("not started", [("n", "")], frozenset(), False),
        ("unknown", [("n", "")], frozenset(), True),
        ("unknown", [("n", ""), ("n", "done")], frozenset(), True),
        ("done", [("n", ""), ("n", "done")], frozenset(), False),
        ("done", [("n", "")], frozenset({"n"}), True),
        ("running", [("n", "")], frozenset(), False),
        ("done", [], frozenset(), False),
    ],
)
def test_status_is_true_when_the_rows_say_the_same(
    status: str,
    rows: list[tuple[str, str]],
    proven: frozenset[str],
    true: bool,  # noqa: FBT001 - a case
) -> None:
    assert (lies({"n": status}, rows, proven) == []) is true
