"""The lease of a run: its own flow run has it again, nobody else, also while it waits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ceilift.errors import RefusedError
from ceilift.ledger.store import Ledger
from tasks.lease import LEASE_S, held
from tests.fakes import FakeProgress

RUN = "flow run brave-otter (0b7c)"


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    made = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", now=clock)
    yield made
    made.dispose()


def test_it_is_given_back_at_the_end(ledger: Ledger) -> None:
    with held(ledger, "demo", FakeProgress()):
        assert ledger.leases.holder("demo") is not None

    assert ledger.leases.holder("demo") is None


def test_while_an_answer_is_waited_for_it_is_held_without_a_process(
    ledger: Ledger, clock: Clock
) -> None:
    with held(ledger, "demo", FakeProgress(), RUN) as keeper:
        keeper.wait_for_answer("start", 3600)

    clock.now += 3599
    with pytest.raises(
        RefusedError, match=r"brave-otter.*; it waits for an answer .start. until 2027-01-15T09"
    ):
        ledger.leases.take("demo", "somebody", 60)
    clock.now += 2
    assert ledger.leases.take("demo", "somebody", 60).owner == "somebody"


def test_the_flow_run_itself_has_it_again_and_fences_its_former_process_off(
    ledger: Ledger,
) -> None:
    with held(ledger, "demo", FakeProgress(), RUN) as before:
        before.wait_for_answer("start", 3600)
    with held(ledger, "demo", FakeProgress(), RUN) as after:
        assert after.lease.token > before.lease.token
        with pytest.raises(RefusedError, match="may no longer act"):
            before.at("collector")
        after.wait_for_answer("start", 3600)
        after.go_on()

    assert ledger.leases.holder("demo") is None


def died(ledger: Ledger, stage: str) -> None:
    """A process of that flow run held the lease at a stage, and was killed."""
    ledger.leases.renew(ledger.leases.take("demo", RUN, LEASE_S), LEASE_S, stage)


def test_tried_again_it_waits_until_the_lease_of_its_dead_process_has_expired(
    ledger: Ledger, clock: Clock
) -> None:
    died(ledger, "collector")
    clock.now += 20
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        clock.now += seconds

    progress = FakeProgress()
    with held(ledger, "demo", progress, RUN, wait=wait):
        assert waited == [LEASE_S - 20 + 1]
        assert any("an earlier process of this flow run" in note for note in progress.notes)


def test_tried_again_it_is_refused_while_its_earlier_process_lives(
    ledger: Ledger, clock: Clock
) -> None:
    first = ledger.leases.take("demo", RUN, LEASE_S)

    def wait(seconds: float) -> None:
        clock.now += seconds - 5
        ledger.leases.renew(first, LEASE_S, "collector")
        clock.now += 5

    refused = pytest.raises(RefusedError, match=r"held by flow run brave-otter.*at stage collector")
    with refused, held(ledger, "demo", FakeProgress(), RUN, wait=wait):
        pass


def test_a_process_of_no_flow_run_is_another_every_time(ledger: Ledger) -> None:
    with held(ledger, "demo", FakeProgress()), pytest.raises(RefusedError):
        ledger.leases.take("demo", ledger.leases.holder("demo").owner, 60)  # type: ignore[union-attr] # it is held


def test_a_run_that_waits_can_be_let_go_and_one_that_acts_cannot(ledger: Ledger) -> None:
    with held(ledger, "demo", FakeProgress(), RUN), pytest.raises(RefusedError):
        ledger.leases.take("demo", "somebody", 60, over_waiting=True)
    with held(ledger, "demo", FakeProgress(), RUN) as keeper:
        keeper.wait_for_answer("start", 3600)

    with held(ledger, "demo", FakeProgress(), over_waiting=True):
        assert ledger.leases.holder("demo") is not None

    assert ledger.leases.holder("demo") is None
