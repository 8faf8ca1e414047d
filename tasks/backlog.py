"""Watches the queues while a run goes on: the report shows how the backlog grew and fell."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ceilift.clock import now
from ceilift.component import Component
from ceilift.errors import CeiliftError
from ceilift.record import Reading
from tasks.session import Session

PERIOD_S = 2.0


@contextmanager
def watched_backlog(session: Session) -> Iterator[None]:
    """Record the depth of the agents' queues every PERIOD_S seconds while inside.

    The broker's management API is a few seconds behind; a look that fails is left out.
    """
    over = threading.Event()
    names = _queues(session)

    def watch() -> None:
        while not over.wait(PERIOD_S):
            try:
                found = session.cloud.broker.queues()
            except CeiliftError:
                continue
            moment = now()
            session.readings.extend(
                Reading(moment, queue.name, float(queue.ready + queue.unacknowledged))
                for queue in found
                if queue.name in names
            )

    watcher = threading.Thread(target=watch, name="backlog", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _queues(session: Session) -> frozenset[str]:
    release = session.catalogue.get(session.plan.to)
    queues = release.queues.value
    kinds = (Component.COLLECTOR, Component.NOTIFICATION)
    return frozenset(name for kind in kinds for name in queues.get(kind, ()))
