"""`ceilift rollback`: what it asks for; it begins nothing where nothing is to be undone."""

from __future__ import annotations

from pathlib import Path

import yaml
from typer.testing import CliRunner

from ceilift.plan import Accepted, Request
from flows.cli import app
from flows.cli.lines import upgrade_command
from flows.cli.rollback import rollback_form
from flows.rollback_form import parse_rollback
from tests import clouds

CLOUD = clouds.inventory({"ctl1": ["collector", "polling-central"]})


def test_where_nothing_was_upgraded_it_is_refused_and_says_so(tmp_path: Path) -> None:
    data = {**CLOUD.model_dump(mode="json", exclude_defaults=True), "ledger": "sqlite:///l.db"}
    file = tmp_path / "cloud.yaml"
    file.write_text(yaml.safe_dump(data))

    done = CliRunner().invoke(app, ["rollback", "--inventory", str(file)])

    assert done.exit_code == 3, done.output
    assert "knows no upgrade of cloud test" in done.output
    assert "Traceback" not in done.output


def test_its_line_repeats_every_wish() -> None:
    asked = Request(
        to="8.1.5",
        path="partial",
        stop_all=("polling",),
        without=(Accepted("ctl2", "broken fan"),),
        first="ctl1",
        rollback=True,
        restore_database=True,
    )

    line = upgrade_command(asked, Path("cloud.yaml"))

    assert line == (
        "ceilift rollback --inventory cloud.yaml --first ctl1 --without ctl2"
        " --reason 'broken fan' --stop-all polling --restore-database"
    )


def test_its_form_carries_every_wish() -> None:
    asked = Request(
        to="",
        first="ctl1",
        stop_all=("polling",),
        accept=(Accepted("unknown-release", "known to us"),),
        probe=True,
        rollback=True,
        restore_database=True,
    )

    form = parse_rollback(rollback_form(asked, Path("cloud.yaml")))

    assert form.exceptions(Request(to="", rollback=True)).accept == asked.accept
    assert (form.first, form.stop_all, form.probe) == ("ctl1", ["polling"], True)
    assert form.restore_database
    assert form.window == "any-time"
    assert form.dry_run
