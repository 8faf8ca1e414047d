"""Whatever several owners try in whichever order, one lease holds and tokens only grow."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ceilift.errors import RefusedError
from ceilift.ledger.store import Ledger
from ceilift.record import Lease

from .conftest import Clock

OWNERS = ("alice", "bob", "carol")
TTL_S = 60.0
moves = st.lists(
    st.tuples(st.sampled_from(OWNERS), st.sampled_from(["take", "renew", "release", "wait"])),
    max_size=20,
)


class Model:
    """What must be true: who holds the cloud until when, and the last token given."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self.ledger = ledger
        self.clock = clock
        self.leases: dict[str, Lease] = {}
        self.holder = ""
        self.until = 0.0
        self.token = 0

    def free(self) -> bool:
        return not self.holder or self.clock.now >= self.until

    def take(self, owner: str) -> None:
        free = self.free()
        try:
            lease = self.ledger.leases.take("demo", owner, TTL_S)
        except RefusedError:
            assert not free
            return
        assert free
        assert lease.token == self.token + 1
        self.leases[owner], self.token = lease, lease.token
        self.holder, self.until = owner, self.clock.now + TTL_S

    def renew(self, owner: str) -> None:
        if owner not in self.leases:
            return
        mine = self.holder == owner and self.leases[owner].token == self.token
        try:
            self.leases[owner] = self.ledger.leases.renew(self.leases[owner], TTL_S)
        except RefusedError:
            assert not mine
            return
        assert mine
        self.until = self.clock.now + TTL_S

    def release(self, owner: str) -> None:
        if owner in self.leases:
            self.ledger.leases.release(self.leases[owner])
            if self.holder == owner and self.leases[owner].token == self.token:
                self.holder = ""

    def wait(self, _owner: str) -> None:
        self.clock.now += TTL_S / 2

    def check(self) -> None:
        found = self.ledger.leases.holder("demo")
        assert (found.owner if found else "") == ("" if self.free() else self.holder)


@settings(max_examples=15)
@given(moves)
def test_one_holder_and_growing_tokens(steps: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        ledger = Ledger(f"sqlite:///{Path(folder) / 'ledger.db'}", now=clock)
        try:
            model = Model(ledger, clock)
            for owner, move in steps:
                getattr(model, move)(owner)
                model.check()
        finally:
            ledger.dispose()
