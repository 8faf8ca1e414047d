"""Accounting for polls: how long it watches, and what it does after a failure."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from ceilift.account import Learned, Span
from ceilift.clock import now
from ceilift.component import Component
from ceilift.errors import StepFailedError
from ceilift.state import QueueState, Sample
from tasks import account
from tasks.account import account_for, configured_intervals, learn_intervals, verify_now
from tasks.session import Session
from tests.tasks.conftest import Runs

INTERVAL_S = 1.0


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited, which pass at once."""
    found: list[float] = []

    class NoWait(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            found.append(timeout or 0.0)
            return False

    monkeypatch.setattr(account, "threading", SimpleNamespace(Event=NoWait))
    return found


def polled(runs: Runs) -> Session:
    """A run of one stage, over now, with polls every second all the while."""
    session, moment = runs.open(), now()
    session.learned = {("cpu", "r"): Learned(INTERVAL_S, configured=True)}
    session.spans = [Span("polling", moment - 4, moment)]
    session.opened = moment - 4
    assert runs.cloud.samples is not None
    runs.cloud.samples.samples += [
        Sample("cpu", "r", moment + n, moment + n, f"m{n}") for n in range(-12, 6)
    ]
    return session


def test_it_watches_three_intervals_more(runs: Runs, waits: list[float]) -> None:
    found = account_for(polled(runs))

    assert found is not None
    assert found.missed == 0
    assert waits[0] == pytest.approx(3 * INTERVAL_S + account.STORE_DELAY_S, abs=0.5)


def test_after_a_failure_the_operator_does_not_wait(runs: Runs, waits: list[float]) -> None:
    session = polled(runs)
    session.halt(StepFailedError("no disk"))

    assert account_for(session) is None
    assert waits == []


def test_what_waits_in_a_queue_is_waited_for(
    runs: Runs, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "DRAIN_S", 0.05)
    runs.cloud.broker.depths = [QueueState("metering.sample", 3, 0, 1)]

    account_for(polled(runs))

    assert len(waits) > 2


@pytest.mark.parametrize("missing", ["learned", "spans", "samples"])
def test_without_something_to_go_by_there_is_no_account(
    runs: Runs, waits: list[float], missing: str
) -> None:
    session = polled(runs)
    if missing == "samples":
        runs.cloud.samples = None
    else:
        getattr(session, missing).clear()

    assert account_for(session) is None
    assert waits == []


def test_intervals_are_those_of_polling_agents_each_once(runs: Runs) -> None:
    assert configured_intervals(runs.state()) == (10.0,)
    kinds = {one.component for one in runs.state().instances}
    assert Component.COLLECTOR in kinds


def test_nothing_is_learned_without_samples_or_intervals(runs: Runs) -> None:
    cloud = runs.cloud.as_cloud()
    assert learn_intervals(cloud, (), now()) == {}
    runs.cloud.samples = None
    assert learn_intervals(cloud, (10.0,), now()) == {}
    assert verify_now(cloud, (10.0,), intervals=4) is None
