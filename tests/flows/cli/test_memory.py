"""What `status` says of an open upgrade, told from a real ledger."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from ceilift.ledger.store import Ledger
from ceilift.plan_json import instances_to_json, plan_to_json
from ceilift.planner import make_plan
from flows.cli import app
from tests import clouds

CLOUD = clouds.inventory({"ctl1": ["collector", "polling-central"]})
SAID = "judge again: ceilift resume --inventory lab.yaml"


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    data = {**CLOUD.model_dump(mode="json", exclude_defaults=True), "ledger": "sqlite:///l.db"}
    file = tmp_path / "cloud.yaml"
    file.write_text(yaml.safe_dump(data))
    return file


def begun(file: Path, outcome: str, lease_s: float = 60) -> None:
    """An open upgrade whose last run ended so, with a report that says what to type.

    Without an outcome it did not end: the process may live.
    """
    state = clouds.all_at(CLOUD, "8.1.5")
    plan = make_plan(CLOUD, state, clouds.catalogue(), clouds.request())
    ledger = Ledger(f"sqlite:///{file.parent / 'l.db'}")
    lease = ledger.leases.take("test", "somebody", lease_s)
    texts = json.dumps(plan_to_json(plan)), json.dumps(instances_to_json(state.instances))
    upgrade = ledger.begin(lease, *texts)
    ledger.approve(upgrade, plan.hash, "ada", "terminal")
    journal = ledger.start_run(upgrade, lease, "upgrade")
    ledger.save_document(upgrade, "report", plan.hash, {"next_command": SAID})
    if outcome:
        ledger.end_run(journal.run, outcome)
        ledger.leases.release(lease)
    ledger.dispose()


def status(file: Path) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["status", "--inventory", str(file), "--format", "json"])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_after_a_failure_the_reports_way_on_is_offered(inventory: Path) -> None:
    begun(inventory, "failed")

    found = status(inventory)

    assert (found["state"], found["approved_by"], found["next"]) == ("failed", "ada", SAID)
    assert {node["status"] for node in found["nodes"]} == {"not started"}


def test_an_interrupted_run_is_resumed_whatever_an_older_report_said(inventory: Path) -> None:
    begun(inventory, "interrupted")

    assert status(inventory)["next"] == f"ceilift resume --inventory {inventory}"


def told(file: Path) -> str:
    done = CliRunner().invoke(app, ["status", "--inventory", str(file)])
    assert done.exit_code == 0, done.output
    return done.output


def test_who_holds_it_is_told_with_the_moment_from_which_nobody_does(inventory: Path) -> None:
    begun(inventory, "", lease_s=100)

    found = re.search(r"Held by somebody; its lease ends in (\d+) s, unless", told(inventory))

    assert found is not None
    assert 40 < int(found[1]) <= 100
    assert status(inventory)["state"] == "running"


def test_a_run_whose_process_is_gone_is_interrupted_when_its_lease_has_ended(
    inventory: Path,
) -> None:
    begun(inventory, "", lease_s=0)

    assert "Held by" not in told(inventory)
    assert status(inventory)["state"] == "interrupted"


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_without_an_upgrade_a_host_that_was_not_reached_is_not_told_as_empty(
    inventory: Path, tmp_path: Path
) -> None:
    data = yaml.safe_load(inventory.read_text())
    (tmp_path / "known_hosts").touch()
    data["hosts"][0]["address"] = "127.0.0.1"
    data["ssh"] = {"port": 1, "known_hosts": str(tmp_path / "known_hosts")}
    inventory.write_text(yaml.safe_dump(data))

    assert "Not reached, so not known: ctl1" in told(inventory)
    assert status(inventory)["not_reached"] == ["ctl1"]
    assert not (tmp_path / "l.db").exists()  # looking makes no ledger
