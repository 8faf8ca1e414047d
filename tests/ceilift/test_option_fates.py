"""What becomes of options: on made-up packages, and on every pair of published ones."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.option_fates import Doomed, Fate, NewDefault, fates, names_of, new_defaults
from ceilift.package import Option, Package
from ceilift.packages import load_package
from tests.clouds import catalogue


def package(version: str) -> Package:
    found = load_package(version)
    assert found is not None
    return found


def listing(*options: Option) -> Package:
    return replace(package("17.0.2"), options=options)


def option(
    name: str, group: str = "g", *, default: str = "1", going: bool = False, older: str = ""
) -> Option:
    return Option(group, name, "IntOpt", default, aliases=(older,) if older else (), going=going)


OLD = names_of(listing(option("stays"), option("gone"), option("was-so"), option("moved")))
NEW = names_of(
    listing(
        option("stays"),
        option("is-so", older="[g] was-so"),
        option("moved", "h", older="[g] moved"),
        option("last", going=True),
    )
)


@pytest.mark.parametrize(
    ("name", "fate"),
    [
        ("[g] stays", None),
        ("[g] gone", Doomed("[g] gone", Fate.REMOVED)),
        ("[g] was_so", Doomed("[g] was_so", Fate.RENAMED, "[g] is_so")),
        ("[g] moved", Doomed("[g] moved", Fate.RENAMED, "[h] moved")),
        ("[g] last", Doomed("[g] last", Fate.GOING)),
        ("[oslo_messaging_rabbit] ssl", None),
        ("[g] never_there", None),
    ],
)
def test_an_option_that_is_set_meets_its_fate(name: str, fate: Doomed | None) -> None:
    assert fates([name], [OLD], NEW) == ((fate,) if fate else ())


def test_a_name_that_is_read_no_more_is_told_with_the_one_that_is() -> None:
    old = names_of(listing(option("is-so", older="[g] was-so")))
    new = names_of(listing(option("is-so")))

    assert fates(["[g] was_so"], [old], new) == (
        Doomed("[g] was_so", Fate.REMOVED, "[g] is_so", early=True),
    )


def test_where_an_older_name_stands_for_two_options_the_one_of_the_section_is_told() -> None:
    both = (option("x", "DEFAULT", older="[c] x"), option("x", "polling", older="[c] x"))

    (found,) = fates(["[c] x"], [], names_of(listing(*both)))

    assert found.instead == "[polling] x"


@pytest.mark.parametrize(
    "name",
    ["[database] max_retries", "[database] retry_interval", "[service_credentials] insecure"],
)
def test_what_a_library_reads_too_is_left_alone(name: str) -> None:
    old = [names_of(package(version)) for version in ("5.0.5", "8.1.5")]
    assert any(one.option(name) for one in old)

    assert fates([name], old, names_of(package("9.0.7"))) == ()


@given(st.data())
def test_nothing_is_said_of_what_a_release_itself_knows_or_nobody_ever_knew(
    data: st.DataObject,
) -> None:
    version = data.draw(st.sampled_from(sorted(catalogue().releases)))
    found = load_package(version)
    if found is None:
        return
    names = names_of(found)
    known = data.draw(st.lists(st.sampled_from(sorted(names.own)), max_size=5))
    told = fates([*known, "[DEFAULT] transport_url", "[x] y"], [names], names)

    assert all(one.fate is Fate.GOING for one in told)


def test_no_option_of_a_published_release_goes_and_comes_again_but_these() -> None:
    """A gap in one package's list would make an option look removed."""
    known = [one for one in map(load_package, catalogue().releases) if one is not None]
    read = [{*names_of(one).own, *names_of(one).older} for one in known]
    later = [set().union(*read[index:]) for index in range(len(read))]
    gaps = {
        name
        for index, (before, after) in enumerate(pairwise(read))
        for name in (before - after) & later[index + 1]
    }

    assert gaps == {
        "[notification] batch_timeout",  # 12.0 to 17.x really do not read it
        "[DEFAULT] tenant_name_discovery",  # 18.1.0 and 19.1.0 were given it later than 19.0.0
        "[polling] tenant_name_discovery",
    }


def test_new_defaults_are_those_that_both_releases_write_down() -> None:
    old = listing(option("a"), option("b"), option("c", default="<now>"), option("d"), option("e"))
    new = listing(
        option("a", default="2"),
        option("b"),
        option("c", default="<then>"),
        option("d", default="<not read>"),
        option("f"),
    )

    assert list(new_defaults(old, new)) == [NewDefault("[g] a", "1", "2")]


def test_the_one_new_default_of_yoga_is_found_in_the_packages() -> None:
    found = list(new_defaults(package("17.0.2"), package("18.0.0")))

    assert found == [NewDefault("[notification] batch_size", "100", "1")]
