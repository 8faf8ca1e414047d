"""Which upgrade a rollback takes back, told from a real ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ceilift.errors import RefusedError
from ceilift.ledger.store import Ledger
from ceilift.plan import Plan
from ceilift.plan_json import plan_to_json
from ceilift.planner import make_plan
from ceilift.undone import undone_upgrade
from tests import clouds
from tests.ceilift.past import begin
from tests.fakes import fake_ledger

CLOUD = clouds.inventory({"ctl1": ["collector", "polling-central"]})
BEFORE = clouds.all_at(CLOUD, "8.1.5")
PLAN = make_plan(CLOUD, BEFORE, clouds.catalogue(), clouds.request())


def way_back() -> Plan:
    state = replace(clouds.all_at(CLOUD, "9.0.7"), former=BEFORE.instances, left="9.0.7")
    asked = clouds.request("8.1.5", rollback=True)
    return make_plan(CLOUD, state, clouds.catalogue(), asked)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = fake_ledger(tmp_path)
    yield made
    made.dispose()


def test_where_nothing_was_upgraded_nothing_is_taken_back(ledger: Ledger) -> None:
    with pytest.raises(RefusedError, match="knows no upgrade"):
        undone_upgrade(ledger, "test")


@pytest.mark.parametrize("outcome", ["", "done", "abandoned"])
def test_the_last_upgrade_is_taken_back_however_it_ended(ledger: Ledger, outcome: str) -> None:
    number = begin(ledger, PLAN, BEFORE)
    if outcome:
        ledger.close(number, outcome)

    found = undone_upgrade(ledger, "test")

    assert (found.number, found.plan, found.by) == (number, PLAN, None)
    assert found.former == BEFORE.instances


def test_a_plan_that_was_approved_later_counts(ledger: Ledger) -> None:
    later = make_plan(CLOUD, BEFORE, clouds.catalogue(), clouds.request(api_after="database"))
    number = begin(ledger, PLAN, BEFORE)
    ledger.save_document(number, "plan", later.hash, plan_to_json(later))

    assert undone_upgrade(ledger, "test").plan == later


def test_an_open_rollback_goes_on_with_what_it_takes_back(ledger: Ledger) -> None:
    number = begin(ledger, PLAN, BEFORE)
    back = begin(ledger, way_back(), clouds.all_at(CLOUD, "9.0.7"), undoes=number)

    found = undone_upgrade(ledger, "test")

    assert found.number == number
    assert found.by is not None
    assert found.by.id == back
    assert found.former == BEFORE.instances


def test_a_rollback_that_was_given_up_may_be_begun_again(ledger: Ledger) -> None:
    number = begin(ledger, PLAN, BEFORE)
    ledger.close(begin(ledger, way_back(), BEFORE, undoes=number), "abandoned")

    found = undone_upgrade(ledger, "test")

    assert (found.number, found.by) == (number, None)


def test_what_was_taken_back_is_not_taken_back_again(ledger: Ledger) -> None:
    number = begin(ledger, PLAN, BEFORE)
    ledger.close(begin(ledger, way_back(), BEFORE, undoes=number), "done")

    with pytest.raises(RefusedError, match=f"upgrade {number} .* was rolled back already"):
        undone_upgrade(ledger, "test")
