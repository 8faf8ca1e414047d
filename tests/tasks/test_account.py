"""A run that failed is told at once: nothing is waited for, and nothing is asked."""

from __future__ import annotations

from ceilift.account import Learned, Span
from ceilift.errors import StepFailedError
from tasks.account import account_for
from tests.tasks.conftest import Runs


def test_after_a_failure_nothing_is_waited_for(runs: Runs) -> None:
    session = runs.open()
    session.learned = {("cpu", "vm1"): Learned(3600.0, configured=True)}
    session.spans = [Span("collector", 0.0, 10.0)]
    session.halt(StepFailedError("no disk"))
    assert account_for(session) is None
    assert not runs.cloud.timeline.intervals()
