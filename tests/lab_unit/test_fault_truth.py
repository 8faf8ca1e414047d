"""The pictures of what runs: those in which a report may have seen the hosts."""

from __future__ import annotations

import pytest

from lab.accept import fault_truth
from lab.accept.fault_bed import Bed
from lab.accept.fault_judge import Agents
from lab.accept.fault_truth import Pictures
from lab.standin import records
from lab.standin.records import Written
from lab.waiting import until

STEPS = [
    [Written("a", "ctl1", 0, "done"), Written("b", "ctl1", 0, "")],
    [Written("a", "ctl1", 0, "done"), Written("b", "ctl1", 0, "failed")],
]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Which looks were made: five with the second step under way, and then with its end."""
    made: list[int] = []

    def seen(_bed: Bed) -> Agents:
        made.append(len(made))
        return {("ctl1", "collector"): (str(made[-1]),)}

    monkeypatch.setattr(fault_truth, "EVERY_S", 0.001)
    monkeypatch.setattr(fault_truth, "agents", seen)
    monkeypatch.setattr(records, "written", lambda _bed: STEPS[len(made) >= 5])
    return made


def test_a_report_is_held_against_what_ran_since_the_last_step_ended(looks: list[int]) -> None:
    pictures = Pictures(Bed(0))
    with pictures.taken():
        until(lambda: len(looks) > 8, "some are taken", 20, every=0.001)

    found = [one["ctl1", "collector"] for one in pictures.while_reported()]

    assert found == [(str(number),) for number in range(4, len(looks))]
