"""The comparisons of `bin/accept foresight`: one changed entry of the catalogue turns them red."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ceilift.package import Package
from ceilift.packages import load_package
from ceilift.schema_change import SchemaChange
from lab.accept.checks import Checks
from lab.accept.foresight import (
    READING_SHORT,
    exchanges,
    options,
    pairs,
    payload,
    pollsters,
    published,
    schema,
)
from tests.clouds import catalogue

BROKEN = frozenset(
    (old, new) for old in ("8.1.5", "10.0.1", "17.0.2") for new in ("18.1.0", "19.1.0", "21.0.1")
)


@pytest.fixture
def packages() -> dict[str, Package]:
    found = {version: load_package(version) for version in READING_SHORT}
    return {version: package for version, package in found.items() if package is not None}


def names(checks: Checks) -> list[str]:
    return [check.name for check in checks.found if not check.met]


def test_what_is_foretold_of_messages(packages: dict[str, Package]) -> None:
    assert payload.foretold_broken(packages) == BROKEN


def test_a_changed_entry_foretells_something_else(packages: dict[str, Package]) -> None:
    found = payload.foretold_broken(payload.changed(packages))

    assert BROKEN - found == {(old, "18.1.0") for old in ("8.1.5", "10.0.1", "17.0.2")}


def test_every_pair_is_planned_and_warned_of_what_is_broken() -> None:
    checks = Checks("foresight")
    pairs.demand_pairs(checks, catalogue(), BROKEN, READING_SHORT)

    assert names(checks) == []


def test_a_break_that_is_not_told_and_an_alarm_that_is_false_are_found() -> None:
    other = (BROKEN - {("17.0.2", "18.1.0")}) | {("10.0.1", "17.0.2")}
    checks = Checks("foresight")
    pairs.demand_pairs(checks, catalogue(), other, READING_SHORT)

    assert names(checks) == [
        "pairs broken, not told",
        "pairs told, not broken",
        "false alarms of the mantra",
    ]


def test_a_pollster_that_the_catalogue_lacks_is_found(packages: dict[str, Package]) -> None:
    package = packages["27.0.0"]
    installed = {group: list(names) for group, names in package.entry_points.items()}
    first = package.entry_points["ceilometer.poll.central"][0]

    assert pollsters.differing_points(package, installed) == ()
    assert pollsters.differing_points(pollsters.changed(package), installed) == (
        f"ceilometer.poll.central: {first}",
    )


def test_an_exchange_that_the_catalogue_lacks_is_found(packages: dict[str, Package]) -> None:
    package = packages["27.0.0"]
    first, *others = package.exchanges.listens
    really = {"listens": [first, *others], "publishes": ["ceilometer"]}

    assert exchanges.differing(package, really) == ()
    assert exchanges.differing(exchanges.changed(package), really) == (f"listens: {first}",)


def test_all_that_is_published_is_read() -> None:
    assert len(published(catalogue())) == 41


def test_what_a_migration_takes_away_is_compared_by_name() -> None:
    before = {"a": {"x": "VARCHAR(255)", "y": "INTEGER"}, "b": {"z": "INTEGER"}}
    after = {"a": {"x": "VARCHAR(64)"}}
    told = SchemaChange(broken=("table b is gone", "column a.x: varchar(255) is now varchar(64)"))
    checks = Checks("foresight")
    schema.compare(checks, before, told, after)

    assert names(checks) == ["version 40: not told"]
    whole = replace(told, broken=(*told.broken, "column a.y is gone", "column a.q is gone"))
    again = Checks("foresight")
    schema.compare(again, before, whole, after)
    assert names(again) == ["version 40: told, not so"]


def test_an_option_or_a_default_that_the_catalogue_has_otherwise_is_found(
    packages: dict[str, Package],
) -> None:
    package = packages["27.0.0"]
    literal = [one for one in package.options if not one.default.startswith("<")]
    own = {one.path: json.loads(one.default) for one in literal}
    own |= {one.path: "" for one in package.options if one not in literal}
    listed = {"own": own, "auth": {"[service_credentials] username": ""}}
    assert options.differing(package, listed) == ()

    first, second = (one.path for one in literal[:2])
    other = {"own": {**own, first: "another"}, "auth": {}}
    del other["own"][second]
    assert options.differing(package, other) == (second, first)
