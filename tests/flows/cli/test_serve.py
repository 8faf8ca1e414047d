"""`serve` where nothing runs yet: it says so, and starts nothing to find out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ceilift.errors import FAILED
from flows.cli import app


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CEILIFT_STATE", str(tmp_path))


def serve(*words: str) -> Result:
    return CliRunner().invoke(app, ["serve", *words])


def test_there_is_nothing_to_stop() -> None:
    done = serve("--stop", "--format", "json")

    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"stopped": []}


def test_no_server_is_told_with_the_command_that_starts_one() -> None:
    done = serve("--status")

    assert done.exit_code == FAILED
    assert "Next: ceilift serve" in done.output


def test_an_example_is_written_once(tmp_path: Path) -> None:
    file = tmp_path / "cloud.yaml"
    words = ["inventory", "init", str(file), "--format", "json"]

    first, again = (CliRunner().invoke(app, words) for _ in range(2))

    assert json.loads(first.stdout) == {"wrote": str(file)}
    assert "is already there" in again.output
    assert again.exit_code != 0
