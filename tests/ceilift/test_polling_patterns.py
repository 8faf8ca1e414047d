"""Patterns that go silent, and meters that come and go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ceilift.packages import load_package
from ceilift.polling_patterns import pattern_change, registered
from ceilift.pollsters import PollingSource, Unmatched, matched


def source(*meters: str) -> PollingSource:
    return PollingSource("s", 10.0, meters)


def test_a_pattern_that_loses_all_it_stood_for_is_silent() -> None:
    found = pattern_change(
        [source("cpu", "disk.*", "memory")],
        [source("cpu", "disk.*", "memory")],
        ["cpu", "disk.a", "disk.b", "memory"],
        ["cpu", "disk.b"],
    )

    assert found.silent == (Unmatched("s", "memory"),)
    assert (found.gone, found.come) == (("disk.a",), ())


def test_what_stood_for_nothing_before_is_not_told() -> None:
    found = pattern_change([source("typo", "*")], [source("typo", "*")], ["cpu"], ["cpu", "new"])

    assert (found.silent, found.gone, found.come) == ((), (), ("new",))


def test_a_meter_of_a_silent_pattern_is_not_told_twice() -> None:
    found = pattern_change([source("disk.*")], [source("disk.*")], ["disk.a"], ["cpu"])

    assert found.silent == (Unmatched("s", "disk.*"),)
    assert found.gone == ()


NAMES = st.lists(st.sampled_from(["cpu", "disk.a", "disk.b", "memory", "x"]), unique=True)
PATTERNS = st.lists(
    st.sampled_from(["cpu", "disk.*", "*", "!cpu", "memory", "[dx]*"]), min_size=1, unique=True
)


@given(PATTERNS, NAMES, NAMES)
def test_every_meter_that_goes_is_told_once(
    patterns: list[str], old: list[str], new: list[str]
) -> None:
    sources = [source(*patterns)]
    found = pattern_change(sources, sources, old, new)
    silent = [source(one.pattern) for one in found.silent]
    before, after = matched(old, sources), matched(new, sources)

    assert set(found.gone) | (matched(old, silent) & before) == before - after
    assert not set(found.gone) & matched(old, silent)
    assert set(found.come) == after - before


def test_the_meters_of_snmp_count_as_pollsters_of_central() -> None:
    package = load_package("17.0.2")
    assert package is not None

    assert "hardware.cpu.util" in registered(package, ("central",))
    assert "hardware.cpu.util" not in registered(package, ("compute",))
    assert "cpu" in registered(package, ("compute",))
