"""An open upgrade is given up: told from a real ledger, and never under a run's hands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from ceilift.ledger.store import Ledger
from ceilift.plan_json import instances_to_json, plan_to_json
from ceilift.planner import make_plan
from flows.cli import app
from tests import clouds

CLOUD = clouds.inventory({"ctl1": ["collector", "polling-central"]})


class Begun:
    """A cloud whose open upgrade has stopped its collector."""

    def __init__(self, folder: Path) -> None:
        data = {**CLOUD.model_dump(mode="json", exclude_defaults=True), "ledger": "sqlite:///l.db"}
        self.file = folder / "cloud.yaml"
        self.file.write_text(yaml.safe_dump(data))
        self.ledger = Ledger(f"sqlite:///{folder / 'l.db'}")
        state = clouds.all_at(CLOUD, "8.1.5")
        plan = make_plan(CLOUD, state, clouds.catalogue(), clouds.request())
        self.lease = self.ledger.leases.take("test", "somebody", 60)
        texts = json.dumps(plan_to_json(plan)), json.dumps(instances_to_json(state.instances))
        upgrade = self.ledger.begin(self.lease, *texts)
        journal = self.ledger.start_run(upgrade, self.lease, "upgrade")
        for node in ("database/backup", "collector/stop/ctl1"):
            intent = journal.intend(node, "ctl1", "why")
            journal.outcome(intent, "done", "")
            self.ledger.add_evidence(upgrade, node, "9.0.7", "2026-12-01T00:00:00+00:00", "")
        self.ledger.end_run(journal.run, "failed")

    def abandon(self, *words: str) -> Result:
        return CliRunner().invoke(app, ["abandon", "--inventory", str(self.file), *words])


@pytest.fixture
def begun(tmp_path: Path) -> Begun:
    return Begun(tmp_path)


def test_it_is_closed_with_its_reason_and_what_it_leaves_is_named(begun: Begun) -> None:
    begun.ledger.leases.release(begun.lease)

    done = begun.abandon("--reason", "another release after all", "--format", "json")

    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["stopped"] == ["ceilometer-collector on ctl1"]
    assert said["beside"] == []
    assert said["next"] == f"ceilift plan --inventory {begun.file} --to 9.0.7 --path full"
    past = begun.ledger.history("test")[0]
    assert (past.outcome, past.detail) == ("abandoned", "another release after all")
    begun.ledger.dispose()


def test_it_is_not_closed_while_a_run_acts(begun: Begun) -> None:
    done = begun.abandon("--reason", "enough")

    assert done.exit_code == 3
    assert "is held by somebody" in done.output
    assert begun.ledger.open_upgrade("test") is not None
    begun.ledger.dispose()


def test_a_blank_reason_is_no_reason(begun: Begun) -> None:
    done = begun.abandon("--reason", "  ")

    assert done.exit_code == 2
    assert begun.ledger.open_upgrade("test") is not None
    begun.ledger.dispose()


def test_where_none_is_open_there_is_nothing_to_abandon(begun: Begun) -> None:
    begun.ledger.leases.release(begun.lease)
    begun.abandon("--reason", "enough")

    again = begun.abandon("--reason", "enough")

    assert again.exit_code == 3
    assert "no open upgrade" in again.output
    begun.ledger.dispose()


def test_a_run_that_waits_for_an_answer_is_let_go(begun: Begun) -> None:
    begun.ledger.leases.release(begun.lease)
    begun.abandon("--reason", "enough")
    waiting = begun.ledger.leases.take("test", "flow run x", 60)
    begun.ledger.leases.renew(waiting, 3600, "waits for an answer (start)")

    done = begun.abandon("--reason", "asked too early", "--format", "json")

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["run"] == "flow run x"
    assert begun.ledger.leases.holder("test") is None
    begun.ledger.dispose()
