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
