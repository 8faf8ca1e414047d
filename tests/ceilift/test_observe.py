"""A look at a cloud: each part as far as it answers, and what is usual there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ceilift.errors import BadInputError, CeiliftError, Fault, TransientError
from ceilift.observe import (
    observe_bus,
    observe_database,
    observe_groups,
    remember_activity,
    with_history,
    with_usual,
)
from ceilift.plan_json import instances_to_json
from ceilift.state import BusState, CloudState, DatabaseState
from tests import clouds
from tests.fakes import FakeBroker, FakeCloud, FakeStore, fake_ledger

INVENTORY = clouds.inventory({"ctl1": ["collector"]})
UNSET = BadInputError([Fault("secrets", "env BUS", "is not set", "Export BUS")])
AWAY = TransientError("did not answer")


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[FakeCloud]:
    made = FakeCloud(INVENTORY, fake_ledger(tmp_path))
    yield made
    made.ledger.dispose()


def measured(publish: float | None, insert: float | None) -> CloudState:
    return CloudState(
        "test",
        "",
        bus=BusState(reachable=True, publish_rate=publish),
        database=DatabaseState(reachable=True, insert_rate=insert),
    )


def test_rates_are_measured_only_where_asked_for(cloud: FakeCloud) -> None:
    cloud.broker.rate, cloud.samples = 7.0, FakeStore(rate=9.0)

    assert observe_bus(cloud.as_cloud(), rates=True).publish_rate == 7.0
    assert observe_bus(cloud.as_cloud(), rates=False).publish_rate is None
    with_rate = observe_database(cloud.as_cloud(), rates=True)
    assert with_rate is not None
    assert with_rate.insert_rate == 9.0
    assert observe_database(cloud.as_cloud(), rates=False) == cloud.samples.state


@pytest.mark.parametrize("error", [AWAY, CeiliftError("refuses the login")])
def test_a_part_that_does_not_answer_is_unreachable_with_its_reason(
    cloud: FakeCloud, error: CeiliftError
) -> None:
    cloud.broker = FakeBroker(error=error)
    cloud.samples = FakeStore(error=error)

    bus = observe_bus(cloud.as_cloud(), rates=True)
    database = observe_database(cloud.as_cloud(), rates=True)

    assert (bus.reachable, bus.problem) == (False, str(error))
    assert database == DatabaseState(reachable=False, problem=str(error))


def test_a_bad_secret_reference_is_bad_input_and_no_unreachable_part(cloud: FakeCloud) -> None:
    cloud.broker, cloud.samples = FakeBroker(error=UNSET), FakeStore(error=UNSET)

    with pytest.raises(BadInputError):
        observe_bus(cloud.as_cloud(), rates=False)
    with pytest.raises(BadInputError):
        observe_database(cloud.as_cloud(), rates=False)


def test_no_coordination_and_no_database_are_no_failure(cloud: FakeCloud) -> None:
    cloud.samples = None

    assert observe_groups(cloud.as_cloud()) == ()
    assert observe_database(cloud.as_cloud(), rates=True) is None


def test_what_is_usual_needs_five_measurements(cloud: FakeCloud) -> None:
    for rate in (10.0, 30.0, 20.0, 1000.0):
        remember_activity(cloud.as_cloud(), measured(rate, rate / 10))
    few = with_usual(cloud.as_cloud(), measured(5, 5))
    remember_activity(cloud.as_cloud(), measured(25.0, 2.5))
    enough = with_usual(cloud.as_cloud(), measured(5, 5))

    assert few == measured(5, 5)
    assert enough.bus is not None
    assert enough.database is not None
    assert (enough.bus.usual_publish_rate, enough.database.usual_insert_rate) == (25.0, 2.5)


def test_what_was_not_measured_is_not_remembered(cloud: FakeCloud) -> None:
    remember_activity(cloud.as_cloud(), measured(None, None))
    remember_activity(cloud.as_cloud(), CloudState("test", ""))
    remember_activity(
        cloud.as_cloud(), CloudState("test", "", bus=BusState(reachable=True, publish_rate=3))
    )

    assert cloud.ledger.median_activity("test").measurements == 1


def test_a_cloud_without_a_database_has_no_usual_insert_rate(cloud: FakeCloud) -> None:
    for _ in range(5):
        remember_activity(cloud.as_cloud(), measured(1.0, 1.0))

    found = with_usual(cloud.as_cloud(), CloudState("test", ""))

    assert (found.bus, found.database) == (None, None)


def test_an_open_upgrade_brings_its_baseline_and_evidence(cloud: FakeCloud) -> None:
    baseline = clouds.agents_of(INVENTORY, "8.1.5")
    plan = json.dumps({"hash": "abc", "path": "full", "from": ["8.1.5"], "to": "9.0.7"})
    lease = cloud.ledger.lease("test", "me", 60)
    upgrade = cloud.ledger.begin(lease, plan, json.dumps(instances_to_json(baseline)))
    cloud.ledger.add_evidence(upgrade, "database/dbsync", "9.0.7", "now", "")

    found = with_history(cloud.as_cloud(), measured(1, 1))

    assert found.baseline == baseline
    assert [one.node for one in found.evidence] == ["database/dbsync"]
