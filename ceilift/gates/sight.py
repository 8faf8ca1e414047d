"""What a gate sees with: the cloud, the gate, and what is known from before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ceilift.account import Key, Learned
from ceilift.bus import of_process
from ceilift.cloud import Cloud
from ceilift.plan import Gate, Request, Target
from ceilift.probe import observe_hosts
from ceilift.release import Catalogue, Release
from ceilift.state import HostState, Instance
from ceilift.telemetry.marked import Marked


@dataclass(frozen=True)
class Sight:
    """What a gate's looks are made from: the cloud, the gate, and what was learned before.

    `marked` is the notification that was sent for this gate (None: none was).
    """

    cloud: Cloud
    catalogue: Catalogue
    gate: Gate
    old: tuple[str, ...]
    learned: Mapping[Key, Learned]
    request: Request
    marked: Marked | None = None

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

    def seen(self) -> Seen:
        """The gate's one instance, looked at now."""
        key = (self.target.component, self.target.unit)
        host = self.hosts(self.target.host)[0]
        found = (item for item in host.instances if (item.component, item.unit) == key)
        instance = next(found, None)
        if not host.reachable:
            return Seen(None, None)
        return Seen(instance, instance is not None and instance.release == self.gate.release)

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
class Seen:
    """One instance, and whether it runs the gate's release (None: its host could not be read)."""

    instance: Instance | None
    running: bool | None


@dataclass(frozen=True, slots=True)
class Traffic:
    """One instance on the broker: what it consumes, and how much it has done since it connected."""

    queues: frozenset[str]
    acknowledged: int
    published: int
