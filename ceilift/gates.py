"""What each kind of gate looks at, on the real cloud, and which judge it asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, Protocol, TypeVar

from ceilift import health
from ceilift.account import Key, Learned
from ceilift.bus import of_process
from ceilift.clock import now
from ceilift.cloud import Cloud
from ceilift.component import Component
from ceilift.coordination import live_groups
from ceilift.looks import ApiAnswer, ApiLook, CollectorLook, NotificationLook, PollingLook, StopLook
from ceilift.plan import Gate, GateKind, Request, Target
from ceilift.probe import observe_hosts
from ceilift.probe.host import stored_names
from ceilift.release import Catalogue, Release
from ceilift.state import BusConnection, HostState, Instance
from ceilift.verdict import Verdict

L = TypeVar("L")


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


@dataclass(frozen=True)
class Sight:
    """What a gate's looks are made from: the cloud, the gate, and what was learned before."""

    cloud: Cloud
    catalogue: Catalogue
    gate: Gate
    old: tuple[str, ...]
    learned: Mapping[Key, Learned]
    request: Request

    @property
    def release(self) -> Release:
        """The release the gate is about."""
        return self.catalogue.get(self.gate.release)

    @property
    def target(self) -> Target:
        """The one instance the gate is about."""
        return self.gate.targets[0]

    @property
    def polled(self) -> frozenset[str]:
        """The meters that were polled before the upgrade."""
        return frozenset(meter for meter, _ in self.learned)

    def hosts(self, *names: str) -> tuple[HostState, ...]:
        """The named hosts (none named: all but those set aside), looked at now."""
        inventory = self.cloud.inventory
        aside = {item.id for item in self.request.without}
        wanted = names or tuple(host.name for host in inventory.hosts if host.name not in aside)
        return observe_hosts(
            self.cloud.connections, inventory, tuple(self.catalogue.releases), wanted
        )

    def instance(self) -> Instance | None:
        """The gate's one instance, looked at now; None when it, or its host, is not there."""
        key = (self.target.component, self.target.unit)
        found = self.hosts(self.target.host)[0].instances
        return next((item for item in found if (item.component, item.unit) == key), None)

    def own(self, instance: Instance | None) -> Traffic:
        """What the instance's own connections do on the broker."""
        broker = self.cloud.broker
        process = self.release.scripts.value[self.target.component]
        names = of_process(broker.connections(), process, instance.pids if instance else ())
        traffic = broker.traffic()
        mine = [traffic[name] for name in names if name in traffic]
        queues = frozenset(queue for queue, name in broker.consumers() if name in names)
        return Traffic(
            queues, sum(item.acknowledged for item in mine), sum(item.published for item in mine)
        )


@dataclass(frozen=True, slots=True)
class Traffic:
    """One instance on the broker: what it consumes, and how much it has done since it connected."""

    queues: frozenset[str]
    acknowledged: int
    published: int


def watch_for(sight: Sight) -> Watch:
    """The watch for a gate, with the judge of its kind."""
    kind, release = sight.gate.kind, sight.gate.release
    if kind is GateKind.ALL_STOPPED:
        return Series(lambda: see_stopped(sight), health.judge_all_stopped)
    if kind is GateKind.COLLECTOR:
        store = sight.cloud.samples
        last = store.newest_id() if store is not None else 0
        judge = partial(health.judge_collector, stores_rows=store is not None)
        return Series(lambda: see_collector(sight, last), judge)
    if kind is GateKind.NOTIFICATION:
        return Series(lambda: see_notification(sight), health.judge_notification)
    if kind is GateKind.POLLING:
        due = due_resources(sight)
        return Series(lambda: see_polling(sight, due), partial(health.judge_polling, due=due))
    return Series(lambda: see_api(sight), partial(health.judge_api, release=release))


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
    instance = sight.instance()
    own = sight.own(instance)
    queue = next((q for q in sight.cloud.broker.queues() if q.name == "metering.sample"), None)
    store = sight.cloud.samples
    return CollectorLook(
        at=now(),
        running=_runs(sight, instance),
        consuming="metering.sample" in own.queues,
        backlog=queue.ready + queue.unacknowledged if queue else None,
        acknowledged=own.acknowledged,
        rows=store.rows_after(last) if store is not None else None,
    )


def see_notification(sight: Sight) -> NotificationLook:
    """One notification agent: consuming, acknowledging, and polled samples coming through."""
    instance = sight.instance()
    own = sight.own(instance)
    return NotificationLook(
        at=now(),
        running=_runs(sight, instance),
        consuming="notifications.sample" in own.queues,
        acknowledged=own.acknowledged,
        polled_rows=_polled_since(sight, instance),
    )


def see_polling(sight: Sight, due: frozenset[str]) -> PollingLook:
    """One polling agent: which of its own resources have a sample measured after its start."""
    instance, store = sight.instance(), sight.cloud.samples
    fresh: frozenset[str] | None = None
    if store is not None and instance is not None and instance.started is not None:
        meters = sight.polled or None  # none learned: any sample of its resources will do
        fresh = frozenset(store.newest(due, instance.started, meters))
    return PollingLook(
        at=now(),
        running=_runs(sight, instance),
        fresh=fresh if due else None,
        published=sight.own(instance).published,
        namespace_rows=_polled_since(sight, instance),
    )


def due_resources(sight: Sight) -> frozenset[str]:
    """The stored ids of the agent's own static resources that were polled before the upgrade."""
    instance = sight.instance()
    if instance is None:
        return frozenset()
    known = {resource for _, resource in sight.learned}
    names = {name for item in instance.config.resources for name in stored_names(item)}
    return frozenset(names & known if known else names)


def _runs(sight: Sight, instance: Instance | None) -> bool:
    return instance is not None and instance.release == sight.gate.release


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
    return store.count(instance.started, now(), sight.polled)


ASK = """\
exec "$1" -c '
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], timeout=10).status)
except urllib.error.HTTPError as error:
    print(error.code)
except OSError:
    print(0)
' "$2" </dev/null
"""


def see_api(sight: Sight) -> ApiLook:
    """What every API host answers, asked on the host itself, and which release serves it."""
    names = [target.host for target in sight.gate.targets]
    states = {host.name: host for host in sight.hosts(*names)}
    return ApiLook(now(), tuple(_answer(sight, states[name]) for name in names))


def _answer(sight: Sight, state: HostState) -> ApiAnswer:
    inventory = sight.cloud.inventory
    host, wsgi = inventory.host(state.name), inventory.wsgi
    found = next((item for item in state.instances if item.component is Component.API), None)
    if wsgi is None or not state.reachable:
        return ApiAnswer(state.name, None, None)
    python = (
        inventory.path(inventory.install.path, host, release=sight.gate.release) + "/bin/python"
    )
    result = sight.cloud.connections.shell(state.name).run(
        ASK, python, inventory.path(wsgi.url, host), become=False
    )
    status = result.stdout.strip()
    known = int(status) if status.isdigit() else None
    return ApiAnswer(state.name, known, found.release if found else None)
