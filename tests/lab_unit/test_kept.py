"""Results of scenarios, kept by commit as they are."""

from __future__ import annotations

from pathlib import Path

from lab.accept.checks import Checks
from lab.accept.kept import Kept, kept_results
from lab.errors import LabError


def failing(checks: Checks) -> str:
    checks.demand("polls missed", met=False, figure=2)
    return "the row"


def never(_checks: Checks) -> str:
    raise AssertionError("it was run again")


def test_a_result_is_told_again_and_not_run_again(tmp_path: Path) -> None:
    file, checks = tmp_path / "kept.jsonl", Checks("partial")
    kept_results(file, "abc").once(Checks("partial"), "1 seed 1", failing)

    assert kept_results(file, "abc").once(checks, "1 seed 1", never) == "the row"
    assert [(one.name, one.met, one.figure) for one in checks.found] == [
        ("polls missed", False, "2")
    ]
    assert not checks.passed


def test_another_commit_has_no_results(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    kept_results(file, "abc").once(Checks("partial"), "1", failing)

    assert kept_results(file, "def").found == {}


def test_without_a_commit_nothing_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"

    kept_results(file, "").once(Checks("partial"), "1", failing)

    assert not file.exists()
    assert kept_results(file, "").found == {}


def test_a_run_that_cannot_be_made_has_failed_and_the_next_is_run(tmp_path: Path) -> None:
    checks, kept = Checks("partial"), Kept(tmp_path / "kept.jsonl", "abc")

    def broken(_checks: Checks) -> str:
        raise LabError("no agent ticks there")

    kept.once(checks, "1 seed 1", broken)
    kept.once(checks, "1 seed 2", failing)

    assert [one.met for one in checks.found] == [False, False]
    assert "no agent ticks there" in checks.found[0].figure
