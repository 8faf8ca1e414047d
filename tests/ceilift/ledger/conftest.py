"""A ledger on each of its databases; PostgreSQL where the machine has its programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ceilift.ledger.store import Ledger
from ceilift.record import Lease

PLAN = json.dumps({"hash": "abc123", "path": "full", "from": ["8.1.5"], "to": "9.0.7"})
BASELINE = json.dumps([{"host": "ctl1"}])


class Clock:
    """A clock that tells what it was set to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/state/ledger.db"
    url: str = request.getfixturevalue("empty_postgresql")
    return url


@pytest.fixture
def open_ledger(url: str, clock: Clock) -> Iterator[Callable[[], Ledger]]:
    """Opens the same ledger anew, as another controller would."""
    opened: list[Ledger] = []

    def make() -> Ledger:
        opened.append(Ledger(url, now=clock))
        return opened[-1]

    yield make
    for ledger in opened:
        ledger.dispose()


@pytest.fixture
def ledger(open_ledger: Callable[[], Ledger]) -> Ledger:
    return open_ledger()


@pytest.fixture
def lease(ledger: Ledger) -> Lease:
    return ledger.leases.take("demo", "alice@ctl", 60)


@pytest.fixture
def upgrade(ledger: Ledger, lease: Lease) -> int:
    return ledger.begin(lease, PLAN, BASELINE)
