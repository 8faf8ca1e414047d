"""The form of a rollback: what it is told, on top of what the ledger knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from ceilift.plan import Accepted
from ceilift.planner import make_plan
from flows.rollback_form import RollbackForm
from tests import clouds
from tests.ceilift.past import begin
from tests.fakes import FakeCloud, fake_ledger

CLOUD = clouds.inventory({"ctl1": ["collector", "polling-central"]})


def test_it_adds_its_own_wishes_to_what_the_ledger_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CEILIFT_STATE", str(tmp_path / "state"))
    cloud = FakeCloud(CLOUD, fake_ledger(tmp_path))
    before = clouds.all_at(CLOUD, "8.1.5")
    asked = clouds.request(path="partial", stop_all=("collector",))
    begin(cloud.ledger, make_plan(CLOUD, before, clouds.catalogue(), asked), before)
    form = RollbackForm.model_validate(
        {
            "inventory": "x.yaml",
            "stop_all": ["polling", "collector"],
            "without": [{"name": "ctl1", "reason": "broken"}],
        }
    )

    wish = form.wish(cloud.as_cloud())

    assert (wish.to, wish.path, wish.rollback) == ("8.1.5", "partial", True)
    assert wish.stop_all == ("collector", "polling")
    assert wish.without == (Accepted("ctl1", "broken"),)
    cloud.ledger.dispose()


def test_a_restore_that_was_asked_for_stays_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half restored the database is of no use; what began with it goes on with it."""
    monkeypatch.setenv("CEILIFT_STATE", str(tmp_path / "state"))
    cloud = FakeCloud(CLOUD, fake_ledger(tmp_path))
    before = clouds.all_at(CLOUD, "8.1.5")
    asked = make_plan(CLOUD, before, clouds.catalogue(), clouds.request())
    number = begin(cloud.ledger, asked, before)
    plain = RollbackForm.model_validate({"inventory": "x.yaml"})
    restoring = RollbackForm.model_validate({"inventory": "x.yaml", "restore_database": True})
    assert not plain.wish(cloud.as_cloud()).restore_database
    wish = restoring.wish(cloud.as_cloud())
    assert wish.restore_database

    state = clouds.all_at(CLOUD, "9.0.7", former=before.instances, left="9.0.7")
    begin(cloud.ledger, make_plan(CLOUD, state, clouds.catalogue(), wish), state, number)

    assert plain.wish(cloud.as_cloud()).restore_database
    cloud.ledger.dispose()
