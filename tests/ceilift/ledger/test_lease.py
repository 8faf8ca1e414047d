"""One holder at a time, whatever the order, on both databases."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from ceilift.errors import RefusedError
from ceilift.ledger.store import Ledger

from .conftest import Clock

Opener = Callable[[], Ledger]
OPENING, ROUNDS = 4, 20


def test_the_second_comer_is_told_who_holds_it_since_when_and_where(
    ledger: Ledger, clock: Clock
) -> None:
    lease = ledger.leases.take("demo", "alice@ctl pid 12", 60)
    ledger.leases.renew(lease, 60, stage="polling")
    clock.now += 10
    with pytest.raises(RefusedError) as refused:
        ledger.leases.take("demo", "bob", 60)
    words = str(refused.value)
    assert "alice@ctl pid 12 since 1970-01-12T13:46:40" in words
    assert "at stage polling" in words
    assert "ends in 50 s" in words
    assert refused.value.next_command == "ceilift status"


def test_it_is_taken_over_only_after_expiry_and_the_former_holder_is_fenced_off(
    open_ledger: Opener, clock: Clock
) -> None:
    mine, theirs = open_ledger(), open_ledger()
    first = mine.leases.take("demo", "alice", 60)
    clock.now += 59.9
    with pytest.raises(RefusedError):
        theirs.leases.take("demo", "bob", 60)
    clock.now += 0.1
    second = theirs.leases.take("demo", "bob", 60)
    assert second.token > first.token
    with pytest.raises(RefusedError, match="taken by bob"):
        mine.leases.renew(first, 60)
    mine.leases.release(first)
    assert theirs.leases.holder("demo") == second


def test_a_late_renewal_is_granted_while_nobody_else_came(ledger: Ledger, clock: Clock) -> None:
    lease = ledger.leases.take("demo", "alice", 60)
    clock.now += 300
    renewed = ledger.leases.renew(lease, 60)
    assert (renewed.token, renewed.expires_at) == (lease.token, clock.now + 60)
    assert ledger.leases.holder("demo") == renewed


def test_a_lease_given_back_is_free_at_once_and_its_token_stays_used(ledger: Ledger) -> None:
    leases = []
    for owner in ("alice", "bob", "alice"):
        leases.append(ledger.leases.take("demo", owner, 60))
        ledger.leases.release(leases[-1])
        assert ledger.leases.holder("demo") is None
    assert [lease.token for lease in leases] == [1, 2, 3]
    with pytest.raises(RefusedError, match="given back"):
        ledger.leases.renew(leases[-1], 60)


def test_clouds_do_not_hinder_each_other(ledger: Ledger) -> None:
    assert (
        ledger.leases.take("one", "alice", 60).token
        == ledger.leases.take("two", "bob", 60).token
        == 1
    )


def test_of_many_threads_exactly_one_gets_it(open_ledger: Opener) -> None:
    ledgers = [open_ledger() for _ in range(4)]

    def attempt(index: int) -> int:
        try:
            return ledgers[index % 4].leases.take("demo", f"thread {index}", 60).token
        except RefusedError:
            return 0

    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(attempt, range(16)))
    assert sorted(tokens)[-2:] == [0, 1]


def test_of_many_processes_on_an_empty_database_exactly_one_gets_it(url: str) -> None:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        tokens = list(pool.map(lease_once, [url] * 2))
    assert sorted(tokens) == [0, 1]


def test_an_empty_ledger_can_be_opened_by_many_processes_at_the_same_moment(
    tmp_path: Path,
) -> None:
    with ProcessPoolExecutor(OPENING, multiprocessing.get_context("spawn")) as pool:
        for number in range(ROUNDS):
            url, moment = f"sqlite:///{tmp_path}/{number}.db", time.time() + 0.05
            list(pool.map(opened, [url] * OPENING, [moment] * OPENING))


def opened(url: str, moment: float) -> None:
    """Open a ledger as nearly at that moment as can be."""
    while time.time() < moment:
        pass
    Ledger(url).dispose()


def lease_once(url: str) -> int:
    """The token got, or 0 when another process has the lease."""
    ledger = Ledger(url)
    try:
        return ledger.leases.take("demo", "a process", 60).token
    except RefusedError:
        return 0
    finally:
        ledger.dispose()
