"""What each kind of gate looks at, on the real cloud, and which judge it asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, Protocol, TypeVar

from ceilift import health, pipeline_health
from ceilift.account import account
from ceilift.bus import of_process
from ceilift.clock import now
from ceilift.component import Component
from ceilift.coordination import live_groups
from ceilift.errors import TransientError
from ceilift.gates.api import see_api
from ceilift.gates.pipeline import see_drained, see_heard, see_pipeline
from ceilift.gates.sight import Seen, Sight, Traffic
from ceilift.inventory import BESIDE_SUFFIX
from ceilift.looks import CollectorLook, NotificationLook, PollingLook, StopLook
from ceilift.plan import GateKind
from ceilift.pollsters import stored_meter
from ceilift.probe.host import stored_names
from ceilift.state import BusConnection, HostState, Instance
from ceilift.telemetry.marked import METER
from ceilift.telemetry.source import StoredSamples
from ceilift.verdict import Verdict

__all__ = ["Seen", "Sight", "Traffic", "Watch", "due_resources", "see_api", "watch_for"]

L = TypeVar("L")
LATELY_INTERVALS = 2.5
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
        polled_rows=_polled_since(sight, seen.instance),
        probe_row=_marked_row(sight),
    )


def see_polling(sight: Sight, due: frozenset[str]) -> PollingLook:
    """One polling agent: which of its own resources have a sample measured after its start."""
    seen, store = sight.seen(), sight.cloud.samples
    instance = seen.instance
    newest: Mapping[str, float] | None = None
    if store is not None and instance is not None and instance.started is not None:
        newest = _newest(sight, store, due, instance.started)
    members, expected = _group_of(sight, instance)
    return PollingLook(
        at=now(),
        running=seen.running,
        fresh=frozenset(newest) if due and newest is not None else None,
        published=sight.own(instance).published,
        namespace_rows=_polled_since(sight, instance),
        members=members,
        expected=expected,
        newest=newest or {},
        doubled=_doubled(sight, instance),
    )


def _doubled(sight: Sight, instance: Instance | None) -> int | None:
    """How many polls of old meters came twice lately, while an agent beside polls new ones.

    Lately: were they polled by two, every interval would show it; on a busy machine one may.
    """
    store, since = sight.cloud.samples, None if instance is None else instance.started
    beside = sight.target.unit.endswith(BESIDE_SUFFIX) and sight.gate.meters
    if not beside or store is None or since is None:
        return None
    until = now()
    since = max(since, until - LATELY_INTERVALS * _longest_interval(sight))
    samples = store.events(since, until, sight.polled)
    return account(samples, sight.learned, (), since=since, until=until).doubled


def _longest_interval(sight: Sight) -> float:
    return max((one.interval_s for one in sight.learned.values()), default=0.0)


def _newest(
    sight: Sight, store: StoredSamples, due: frozenset[str], since: float
) -> Mapping[str, float]:
    """When each resource was measured last; one that lacks a meter which is due is not there.

    Of meters of its own, those are due that lately came of that resource, and one at least: many a
    pollster finds nothing. Without, any that was polled before will do, and any at all if none was.
    """
    if not sight.gate.meters:
        return store.newest(due, since, sight.polled or None)
    wanted = {stored_meter(name) for name in sight.gate.meters}
    lately = since - LATELY_INTERVALS * _longest_interval(sight)
    samples = [one for one in store.events(lately, now(), wanted) if one.resource in due]
    fresh = {(one.meter, one.resource): one.timestamp for one in samples if one.timestamp >= since}
    late = {one.resource for one in samples if (one.meter, one.resource) not in fresh}
    newest: dict[str, float] = {}
    for (_, resource), moment in fresh.items():
        newest[resource] = min(moment, newest.get(resource, moment))
    return {resource: moment for resource, moment in newest.items() if resource not in late}


def _group_of(sight: Sight, instance: Instance | None) -> tuple[int | None, int]:
    """Live members of an agent's group, and how many agents run in it; none where not told."""
    found = sight.cloud.coordination_url
    told = sight.release.polling.membership.value != "never"
    if found is None or not told or instance is None or not instance.config.coordinated:
        return None, 0
    config, names = instance.config, "-".join(sorted(instance.namespaces))
    prefix = f"{names}-{config.group_prefix}-" if config.group_prefix else f"{names}-"
    members = [group.members for group in live_groups(*found) if group.name.startswith(prefix)]
    agents = (i for host in sight.hosts() for i in host.instances if i.running)
    same = [
        one
        for one in agents
        if one.component is Component.POLLING
        and set(one.namespaces) == set(instance.namespaces)
        and one.config.group_prefix == config.group_prefix
    ]
    return max(members, default=0), len(same)


def due_resources(sight: Sight) -> frozenset[str]:
    """The stored ids of the agent's own static resources that were polled before the upgrade.

    Raises TransientError while its host cannot be read: a gate must not do with a weaker proof.
    """
    seen = sight.seen()
    if seen.running is None:
        host = sight.target.host
        raise TransientError(f"{host} could not be read: what it polls is not known", host=host)
    if seen.instance is None:
        return frozenset()
    known = {resource for _, resource in sight.learned}
    names = {name for item in seen.instance.config.resources for name in stored_names(item)}
    return frozenset(names & known if known else names)


def polls_alone(sight: Sight) -> bool:
    """Whether no other polling agent that runs has one of its static resources."""
    found = [i for host in sight.hosts() for i in host.instances]
    agents = [i for i in found if i.component is Component.POLLING and i.running]
    own = {i.host: i for i in agents if (i.host, i.unit) == (sight.target.host, sight.target.unit)}
    mine = next((set(i.config.resources) for i in own.values()), set[str]())
    others = (i for i in agents if i not in own.values())
    return not any(mine & set(other.config.resources) for other in others)


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


def _polled_since(sight: Sight, instance: Instance | None) -> int | None:
    """Samples of polled meters measured and stored since it started; None: no such meter known."""
    store = sight.cloud.samples
    if store is None or instance is None or instance.started is None or not sight.polled:
        return None
    meters = frozenset(stored_meter(name) for name in sight.gate.meters) or sight.polled
    return store.count(instance.started, now(), meters)
