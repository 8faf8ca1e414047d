"""Queues that nobody reads, or that do not keep what comes while their readers are stopped."""

from __future__ import annotations

from dataclasses import replace

from ceilift.state import BusState, Instance, QueueState
from tests.cases import not_told, told
from tests.clouds import Field
from tests.troubled import WARNING, Cloud, Fires, Silent, quiet


def bounded(name: str = "notifications.info", *, ready: int = 0, **bounds: Field) -> Cloud:
    queue = QueueState(name, ready, 0, 2, **bounds)
    return quiet().seen(bus=BusState(reachable=True, publish_rate=10.0, queues=(queue,)))


def queued(name: str, *, ready: int, consumers: int = 2, rate: float = 10.0) -> Cloud:
    queue = QueueState(name, ready, 0, consumers)
    return quiet().seen(bus=BusState(reachable=True, publish_rate=rate, queues=(queue,)))


def stopped(one: Instance) -> Instance:
    return replace(one, release=None) if one.component == "collector" else one


FIRES: Fires = {
    "a short life": (
        lambda: bounded(ttl_s=30.0, policy="ttl"),
        "queue-bounds",
        WARNING,
        "notifications.info",
    ),
    "a queue that is deleted": (
        lambda: bounded("metering.sample", expires_s=20.0),
        "queue-bounds",
        WARNING,
        "metering.sample",
    ),
    "little room": (
        lambda: bounded(max_length=100),
        "queue-bounds",
        WARNING,
        "notifications.info",
    ),
    "little room left": (
        lambda: bounded(ready=9_900, max_length=10_000),
        "queue-bounds",
        WARNING,
        "notifications.info",
    ),
    "a queue among agents": (
        lambda: bounded("ceilometer-pipe-meters-0.sample", ttl_s=1.0),
        "queue-bounds",
        WARNING,
        "ceilometer-pipe-meters-0.sample",
    ),
    "a queue without a reader": (
        lambda: queued("event.sample", ready=5, consumers=0),
        "queue-unread",
        WARNING,
        "event.sample",
    ),
    "more than a minute's messages": (
        lambda: queued("metering.sample", ready=1001, rate=16.0),
        "queue-backlog",
        WARNING,
        "metering.sample",
    ),
    "all stopped first on the partial path": (
        lambda: bounded(ttl_s=30.0).asked(path="partial", stop_all=("notification",)),
        "queue-bounds",
        WARNING,
        "notifications.info",
    ),
}
SILENT: Silent = {
    "an empty queue without a reader": (
        lambda: queued("event.sample", ready=0, consumers=0),
        "queue-unread",
    ),
    "a queue of others without a reader": (
        lambda: queued("notifications_designate.info", ready=5, consumers=0),
        "queue-unread",
    ),
    "its readers are stopped by us": (
        lambda: queued("metering.sample", ready=5, consumers=0).agents(stopped),
        "queue-unread",
    ),
    "no more than a minute's messages": (
        lambda: queued("metering.sample", ready=1001, rate=17.0),
        "queue-backlog",
    ),
    "few messages at a low rate": (
        lambda: queued("metering.sample", ready=1000, rate=0.1),
        "queue-backlog",
    ),
    "no bound": (bounded, "queue-bounds"),
    "a long life": (lambda: bounded(ttl_s=3600.0, expires_s=3600.0), "queue-bounds"),
    "much room": (lambda: bounded(max_length=100_000), "queue-bounds"),
    "a queue of others": (
        lambda: bounded("versioned_notifications.info", ttl_s=1.0),
        "queue-bounds",
    ),
    "some of them always read": (lambda: bounded(ttl_s=30.0).asked(path="partial"), "queue-bounds"),
}


test_it_is_told = told(FIRES)
test_it_is_not_told = not_told(SILENT)


def test_queues_of_one_policy_are_told_together() -> None:
    names = ("notifications.info", "notifications.sample")
    queues = tuple(QueueState(name, 0, 0, 1, policy="ttl", ttl_s=5.0) for name in names)

    (finding,) = quiet().seen(bus=BusState(reachable=True, queues=queues)).found("queue-bounds")

    assert finding.where == "notifications.info, notifications.sample"
    assert finding.why == "policy ttl"
    assert "rabbitmqctl list_policies -p /" in finding.remedy
    assert "after 5 s" in finding.what
