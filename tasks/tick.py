"""When polling agents are stopped: just after a poll of the agent that will start first.

Its resources then wait for the new agent from a fresh sample on, which saves them up to one
interval of the pause.
"""

from __future__ import annotations

import threading

from ceilift.clock import now
from ceilift.component import Component
from ceilift.errors import CeiliftError
from ceilift.plan import GateKind
from ceilift.probe.host import stored_names
from tasks.session import Session

POLL_AND_STORE_S = 1.0  # from a tick to its rows, measured in the lab
LONGEST_WAIT_S = 60.0


def await_poll(session: Session) -> str:
    """Wait for the moment to stop polling agents; all of them share it. Says what it waited for.

    Nothing is waited for in a dry run, when the ticks cannot be told, or when the next one is more
    than LONGEST_WAIT_S seconds away: a window is worth more than one poll.
    """
    with session.lock:
        if session.polling_stop_at is None:
            session.polling_stop_at = _moment(session)
        moment = session.polling_stop_at
    wait = moment - now()
    if not 0 < wait <= LONGEST_WAIT_S:
        return "at once"
    threading.Event().wait(wait)
    return "just after a poll of the agent that starts first"


def _moment(session: Session) -> float:
    """Epoch seconds just after the next poll of the agent that will start first; 0: unknown."""
    resources, interval = _first_agent(session)
    store = session.cloud.samples
    if store is None or session.dry_run or not resources or not interval:
        return 0.0
    try:
        found = store.newest(resources, now() - 2 * interval)
    except CeiliftError:  # a better moment is worth a wait, never a failed stop
        return 0.0
    newest = max(found.values(), default=0.0)
    if not newest or now() - newest < 2 * POLL_AND_STORE_S:
        return 0.0
    return newest + interval + POLL_AND_STORE_S


def _first_agent(session: Session) -> tuple[frozenset[str], float]:
    """The stored ids of its static resources, and its interval in seconds (0: unknown)."""
    gates = [gate for gate in session.plan.gates if gate.kind is GateKind.POLLING]
    if not gates:
        return frozenset(), 0.0
    target = gates[0].targets[0]
    for item in session.before:
        if (item.component, item.host, item.unit) == (Component.POLLING, target.host, target.unit):
            known = {resource for _, resource in session.learned}
            names = {name for resource in item.config.resources for name in stored_names(resource)}
            return frozenset(names & known), item.config.interval_s or 0.0
    return frozenset(), 0.0
