"""The end of a run on the terminal: where its picture is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from prefect.states import Completed

from ceilift.plan import Plan, Request
from ceilift.report import Ended, Report, Timing, make_report
from flows.cli import terminal
from flows.cli.terminal import save_picture
from flows.conduct import ENDED

SVG = "<svg xmlns='http://www.w3.org/2000/svg'>\u00e9</svg>"
TIMING = Timing(begun=0.0, ended=1.0, pending_s=0.0)


def report(picture: str) -> Report:
    plan = Plan(
        cloud="demo",
        path="full",
        releases=("8.1.5",),
        to="9.0.7",
        stages=(),
        steps=(),
        gates=(),
        point_of_no_return=None,
        findings=(),
        request=Request(to="9.0.7"),
    )
    made = make_report(plan, Ended("done", ()), TIMING)
    return replace(made, picture=picture)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CEILIFT_STATE", str(tmp_path))
    return tmp_path


def test_the_picture_is_written_and_its_place_told(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = report(SVG)

    save_picture(made)

    file = state / "reports" / f"demo-{made.plan_hash}.svg"
    assert file.read_text(encoding="utf-8") == SVG
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"Picture: {file}\n")


def test_no_picture_is_no_word(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_picture(report(""))

    assert not list(state.iterdir())
    assert capsys.readouterr() == ("", "")


def test_a_folder_that_cannot_be_written_is_told_and_no_failure(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (state / "reports").write_text("in the way")

    save_picture(report(SVG))

    assert "could not be written" in capsys.readouterr().err


def test_a_run_that_is_done_is_told_so_though_the_server_is_gone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def server_is_gone(_form: object, *, return_state: bool) -> None:
        assert return_state
        ENDED.set(Completed(message="everything is done"))
        raise ConnectionRefusedError("nobody listens")

    monkeypatch.setattr(terminal, "_flow", lambda _kind: server_is_gone)

    ended, told = terminal._carried_out("full", object())  # type: ignore[arg-type] # not looked at

    assert (ended.message, told) == ("everything is done", False)
    assert "could not be told how the run ended: nobody listens" in capsys.readouterr().err
