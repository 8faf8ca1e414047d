"""What each kind of gate looks at, on the real cloud, and which judge it asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, Protocol, TypeVar

from ceilift import health, pipeline_health
from ceilift.bus import of_process
from ceilift.clock import now
from ceilift.component import Component
from ceilift.coordination import live_groups
from ceilift.gates.api import see_api
from ceilift.gates.pipeline import see_drained, see_heard, see_pipeline
from ceilift.gates.polling import due_resources, polled_since, polls_alone, see_polling
from ceilift.gates.sight import Seen, Sight, Traffic
from ceilift.looks import CollectorLook, NotificationLook, StopLook
from ceilift.plan import GateKind
from ceilift.state import BusConnection, HostState
from ceilift.telemetry.marked import METER
from ceilift.verdict import Verdict

__all__ = ["Seen", "Sight", "Traffic", "Watch", "see_api", "watch_for"]

L = TypeVar("L")
CLOCKS_DIFFER_S = 60.0  # a sample bears the time of the host that sent it


class Watch(Protocol):
    """A gate being watched: looks pile up, a judge reads them."""

    def look(self) -> None:
        """Look once more."""
        ...

    def judge(self, *, expired: bool) -> Verdict:
        """The verdict on what was seen so far."""
        ...


@dataclass
class Series(Generic[L]):
    """Looks of one kind and their judge."""

    see: Callable[[], L]
    verdict: Callable[..., Verdict]
    looks: list[L] = field(default_factory=list)

    def look(self) -> None:
        """Look once more."""
        self.looks.append(self.see())

    def judge(self, *, expired: bool) -> Verdict:
        """The verdict on what was seen so far."""
        return self.verdict(self.looks, expired=expired)


def watch_for(sight: Sight) -> Watch:
    """The watch for a gate, with the judge of its kind."""
    kind, release = sight.gate.kind, sight.gate.release
    if kind is GateKind.ALL_STOPPED:
        return Series(lambda: see_stopped(sight), health.judge_all_stopped)
    store = sight.cloud.samples
    stores = store is not None
    if kind is GateKind.COLLECTOR:
        last = store.newest_id() if store is not None else 0
        judge = partial(health.judge_collector, stores_rows=stores)
        return Series(lambda: see_collector(sight, last), judge)
    if kind is GateKind.NOTIFICATION:
        judge = partial(health.judge_notification, stores_rows=stores)
        return Series(lambda: see_notification(sight), judge)
    if kind is GateKind.POLLING:
        due = due_resources(sight)
        alone = polls_alone(sight)
        judge = partial(health.judge_polling, due=due, alone=alone, stores_rows=stores)
        return Series(lambda: see_polling(sight, due), judge)
    if kind in {GateKind.PIPELINE, GateKind.DRAINED, GateKind.HEARD}:
        return _of_queues(sight)
    return Series(lambda: see_api(sight), partial(health.judge_api, release=release))


def _of_queues(sight: Sight) -> Watch:
    if sight.gate.kind is GateKind.HEARD:
        return Series(lambda: see_heard(sight), pipeline_health.judge_heard)
    if sight.gate.kind is GateKind.PIPELINE:
        return Series(lambda: see_pipeline(sight), pipeline_health.judge_pipeline)
    return Series(lambda: see_drained(sight), pipeline_health.judge_drained)


def see_stopped(sight: Sight) -> StopLook:
    """Processes on every host, connections, consumers and group members of the component."""
    component, broker = sight.target.component, sight.cloud.broker
    queue = {
        Component.COLLECTOR: "metering.sample",
        Component.NOTIFICATION: "notifications.sample",
    }.get(component, "")
    connections = broker.connections()
    consumers = next((q.consumers for q in broker.queues() if q.name == queue), 0)
    told, members = _members(sight, component)
    inventory = sight.cloud.inventory
    addresses = {inventory.host(target.host).address for target in sight.gate.targets}
    return StopLook(
        at=now(),
        processes={host.name: _count(host, component) for host in sight.hosts()},
        connections=len(_named(sight, connections, component)),
        anonymous=len([c for c in connections if not c.process and c.peer_host in addresses]),
        queue=queue,
        consumers=consumers if queue else None,
        members_told=told,
        members=members,
    )


def see_collector(sight: Sight, last: int) -> CollectorLook:
    """One collector: consuming, acknowledging, the backlog, and rows stored after row `last`."""
    seen = sight.seen()
    own = sight.own(seen.instance)
    queue = next((q for q in sight.cloud.broker.queues() if q.name == "metering.sample"), None)
    return CollectorLook(
        at=now(),
        running=seen.running,
        consuming="metering.sample" in own.queues,
        backlog=queue.ready + queue.unacknowledged if queue else None,
        acknowledged=own.acknowledged,
        rows=_rows_after(sight, last),
    )


def see_notification(sight: Sight) -> NotificationLook:
    """One notification agent: consuming, acknowledging, and polled samples coming through."""
    seen = sight.seen()
    own = sight.own(seen.instance)
    return NotificationLook(
        at=now(),
        running=seen.running,
        consuming="notifications.sample" in own.queues,
        acknowledged=own.acknowledged,
        polled_rows=polled_since(sight, seen.instance),
        probe_row=_marked_row(sight),
    )


def _rows_after(sight: Sight, last: int) -> int | None:
    """Rows stored after that one, the marked one among them even when it was quicker."""
    store = sight.cloud.samples
    if store is None:
        return None
    return max(store.rows_after(last), int(bool(_marked_row(sight))))


def _marked_row(sight: Sight) -> bool | None:
    """Whether the marked notification left its row; None: none was sent, or nobody can tell."""
    store, marked = sight.cloud.samples, sight.marked
    if store is None or marked is None:
        return None
    return bool(store.newest({marked.resource}, marked.sent_at - CLOCKS_DIFFER_S, {METER}))


def _count(host: HostState, component: Component) -> int | None:
    if not host.reachable:
        return None
    return sum(len(item.pids) for item in host.instances if item.component is component)


def _named(
    sight: Sight, connections: tuple[BusConnection, ...], component: Component
) -> frozenset[str]:
    scripts = {
        sight.catalogue.get(release).scripts.value.get(component, "")
        for release in (*sight.old, sight.gate.release)
        if release in sight.catalogue.releases
    }
    return frozenset().union(*(of_process(connections, script) for script in scripts if script))


def _members(sight: Sight, component: Component) -> tuple[bool, int | None]:
    """Whether live members can be told for the old releases, and how many there are."""
    found = sight.cloud.coordination_url
    known = [
        sight.catalogue.releases[item] for item in sight.old if item in sight.catalogue.releases
    ]
    beats = all(release.polling.membership.value != "never" for release in known)
    if found is None or component is not Component.POLLING or not (known and beats):
        return False, None
    namespaces = {name for target in sight.gate.targets for name in target.namespaces}
    groups = live_groups(*found)
    mine = [group for group in groups if set(group.name.split("-")) & namespaces]
    return True, sum(group.members for group in mine)
