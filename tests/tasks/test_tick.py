"""When polling agents are stopped: once a poll is stored, at once when nobody can tell."""

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
from tasks.tick import await_poll
from tests import clouds
from tests.fakes import FakeStore
from tests.tasks.conftest import Runs

INTERVAL_S = 10.0
METERS = ("cpu", "memory")


def store_of(session: Session) -> FakeStore:
    store = session.cloud.samples
    assert isinstance(store, FakeStore)
    return store


def first_host(session: Session) -> str:
    return next(gate for gate in session.plan.gates if gate.kind == "polling").targets[0].host


def measured(session: Session, meter: str, age_s: float) -> Sample:
    moment = now() - age_s
    return Sample(meter, first_host(session), moment, moment, f"{meter}-{moment}")


@pytest.fixture
def session(runs: Runs) -> Session:
    """A run whose first agent polls two meters of its own resource."""
    opened = runs.open()
    agents = clouds.agents_of(runs.cloud.inventory, "8.1.5")
    opened.before = tuple(
        replace(one, config=replace(one.config, interval_s=INTERVAL_S)) for one in agents
    )
    host = first_host(opened)
    opened.learned = {(meter, host): Learned(INTERVAL_S, configured=True) for meter in METERS}
    return opened


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch, session: Session) -> list[int]:
    """How many samples were stored at each look. One more is stored between two looks."""
    found: list[int] = []
    coming = list(METERS)

    class StoresOne(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            assert timeout is not None
            store = store_of(session)
            found.append(len(store.samples))
            if coming:
                store.samples.append(measured(session, coming.pop(0), 0.0))
            return False

    monkeypatch.setattr(tick, "threading", SimpleNamespace(Event=StoresOne, Lock=threading.Lock))
    return found


def test_it_waits_until_every_meter_of_the_next_poll_is_stored(
    session: Session, looks: list[int]
) -> None:
    store_of(session).samples += [measured(session, meter, 6) for meter in METERS]

    assert await_poll(session).startswith("just after a poll")
    assert looks == [2, 3]


def test_a_poll_just_now_is_taken(session: Session, looks: list[int]) -> None:
    store_of(session).samples += [measured(session, meter, 0.5) for meter in METERS]

    assert await_poll(session).startswith("just after a poll")
    assert looks == []


def test_all_agents_share_the_moment(session: Session, looks: list[int]) -> None:
    store_of(session).samples += [measured(session, meter, 6) for meter in METERS]
    await_poll(session)
    store_of(session).samples.clear()

    assert await_poll(session).startswith("just after a poll")
    assert len(looks) == 2


def test_a_poll_that_does_not_come_is_given_up(
    session: Session, looks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    store_of(session).samples += [measured(session, meter, 6) for meter in METERS]
    monkeypatch.setattr(tick, "LATE", -1)

    assert await_poll(session) == "at once"
    assert looks == []


def test_silence_is_not_waited_for(session: Session, looks: list[int]) -> None:
    store_of(session).samples += [measured(session, meter, 25) for meter in METERS]

    assert await_poll(session) == "at once"
    assert looks == []


def test_a_store_that_does_not_answer_never_fails_a_stop(
    session: Session, runs: Runs, looks: list[int]
) -> None:
    runs.cloud.samples = FakeStore(error=TransientError("away"))

    assert await_poll(session) == "at once"
    assert looks == []


def test_a_far_tick_is_not_waited_for(
    session: Session, looks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tick, "LONGEST_WAIT_S", 3)
    store_of(session).samples += [measured(session, meter, 6) for meter in METERS]

    assert await_poll(session) == "at once"
    assert looks == []
