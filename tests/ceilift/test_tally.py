"""How far a run is, in a table that an operator reads while it goes on."""

from __future__ import annotations

from ceilift.tally import Tally
from tests.golden import FILES, read


def tally() -> Tally:
    golden = read(next(file for file in FILES if file.stem == "partial-one-group"))
    return Tally(golden.planned(golden.state))


def test_a_node_nobody_told_of_is_not_started() -> None:
    made = tally()

    assert made.share == 0
    assert "| notification | 0 | 0 | 0 | 0 | 8 |" in made.to_markdown()


def test_what_runs_what_failed_and_what_is_done_are_told_apart() -> None:
    made = tally()
    for node in ("notification/stop/ctl1", "notification/start/ctl1"):
        made.started(node)
        made.finished(node, "done")
    made.started("notification/proven/ctl1")
    made.finished("notification/proven/ctl1", "paused")
    made.started("notification/enable/ctl1")

    text = made.to_markdown()

    assert "| notification | 2 | 1 | 0 | 1 | 4 |" in text
    assert "Running: `notification/enable/ctl1`" in text
    assert "Paused: `notification/proven/ctl1`" in text
    assert text.startswith("# test to 17.0.2: 8.3 % done")
    assert made.to_markdown("Paused").startswith("# test to 17.0.2: Paused")


def test_a_dry_run_counts_as_done() -> None:
    made = tally()
    nodes = [node for stage in made.plan.stages for wave in stage.batches for node in wave]
    for node in nodes:
        made.finished(node, "dry")

    assert made.share == 100
