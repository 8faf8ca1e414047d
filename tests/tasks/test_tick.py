"""When polling agents are stopped: just after a poll, at once when nobody can tell."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from ceilift.account import Learned
from ceilift.clock import now
from ceilift.errors import TransientError
from ceilift.state import Sample
from tasks import tick
from tasks.session import Session
from tasks.tick import POLL_AND_STORE_S, await_poll
from tests import clouds
from tests.fakes import FakeStore
from tests.tasks.conftest import Runs

INTERVAL_S = 10.0


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited, which pass at once."""
    found: list[float] = []

    class NoWait(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            found.append(timeout or 0.0)
            return False

    monkeypatch.setattr(tick, "threading", SimpleNamespace(Event=NoWait))
    return found


def polled(runs: Runs, age_s: float) -> Session:
    """A run in which the first agent's own resource was measured so long ago."""
    session = runs.open()
    agents = clouds.agents_of(runs.cloud.inventory, "8.1.5")
    session.before = tuple(
        replace(one, config=replace(one.config, interval_s=INTERVAL_S)) for one in agents
    )
    first = next(gate for gate in session.plan.gates if gate.kind == "polling").targets[0].host
    session.learned = {("cpu", first): Learned(INTERVAL_S, configured=True)}
    moment = now() - age_s
    assert runs.cloud.samples is not None
    runs.cloud.samples.samples.append(Sample("cpu", first, moment, moment, "m"))
    return session


def test_it_waits_for_the_next_poll_of_the_first_agent(runs: Runs, waits: list[float]) -> None:
    said = await_poll(polled(runs, age_s=6))

    assert said.startswith("just after a poll")
    assert waits == [pytest.approx(INTERVAL_S - 6 + POLL_AND_STORE_S, abs=1)]


def test_all_agents_share_the_moment(runs: Runs, waits: list[float]) -> None:
    session = polled(runs, age_s=6)
    await_poll(session)
    moment = session.polling_stop_at
    runs.cloud.samples = FakeStore(error=TransientError("away"))

    await_poll(session)

    assert session.polling_stop_at == moment
    assert len(waits) == 2


@pytest.mark.parametrize("age_s", [0.1, 25.0])
def test_a_poll_just_now_or_none_lately_is_not_waited_for(
    runs: Runs, waits: list[float], age_s: float
) -> None:
    assert await_poll(polled(runs, age_s)) == "at once"
    assert waits == []


def test_a_store_that_does_not_answer_never_fails_a_stop(runs: Runs, waits: list[float]) -> None:
    session = polled(runs, age_s=6)
    runs.cloud.samples = FakeStore(error=TransientError("away"))

    assert await_poll(session) == "at once"
    assert waits == []


def test_a_far_tick_is_not_waited_for(runs: Runs, waits: list[float]) -> None:
    session = runs.open()
    session.polling_stop_at = now() + tick.LONGEST_WAIT_S + 5

    assert await_poll(session) == "at once"
    assert waits == []
