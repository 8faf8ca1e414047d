"""Polling files as Ceilometer reads them, and what may be said of the pollsters they take."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.polling_file import read_polling_file
from ceilift.pollsters import (
    Difference,
    PollingFile,
    PollingSource,
    Unmatched,
    compare,
    is_explicit,
    is_supported,
    lacks_login,
    matched,
    polling_yaml,
    restricted,
    unmatched,
    without_login,
)

NAMES = st.text("abz.*?[]-!", min_size=1, max_size=6).filter(lambda name: name[0] != "!")
PLAIN = st.one_of(NAMES, st.sampled_from(["a.b", "b.*", "a?b", "[ab]", "z"]))
REFUSED = st.one_of(PLAIN, st.just("*")).map(lambda pattern: f"!{pattern}")


def included(pattern: str) -> bool:
    return pattern[0] not in "!*"


PATTERNS = st.one_of(
    st.lists(PLAIN, min_size=1, max_size=4).filter(
        lambda found: "*" not in found or not any(map(included, found))
    ),
    st.lists(REFUSED, min_size=1, max_size=4),
    st.lists(REFUSED, max_size=3).map(lambda refused: ["*", *refused]),
).map(tuple)
WORDS = st.lists(st.text(max_size=8), max_size=3).map(tuple)
SOURCES = st.lists(
    st.builds(
        PollingSource,
        name=st.text(max_size=8),
        interval_s=st.integers(1, 10**6).map(float),
        meters=PATTERNS,
        resources=WORDS,
        discovery=WORDS,
        group_expression=st.text(max_size=12),
    ),
    max_size=4,
).map(tuple)
LOADED = st.frozensets(NAMES, max_size=12)


def source(*meters: str, name: str = "s", interval_s: float = 60.0) -> PollingSource:
    return PollingSource(name, interval_s, meters)


@given(SOURCES, LOADED, LOADED)
def test_restricted_sources_match_exactly_what_was_asked_for(
    sources: tuple[PollingSource, ...], names: frozenset[str], loaded: frozenset[str]
) -> None:
    left = restricted(sources, names, loaded)

    assert matched(loaded, left) == names & matched(loaded, sources)
    assert all(one.meters for one in left)
    assert read_polling_file(polling_yaml(left)).fault == ""


@given(SOURCES, LOADED)
def test_restricted_to_all_of_them_each_source_matches_what_it_did(
    sources: tuple[PollingSource, ...], loaded: frozenset[str]
) -> None:
    left = restricted(sources, loaded, loaded)
    before = [matched(loaded, [one]) for one in sources]

    assert [matched(loaded, [one]) for one in left] == [found for found in before if found]


@given(SOURCES)
def test_a_written_file_reads_back_to_the_same_sources(
    sources: tuple[PollingSource, ...],
) -> None:
    text = polling_yaml(sources)

    assert read_polling_file(text) == PollingFile(sources)
    assert text.startswith("# Written by Ceilift")


@given(PATTERNS, st.text("abz.*", max_size=5), st.randoms())
def test_the_order_of_patterns_does_not_matter(
    patterns: tuple[str, ...], name: str, chance: Random
) -> None:
    shuffled = list(patterns)
    chance.shuffle(shuffled)

    assert is_supported(shuffled, name) == is_supported(patterns, name)


@given(LOADED, LOADED)
def test_a_difference_leaves_nothing_out_and_tells_nothing_twice(
    old: frozenset[str], new: frozenset[str]
) -> None:
    found = compare(old, new)

    assert {*found.new, *found.kept} == new
    assert {*found.removed, *found.kept} == old
    assert len(found.new) + len(found.removed) + len(found.kept) == len(old | new)


@given(SOURCES, LOADED)
def test_an_unmatched_pattern_can_be_left_out(
    sources: tuple[PollingSource, ...], loaded: frozenset[str]
) -> None:
    for dead in unmatched(sources, loaded):
        [*_, owner] = [s for s in sources if s.name == dead.source and dead.pattern in s.meters]
        left = tuple(pattern for pattern in owner.meters if pattern != dead.pattern)
        if any(not pattern.startswith("!") for pattern in left):
            alive = PollingSource(owner.name, 1.0, left)
            assert matched(loaded, [alive]) == matched(loaded, [owner])


@pytest.mark.parametrize(
    ("patterns", "name", "taken"),
    [
        (["*"], "cpu", True),
        (["cpu"], "cpu", True),
        (["CPU"], "cpu", False),
        (["disk.*"], "disk.read", True),
        (["disk.*"], "disk", False),
        (["!disk.*"], "disk.read", False),
        (["!disk.*"], "cpu", True),
        (["*", "!cpu"], "cpu", False),
        (["*.rate", "!x"], "y", False),
        (["[cm]pu"], "cpu", True),
        ([], "cpu", True),
    ],
)
def test_patterns_take_what_ceilometer_takes(
    patterns: list[str], name: str, *, taken: bool
) -> None:
    assert is_supported(patterns, name) is taken


def test_a_wildcard_file_is_held_to_the_new_pollsters() -> None:
    sources = (source("*", name="all"), source("cpu", name="one", interval_s=10.0))
    loaded = ("cpu", "memory", "power.state")

    assert restricted(sources, compare(["cpu"], loaded).new, loaded) == (
        source("memory", "power.state", name="all"),
    )


def test_a_difference_is_sorted() -> None:
    assert compare(["c", "b", "a"], ["d", "c", "b"]) == Difference(("d",), ("a",), ("b", "c"))


def test_patterns_that_poll_nothing_are_named_with_their_source() -> None:
    sources = (source("cpu", "gone", "disk.*", name="a"), source("!gone", "*", name="b"))

    assert unmatched(sources, ["cpu"]) == (Unmatched("a", "gone"), Unmatched("a", "disk.*"))
    assert unmatched(sources, []) == (
        *(Unmatched("a", pattern) for pattern in ("cpu", "gone", "disk.*")),
        Unmatched("b", "*"),
    )


@pytest.mark.parametrize(
    ("pattern", "explicit"),
    [("cpu", True), ("a.b-c", True), ("!cpu", False), ("a*", False), ("a?", False), ("[a]", False)],
)
def test_only_a_plain_name_is_explicit(pattern: str, *, explicit: bool) -> None:
    assert is_explicit(pattern) is explicit


@pytest.mark.parametrize(
    ("resource", "shown"),
    [
        ("snmp://ann:pa/ss@word@192.0.2.7:161", "snmp://***@192.0.2.7:161"),
        ("snmp://:community@192.0.2.7", "snmp://***@192.0.2.7"),
        ("SNMP://community@192.0.2.7", "SNMP://***@192.0.2.7"),
        ("snmp://192.0.2.7:161", "snmp://192.0.2.7:161"),
        ("http://ann@192.0.2.7/x", "http://ann@192.0.2.7/x"),
        ("instance-1@host", "instance-1@host"),
    ],
)
def test_a_login_of_a_static_resource_is_not_kept(resource: str, shown: str) -> None:
    assert without_login(resource) == shown
    source = PollingSource("s", 10.0, ("*",), (without_login(resource),))
    assert lacks_login(source) == (shown != resource)
