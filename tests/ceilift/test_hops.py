"""By way of which releases an upgrade goes, over the real catalogue."""

from __future__ import annotations

from itertools import combinations

import pytest

from ceilift.errors import BadInputError
from ceilift.hops import hops, is_slurp
from ceilift.release import is_older
from tests.clouds import catalogue


def test_each_release_comes_after_the_one_before_it() -> None:
    assert hops(catalogue(), "8.1.5", "12.1.1") == ("9.0.7", "10.0.1", "11.1.0", "12.1.1")


def test_from_2023_on_slurp_releases_lead_to_each_other() -> None:
    assert hops(catalogue(), "19.0.0", "27.0.0") == (
        "20.0.0",
        "22.0.1",
        "24.0.2",
        "26.0.0",
        "27.0.0",
    )
    assert hops(catalogue(), "21.0.1", "24.0.2") == ("22.0.1", "24.0.2")


@pytest.mark.parametrize(
    ("old", "new"), [("9.0.6", "9.0.7"), ("16.0.1", "17.0.2"), ("22.0.0", "24.0.0")]
)
def test_what_may_be_upgraded_to_at_once_is_one_hop(old: str, new: str) -> None:
    assert hops(catalogue(), old, new) == (new,)


def test_every_chain_rises_and_ends_at_its_target() -> None:
    newest = {v.partition(".")[0]: v for v in catalogue().releases}
    for old, new in combinations(newest.values(), 2):
        chain = hops(catalogue(), old, new)
        assert chain[-1] == new
        assert all(is_older(a, b) for a, b in zip((old, *chain), chain, strict=False))


@pytest.mark.parametrize(
    ("name", "slurp"),
    [("2023.1", True), ("2023.2", False), ("2026.1", True), ("2022.1", False), ("Yoga", False)],
)
def test_the_first_release_of_a_year_is_a_slurp_release(name: str, slurp: bool) -> None:  # noqa: FBT001
    assert is_slurp(name) is slurp


def test_an_unlisted_release_has_no_chain() -> None:
    with pytest.raises(BadInputError):
        hops(catalogue(), "4.0.0", "27.0.0")
