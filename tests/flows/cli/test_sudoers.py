"""`ceilift inventory sudoers`: the files of all hosts, or of one, without asking any of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from flows.cli import app
from tests import clouds

CLOUD = clouds.inventory({"ctl1": ["collector"], "pol1": ["polling-central"]})


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    data = CLOUD.model_dump(mode="json", exclude_defaults=True)
    data["ssh"] = {"user": "deploy", "become": {"method": "sudo"}}
    data["hosts"][1]["ssh"] = {"user": "root"}
    file = tmp_path / "cloud.yaml"
    file.write_text(yaml.safe_dump(data))
    return file


def said(*words: str) -> Any:  # noqa: ANN401 - typer's result
    return CliRunner().invoke(app, ["inventory", "sudoers", *words])


def test_each_host_has_its_own(inventory: Path) -> None:
    done = said("--inventory", str(inventory))
    assert done.exit_code == 0, done.output
    assert "deploy ALL=(root) NOPASSWD: CEILIFT\n" in done.output
    assert "# pol1: Ceilift logs in as root there, and needs no sudo." in done.output


def test_one_host_as_json(inventory: Path) -> None:
    done = said("pol1", "--inventory", str(inventory), "--format", "json")
    [found] = json.loads(done.output)
    assert (found["host"], found["user"], found["needed"]) == ("pol1", "root", False)


def test_a_host_that_is_not_there_is_named_beside_those_that_are(inventory: Path) -> None:
    done = said("pol2", "--inventory", str(inventory))
    assert done.exit_code == 2
    assert "pol2: is no host of it. Name one of ctl1, pol1" in " ".join(done.output.split())
