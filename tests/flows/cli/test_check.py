"""`ceilift check mantra`: exit codes for CI, what is let pass, and what may be named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flows.cli import app


def mantra(*words: str) -> Result:
    return CliRunner().invoke(app, ["check", "mantra", *words])


def test_where_it_is_kept_it_ends_with_0() -> None:
    done = mantra("16.0.1", "17.0.2")

    assert done.exit_code == 0, done.output
    assert "The mantra is kept." in done.output


def test_where_it_is_broken_it_ends_with_1_and_says_who_uses_it() -> None:
    done = mantra("17.0.2", "21.0.1")

    assert done.exit_code == 1
    assert "Error sample.user_name.demanded" in done.output
    assert "notification agents of 21.0.1 fail on what 17.0.2 has sent" in done.output


def test_what_is_allowed_is_recorded_with_its_reason() -> None:
    ids = ("sample.user_name.demanded", "sample.project_name.demanded")
    words = [word for name in ids for word in ("--allow", name, "--reason", "polling goes first")]

    done = mantra("17.0.2", "21.0.1", *words, "--format", "json")

    assert done.exit_code == 0
    found = json.loads(done.stdout)["findings"]
    assert {one["id"] for one in found if one["allowed"] == "polling goes first"} == set(ids)
    assert {one["severity"] for one in found if one["id"] in ids} == {"error"}


METERS = "metric: [{name: clusters, event_type: sahara.cluster.create}]\n"


def test_what_a_file_of_ones_own_uses_is_an_error(tmp_path: Path) -> None:
    own, other = tmp_path / "own.yaml", tmp_path / "other.yaml"
    own.write_text(METERS, encoding="utf-8")
    other.write_text(METERS.replace("sahara", "trove"), encoding="utf-8")

    kept = mantra("22.0.1", "23.0.2", "--file", str(other))
    broken = mantra("22.0.1", "23.0.2", "--file", str(other), "--file", str(own))

    assert (kept.exit_code, broken.exit_code) == (0, 1)
    assert "Warning exchange.sahara.gone" in kept.output
    assert "Error exchange.sahara.gone" in broken.output
    assert "used by your own own.yaml" in broken.output


def test_a_file_that_cannot_be_read_is_bad_input(tmp_path: Path) -> None:
    blob = tmp_path / "blob.yaml"
    blob.write_bytes(b"\xff\xfe\x00")

    done = mantra("22.0.1", "23.0.2", "--file", str(tmp_path / "gone"), "--file", str(blob))

    assert done.exit_code == 2
    said = " ".join(done.output.split())
    assert "cannot be read (No such file or directory)" in said
    assert "cannot be read (no UTF-8)" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("16.0.1", "17.0.2", "--allow", "x.y", "--reason", "z"), "there is no finding 'x.y'"),
        (("16.0.1", "17.0.2", "--allow", "x.y"), "--reason"),
        (("4.0.0", "17.0.2"), "4.0.0: cannot be read"),
        (("9.0.1", "9.0.7"), "was never published"),
    ],
)
def test_bad_input_is_told_and_nothing_is_judged(words: tuple[str, ...], said: str) -> None:
    done = mantra(*words)

    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_a_folder_without_ceilometer_is_bad_input(tmp_path: Path) -> None:
    done = mantra(str(tmp_path), "17.0.2")

    assert done.exit_code == 2
    assert "no Ceilometer is installed there" in " ".join(done.output.split())
