"""Two releases compared: by the catalogue and the packages that ship, and as lines and data."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.comparison import AREAS, Change, Kind, Known, compare, counted
from ceilift.comparison.contents import PARTS
from ceilift.comparison.text import NOTHING, lines, sentence, to_data
from ceilift.packages import load_package
from tests.clouds import catalogue
from tests.wheels import package

VERSIONS = tuple(catalogue().releases)


@cache
def known(version: str) -> Known:
    """All that the catalogue knows of a release."""
    return Known(catalogue().get(version), load_package(version))


def told(old: str, new: str) -> str:
    """The lines of a difference."""
    return "\n".join(lines(compare(known(old), known(new))))


@given(st.sampled_from(VERSIONS))
def test_a_release_does_not_differ_from_itself(version: str) -> None:
    assert compare(known(version), known(version)).changes == ()


@given(st.sampled_from(VERSIONS), st.sampled_from(VERSIONS))
def test_the_way_back_is_the_mirror(one: str, other: str) -> None:
    there, back = compare(known(one), known(other)), compare(known(other), known(one))

    assert sorted(change.mirrored() for change in there.changes) == sorted(
        replace(change, note="") for change in back.changes
    )
    assert there.unread == back.unread


@pytest.mark.parametrize(("old", "new"), list(pairwise(VERSIONS)))
def test_every_neighbouring_pair_is_told_in_the_order_of_the_areas(old: str, new: str) -> None:
    difference = compare(known(old), known(new))
    order = list(AREAS)

    areas = [order.index(change.area) for change in difference.changes]

    assert areas == sorted(areas)
    assert set(difference.unread).isdisjoint(change.area for change in difference.changes)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("7.1.1", "8.1.5", "  - ceilometer-dbsync"),
        ("8.1.5", "9.0.7", "  ~ hash ring of polling agents: Ceilometer's own -> tooz"),
        ("9.0.7", "10.0.1", "  - ceilometer-collector"),
        ("11.1.0", "12.1.1", "  - transformer: accumulator"),
        ("17.0.2", "18.1.0", "  + sent with every sample: user_name"),
        ("18.1.0", "19.1.0", "  - central: hardware.cpu.util (SNMP)"),
        ("22.0.1", "23.0.2", "  - notifications are read from sahara"),
        ("24.0.2", "25.0.0", "  + compute: memory.available"),
        (
            "24.0.2",
            "25.0.0",
            (
                "  ~ type instance, attribute host: string, required, 0 to 255 characters -> "
                "string, optional, 0 to 255 characters"
            ),
        ),
        ("25.0.0", "26.0.0", "  ~ memory.usage: MB -> MiB"),
        ("26.0.0", "27.0.0", "  + central: volume.service.health"),
        (
            "26.0.0",
            "27.0.0",
            (
                "  ~ [compute] fetch_extra_metadata: BoolOpt; default true -> BoolOpt; default "
                "false (where it is not set, the new default holds)"
            ),
        ),
    ],
)
def test_what_operators_have_met(old: str, new: str, line: str) -> None:
    assert line in told(old, new).splitlines()


def test_of_a_tag_that_was_never_published_only_behaviour_is_compared() -> None:
    difference = compare(known("7.0.0"), known("8.1.5"))

    assert difference.unread == tuple(area for area in AREAS if area != "behaviour")
    assert "Not compared, as not both releases were ever" in told("7.0.0", "8.1.5")


def test_releases_that_differ_in_nothing_say_so() -> None:
    assert told("9.0.3", "9.0.4").splitlines()[-1] == NOTHING


def test_as_plain_data_it_is_json() -> None:
    data = json.loads(json.dumps(to_data(compare(known("26.0.0"), known("27.0.0")))))

    assert (data["old"], data["new"], data["unread"]) == ("26.0.0", "27.0.0", [])
    assert {
        "area": "pollsters",
        "name": "central: volume.service.health",
        "kind": "added",
        "before": "",
        "after": "",
        "note": "",
    } in data["changes"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change("x", "a", Kind.ADDED), "a"),
        (Change("x", "a", Kind.REMOVED, before="1", note="n"), "a: 1 (n)"),
        (Change("x", "a", Kind.CHANGED, "", "2"), "a: nothing -> 2"),
        (Change("x", "a / b", Kind.RENAMED, "a", "b"), "a is now b"),
    ],
)
def test_one_change_is_one_sentence(change: Change, words: str) -> None:
    assert sentence(change) == words


def test_changes_are_counted_by_kind() -> None:
    found = [Change("x", "a", Kind.ADDED), Change("x", "b", Kind.ADDED)]

    assert counted([*found, Change("x", "c", Kind.REMOVED, "1")]) == "2 added, 1 removed"
    assert counted([]) == ""


def test_what_its_developers_need_is_not_compared() -> None:
    one = replace(package(), requires=('gabbi>=1; extra == "test"', "tooz[zake]>=1", "lxml"))
    (requirements,) = (part for part in PARTS if part.area == "requirements")

    assert requirements.named(one) == {"tooz[zake]": ">=1", "lxml": "any"}
