"""When polling agents are stopped: as soon as a poll of the agent that starts first is stored.

Its resources then wait for the new agent from a fresh sample on, which saves them up to one
interval of the pause.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from ceilift.account import Key
from ceilift.clock import now
from ceilift.component import Component
from ceilift.errors import CeiliftError
from ceilift.plan import GateKind
from ceilift.probe.host import stored_names
from ceilift.telemetry.source import StoredSamples
from tasks.session import Session

FRESH_S = 2.0  # a poll this recent is as good as the next one
LATE = 1.5  # intervals until a poll that did not come is given up
LONGEST_WAIT_S = 60.0
PERIOD_S = 0.1


@dataclass
class NextPoll:
    """A poll that is waited for: a sample of each of these series, measured after `after`.

    Safe for threads: all stops of a run share one, and whoever asks next asks for all.
    """

    store: StoredSamples
    series: frozenset[Key]
    after: float
    deadline: float
    stored: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self) -> bool:
        """Wait until all of it is stored, at most until the deadline; says whether it is."""
        pause = threading.Event()
        while not self._look():
            if now() >= self.deadline:
                return False
            pause.wait(PERIOD_S)
        return True

    def _look(self) -> bool:
        with self.lock:
            if not self.stored:
                meters = {meter for meter, _ in self.series}
                found = self.store.events(self.after, now() + FRESH_S, meters)
                self.stored = self.series <= {(one.meter, one.resource) for one in found}
            return self.stored


def await_poll(session: Session) -> str:
    """Wait for the moment to stop polling agents; all of them share it. Says what it waited for.

    Nothing is waited for in a dry run, when the series of the first agent are not known, or when
    their next poll is more than LONGEST_WAIT_S seconds away: a window is worth more than one poll.
    """
    with session.lock:
        if session.polling_stop is None:
            session.polling_stop = _next_poll(session) or _NOTHING
        awaited = session.polling_stop
    try:
        return "just after a poll of the agent that starts first" if awaited.wait() else "at once"
    except CeiliftError:  # a better moment is worth a wait, never a failed stop
        return "at once"


class _Nothing:
    """Nothing is waited for."""

    def wait(self) -> bool:
        return False


_NOTHING = _Nothing()


def _next_poll(session: Session) -> NextPoll | None:
    """The next poll of the agent that will start first; None when it is not to be waited for."""
    series, interval = _first_agent(session)
    store, begun = session.cloud.samples, now()
    if store is None or session.dry_run or not series or not interval:
        return None
    try:
        found = store.events(begun - 2 * interval, begun, {meter for meter, _ in series})
    except CeiliftError:
        return None
    newest = max((one.timestamp for one in found if (one.meter, one.resource) in series), default=0)
    if not newest or newest + interval - begun > LONGEST_WAIT_S:
        return None
    return NextPoll(store, series, begun - FRESH_S, begun + LATE * interval)


def _first_agent(session: Session) -> tuple[frozenset[Key], float]:
    """The series of its static resources, and its interval in seconds (0: unknown)."""
    gates = [gate for gate in session.plan.gates if gate.kind is GateKind.POLLING]
    if not gates:
        return frozenset(), 0.0
    target = gates[0].targets[0]
    for item in session.before:
        if (item.component, item.host, item.unit) == (Component.POLLING, target.host, target.unit):
            names = {name for resource in item.config.resources for name in stored_names(resource)}
            series = (key for key in session.learned if key[1] in names)
            return frozenset(series), item.config.interval_s or 0.0
    return frozenset(), 0.0
