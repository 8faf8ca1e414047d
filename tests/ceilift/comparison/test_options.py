"""Options in an operator's terms: what is still read under which name, what was announced."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ceilift.comparison.change import Change, Kind
from ceilift.comparison.options import option_changes
from ceilift.package import Option, Package, path
from tests.wheels import package

BARE = replace(package(), options=())
OLD = Option("api", "port", "IntOpt", "80")
WORDS = st.sampled_from(["a", "b", "c", "d"])
PATHS = st.builds(path, st.sampled_from(["DEFAULT", "api"]), WORDS)
OPTIONS = st.lists(
    st.builds(
        Option,
        st.sampled_from(["DEFAULT", "api"]),
        WORDS,
        st.just("StrOpt"),
        st.sampled_from(["1", "2"]),
        aliases=st.lists(PATHS, max_size=2, unique=True).map(lambda names: tuple(sorted(names))),
        going=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda option: option.path,
)


def having(*options: Option) -> Package:
    """A package with just these options."""
    return replace(BARE, options=options)


def only(old: Package, new: Package) -> Change:
    """The one change there is."""
    (change,) = option_changes(old, new)
    return change


def test_a_name_that_is_still_read() -> None:
    new = replace(OLD, group="rest", aliases=("[api] port",))

    change = only(having(OLD), having(new))

    assert (change.kind, change.before, change.after) == (
        Kind.RENAMED,
        "[api] port",
        "[rest] port",
    )
    assert change.note == "the old name is still read"


def test_a_new_name_with_another_default() -> None:
    new = replace(OLD, group="rest", default="81", aliases=("[api] port",))

    assert only(having(OLD), having(new)).note.endswith("its default was 80 and is 81")


def test_on_the_way_back_the_newer_name_is_not_read() -> None:
    new = replace(OLD, group="rest", aliases=("[api] port",))

    assert only(having(new), having(OLD)).note == "the old name is not read any more"


def test_whether_a_removal_was_announced() -> None:
    assert only(having(OLD), BARE).note == "it was not marked deprecated"
    assert only(having(replace(OLD, going=True)), BARE).note == "its removal was announced"


def test_another_default_matters_where_none_is_set() -> None:
    change = only(having(OLD), having(replace(OLD, default="81")))

    assert (change.before, change.after) == ("IntOpt; default 80", "IntOpt; default 81")
    assert change.note == "where it is not set, the new default holds"


def test_an_older_name_that_is_read_no_more() -> None:
    change = only(having(replace(OLD, aliases=("[x] y",))), having(OLD))

    assert change.note == "not read as [x] y any more"


def test_a_default_that_nobody_read_is_not_called_another() -> None:
    change = only(having(OLD), having(replace(OLD, default="<not read>", going=True)))

    assert change.note == "it is deprecated now"


@given(OPTIONS)
def test_nothing_differs_from_itself(options: list[Option]) -> None:
    assert list(option_changes(having(*options), having(*options))) == []


@given(OPTIONS, OPTIONS)
def test_the_way_back_is_the_mirror(one: list[Option], other: list[Option]) -> None:
    there = option_changes(having(*one), having(*other))
    back = option_changes(having(*other), having(*one))

    assert sorted(change.mirrored() for change in there) == sorted(
        replace(change, note="") for change in back
    )


@given(OPTIONS, OPTIONS)
def test_every_option_that_came_or_went_is_told(one: list[Option], other: list[Option]) -> None:
    before, after = {o.path for o in one}, {o.path for o in other}

    told: set[str] = set()
    for change in option_changes(having(*one), having(*other)):
        told |= {change.name, change.before, change.after}

    assert before ^ after <= told
