"""The packages that ship with the catalogue, against what is known of them from elsewhere."""

from __future__ import annotations

from importlib import resources

import pytest
from packaging.version import Version

from ceilift.comparison.agreement import disagreements
from ceilift.package import Package
from ceilift.packages import load_package, load_packages, series_of
from ceilift.packages.text import to_text
from tests.clouds import catalogue

FIRST = Version("8.1.5")  # the oldest on the package index
UNPUBLISHED = ("9.0.0", "9.0.1", "9.0.2", "9.0.3", "9.0.4", "9.0.5")
PUBLISHED = tuple(
    version
    for version in catalogue().releases
    if Version(version) >= FIRST and version not in UNPUBLISHED
)
SERIES = sorted({series_of(version) for version in PUBLISHED}, key=int)


def held(version: str) -> Package:
    """The package, which must be there."""
    found = load_package(version)
    assert found is not None
    return found


@pytest.mark.parametrize("series", SERIES)
def test_every_published_release_is_there_and_no_other(series: str) -> None:
    listed = [version for version in PUBLISHED if series_of(version) == series]

    assert list(load_packages(series)) == listed


@pytest.mark.parametrize("series", SERIES)
def test_the_files_are_as_they_would_be_written(series: str) -> None:
    file = resources.files("ceilift") / "releases" / "packages" / f"{series}.yaml"

    assert to_text(load_packages(series)) == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("version", PUBLISHED)
def test_what_was_entered_by_hand_agrees_with_the_package(version: str) -> None:
    assert disagreements(catalogue().get(version), held(version)) == ()


@pytest.mark.parametrize(
    ("version", "compute", "central", "ipmi", "snmp"),
    [
        ("5.0.5", 37, 51, 12, 19),
        ("6.1.5", 37, 53, 12, 20),
        ("7.1.1", 44, 53, 12, 20),
        ("8.1.5", 47, 55, 12, 20),
        ("9.0.7", 49, 63, 12, 20),
        ("10.0.1", 51, 69, 12, 24),
        ("12.1.1", 34, 63, 12, 31),
        ("19.1.0", 36, 53, 12, 0),
        ("24.0.2", 33, 20, 13, 0),
        ("27.0.0", 36, 35, 5, 0),
    ],
)
def test_as_many_pollsters_as_were_counted_in_the_git_tags(
    version: str, compute: int, central: int, ipmi: int, snmp: int
) -> None:
    package = held(version)
    counted = {name: len(names) for name, names in package.pollsters().items()}

    assert counted == {"compute": compute, "central": central, "ipmi": ipmi}
    assert len(package.definitions.get("snmp_meters", ())) == snmp


@pytest.mark.parametrize(("version", "count"), [("5.0.5", 123), ("6.1.5", 107), ("7.1.1", 102)])
def test_as_many_options_as_were_counted_in_the_git_tags(version: str, count: int) -> None:
    assert len(held(version).options) == count


def test_the_gnocchi_type_of_load_balancers_came_went_and_came_again() -> None:
    having = [v for v in PUBLISHED if "loadbalancer" in held(v).gnocchi.types]
    before = [v for v in having if Version(v) < Version("19")]

    assert before[0] == "11.1.0"
    assert {"12.0.0", "13.0.0"}.isdisjoint(before)
    assert before[-1] == "18.1.0"
    assert having[len(before) :] == ["26.0.0", "27.0.0"]


@pytest.mark.parametrize("version", ["5.0.0", "8.1.4", *UNPUBLISHED])
def test_of_other_tags_only_the_series_facts_are_known(version: str) -> None:
    assert version in catalogue().releases
    assert load_package(version) is None
