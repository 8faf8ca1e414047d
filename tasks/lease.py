"""The cloud's lease while a run lives: taken, renewed in the background, given back."""

from __future__ import annotations

import getpass
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Self

from ceilift.errors import CeiliftError, RefusedError
from ceilift.ledger.store import Ledger
from ceilift.record import WAITS, Lease
from tasks.progress import Progress

LEASE_S = 120.0


def owner() -> str:
    """How this process signs a lease: user, machine and process."""
    return f"{getpass.getuser()}@{socket.gethostname()}:{os.getpid()}"


@contextmanager
def held(
    ledger: Ledger,
    cloud: str,
    progress: Progress,
    flow_run: str = "",
    *,
    over_waiting: bool = False,
    wait: Callable[[float], object] = time.sleep,
) -> Iterator[LeaseKeeper]:
    """Hold the cloud's lease. Raises RefusedError when another holds it.

    A `flow_run` of a deployment has it again when it goes on in a new process after an answer. One
    that is tried again after its process died `wait`s until that one's lease has expired; when it
    is renewed meanwhile, the process lives, and it is refused. With `over_waiting` the lease is
    taken from a run that waits for an answer.
    """
    name, again = flow_run or owner(), bool(flow_run)
    take = partial(ledger.leases.take, cloud, name, LEASE_S, again=again, over_waiting=over_waiting)
    try:
        lease = take()
    except RefusedError:
        found = ledger.leases.holder(cloud)
        if not again or found is None or found.owner != name:
            raise
        seconds = ledger.leases.seconds_left(found) + 1
        progress.note(
            f"an earlier process of this flow run holds the lease: waiting {seconds:.0f} s for it "
            "to expire, or to be renewed by a process that lives"
        )
        wait(seconds)
        lease = take()
    with LeaseKeeper(ledger, lease, progress) as keeper:
        yield keeper


class LeaseKeeper:
    """Renews a lease in the background while used as a context; gives it back at the end.

    Not so while the run waits for an answer: then it is held until the deadline, by nobody's
    process.
    """

    def __init__(self, ledger: Ledger, lease: Lease, progress: Progress) -> None:
        self.stage: str | None = None
        self._ledger = ledger
        self._lease = lease
        self.progress = progress
        self._over = threading.Event()
        self.waiting = False
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def at(self, stage: str) -> None:
        """Say in the lease at which stage the run is; raises RefusedError when it was lost."""
        self.stage = stage
        self._ledger.leases.renew(self._lease, LEASE_S, stage)

    @property
    def lease(self) -> Lease:
        """What is kept."""
        return self._lease

    def wait_for_answer(self, gate: str, seconds: float) -> None:
        """Hold it that long although this process may end; raises RefusedError when it was lost."""
        self.waiting = True
        self._ledger.leases.renew(self._lease, seconds, f"{WAITS} ({gate})")

    def go_on(self) -> None:
        """The answer is there: keep it as before."""
        self._ledger.leases.renew(self._lease, LEASE_S, "")
        self.waiting = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        if self.waiting:
            return
        try:
            self._ledger.leases.release(self._lease)
        except CeiliftError as problem:  # it expires by itself; how the run ended must be told
            self.progress.note(f"the lease could not be given back: {problem}")

    def _keep(self) -> None:
        while not self._over.wait(LEASE_S / 4):
            if self.waiting:
                continue
            try:
                self._ledger.leases.renew(self._lease, LEASE_S, self.stage)
            except CeiliftError as error:  # the next intent is refused by the ledger itself
                self.progress.note(f"the lease could not be renewed: {error}")
