"""What `ceilift inventory discover` is given is checked before any host is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ceilift.errors import BAD_INPUT
from flows.cli import app


def asked(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["inventory", "discover", *words])
    return done.exit_code, done.output + done.stderr


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    code, said = asked("ctl1", "ctl1", "--write", str(tmp_path / "new.yaml"), "a b")

    assert code == BAD_INPUT
    assert "HOST: ctl1: is given twice" in said
    assert "HOST: a b: " in said
    assert not (tmp_path / "new.yaml").exists()


@pytest.mark.parametrize("words", [("--port", "99999")])
def test_an_option_that_cannot_be_is_named(words: tuple[str, str], tmp_path: Path) -> None:
    code, said = asked("ctl1", *words, "--write", str(tmp_path / "new.yaml"))

    assert code == BAD_INPUT
    assert words[0] in said


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    there = tmp_path / "inventory.yaml"
    there.write_text("mine")

    code, said = asked("ctl1", "--write", str(there))

    assert code == BAD_INPUT
    assert "is already there" in said
    assert there.read_text() == "mine"
