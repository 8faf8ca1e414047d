"""Accounts for every poll that was due: learned before the first step, judged after the last."""

from __future__ import annotations

import threading
from collections.abc import Collection

from ceilift.account import Account, Key, Learned, Span, account, learn
from ceilift.clock import now
from ceilift.cloud import Cloud
from ceilift.component import Component
from ceilift.state import CloudState
from ceilift.telemetry.source import StoredSamples
from tasks.session import Session

MARGIN_INTERVALS = 3  # accounted before the first step and after the last gate
LEARNED_INTERVALS = 5
DRAIN_S = 60.0
STORE_DELAY_S = 5.0  # from a poll to its row, with queues empty


def configured_intervals(state: CloudState) -> tuple[float, ...]:
    """The intervals (seconds) that the polling agents' files state, each once."""
    found = {
        instance.config.interval_s
        for instance in state.instances
        if instance.component is Component.POLLING and instance.config.interval_s
    }
    return tuple(sorted(found))


def learn_intervals(
    cloud: Cloud, configured: Collection[float], until: float
) -> dict[Key, Learned]:
    """The interval of every polled series, from the samples stored before `until`."""
    store = cloud.samples
    if store is None or not configured:
        return {}
    window = LEARNED_INTERVALS * max(configured)
    with cloud.timeline.pending("remote", "samples before the upgrade"):
        return learn(store.events(until - window, until), configured)


def account_for(session: Session) -> Account | None:
    """Wait out the margin after the last gate, then account for every series that was learned.

    None where nothing can be accounted for: a dry run, no readable samples, no polled series.
    The wait is a gate of its own in the time line. After a failure the operator has to know at
    once, and what waits in queues is not missed: the run that finishes the upgrade accounts for
    all of it. The same holds for the way back to the old release.
    """
    store = session.cloud.samples
    way_back = session.plan.request.start_old is not None
    if session.dry_run or session.error is not None or way_back:
        return None
    if store is None or not session.learned or not session.spans:
        return None
    longest = max(item.interval_s for item in session.learned.values())
    until = session.spans[-1].end + MARGIN_INTERVALS * longest
    with session.cloud.timeline.pending("gate", "account"):
        _watch_on(session, until, longest)
        began = min(session.opened or session.spans[0].start, session.spans[0].start)
        since = began - MARGIN_INTERVALS * longest
        meters = {meter for meter, _ in session.learned} | set(session.changed.new)
        samples = store.events(since, until, meters)
    return account(
        samples,
        session.learned,
        _whole(session.spans),
        since=since,
        until=until,
        changed=session.changed,
    )


def _watch_on(session: Session, until: float, interval: float) -> None:
    """Wait until that moment (epoch seconds), and until what was measured then is stored."""
    session.progress.note(
        f"accounting: watching for {MARGIN_INTERVALS} more intervals of {interval:g} s"
    )
    threading.Event().wait(max(until + STORE_DELAY_S - now(), 0))
    _let_queues_empty(session)


def _let_queues_empty(session: Session) -> None:
    """Wait, DRAIN_S at most, until nothing is on its way: what waits in a queue is not missed."""
    release, deadline = session.catalogue.get(session.plan.to), now() + DRAIN_S
    names = {name for queues in release.queues.value.values() for name in queues}
    while now() < deadline:
        depths = [q.ready for q in session.cloud.broker.queues() if q.name in names]
        if not any(depths):
            return
        threading.Event().wait(1.0)


def verify_now(cloud: Cloud, configured: Collection[float], *, intervals: int) -> Account | None:
    """Account for the last `intervals` intervals; None where nothing can be accounted for."""
    if cloud.samples is None or not configured:
        return None
    until = now() - STORE_DELAY_S
    since = until - intervals * max(configured)
    return account_between(cloud.samples, configured, since, until)


def account_between(
    store: StoredSamples, configured: Collection[float], since: float, until: float
) -> Account:
    """Account for a window that is over (epoch seconds), outside any upgrade.

    Intervals are learned from its samples and those of the intervals before it: a series that
    ended just before the window is missed in all of it, not unknown.
    """
    samples = store.events(since - LEARNED_INTERVALS * max(configured), until)
    return account(samples, learn(samples, configured), (), since=since, until=until)


def _whole(spans: Collection[Span]) -> tuple[Span, ...]:
    """The stages' times, each reaching to the start of the next, so that no gap is between two."""
    ordered = sorted(spans, key=lambda span: span.start)
    ends = [*(span.start for span in ordered[1:]), ordered[-1].end]
    return tuple(Span(span.stage, span.start, end) for span, end in zip(ordered, ends, strict=True))
