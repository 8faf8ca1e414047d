"""What a look at the cloud saw: plain data, comparable, storable, without a secret in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ceilift.broker_alarms import Alarms
from ceilift.component import Component
from ceilift.credentials import Credentials
from ceilift.host_files import HostFiles, HostMeans
from ceilift.pipeline import LoadSeen, Pipelines
from ceilift.pollsters import PollingFile, PollingSource, PollstersSeen
from ceilift.restorable import Restorable
from ceilift.stores import Account, GnocchiState, Use


class Restart(StrEnum):
    """Whether the host's process manager may start a unit by itself."""

    ENABLED = "enabled"
    PREVENTED = "prevented"


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """The few effective options of one agent that decide how it may be upgraded.

    `resources` are the static resources of its polling sources; `interval_s` is the shortest
    interval of them. `polling_sources` are those sources in full: none where the host has no such
    file, or where `polling_fault` says what keeps an agent from starting with it; `polling_file`
    is that file's path on the host (empty: none is there). Digests are SHA-256 of the file's bytes
    (empty: no file). `pipelines` are those of a notification agent (None: another component, or
    its configuration was not read); `refresh_pipeline_cfg` and `refresh_event_pipeline_cfg` say
    whether it loads a changed file by itself, where its release can. The paths are where its
    release looks for the files, whether they are there or not. `shuffle_s` is how long a polling
    agent of 9.x or older may wait at random before it begins. `dispatchers` are what a collector
    stores samples with, as far as it is set; `credentials` the logins to keystone, by section.
    """

    workload_partitioning: bool = False
    coordinated: bool = False
    group_prefix: str = ""
    host_value: str = ""
    interval_s: float | None = None
    resources: tuple[str, ...] = ()
    config_digest: str = ""
    pipeline_digest: str = ""
    polling_digest: str = ""
    udp_address: str | None = None
    hash_seed_fixed: bool = True
    polling_sources: tuple[PollingSource, ...] = ()
    polling_fault: str = ""
    polling_file: str = ""
    pipelines: Pipelines | None = None
    refresh_pipeline_cfg: bool = False
    refresh_event_pipeline_cfg: bool = False
    polling_path: str = ""
    pipeline_path: str = ""
    event_pipeline_path: str = ""
    event_pipeline_digest: str = ""
    shuffle_s: float = 0.0
    dispatchers: tuple[str, ...] = ()
    credentials: tuple[Credentials, ...] = ()


@dataclass(frozen=True, slots=True)
class Instance:
    """One component under one unit on one host.

    `release` is what the running processes really are (None: not running, "unknown": runs, but
    what was loaded cannot be told); `defined_release` is what the unit would start next.
    `started` is when its newest process began (epoch seconds, by the host's clock), `launched` when
    its oldest did, by our clock. `ticks` are
    when the latest polling cycles of a polling agent began (epoch seconds, by our clock), as far
    as its log tells; they stay when it is stopped.
    """

    component: Component
    host: str
    unit: str
    namespaces: tuple[str, ...] = ()
    release: str | None = None
    defined_release: str | None = None
    restart: Restart = Restart.ENABLED
    pids: tuple[int, ...] = ()
    started: float | None = None
    config: AgentConfig = field(default_factory=AgentConfig)
    launched: float | None = None
    ticks: tuple[float, ...] = ()

    @property
    def running(self) -> bool:
        """Whether at least one process of it lives."""
        return self.release is not None

    @property
    def last_tick(self) -> float | None:
        """When it polled last, as far as its log tells: not a process that was there before it.

        None for an agent that has polled nothing: of a group's resources none may fall to it.
        """
        if not self.ticks or (self.launched is not None and self.ticks[-1] < self.launched):
            return None
        return self.ticks[-1]

    @property
    def key(self) -> tuple[str, str, str]:
        """Component, host and unit: what makes two sightings the same instance."""
        return (self.component.value, self.host, self.unit)


@dataclass(frozen=True, slots=True)
class HostState:
    """One host: whether it answered, what is installed, what runs.

    `problem` says in words why an unreachable host was not read (`unreachable`, `host-key`,
    `login`, `become`: `problem_kind`). `tools` are the dump tools found;
    `backup_free_bytes` the space free in the backup folder, where this host holds it.
    `clock_skew_s` is the host's clock minus ours. `files` and `means` are complete in looks
    that a plan is made from, not in those while it is carried out.
    """

    name: str
    reachable: bool = True
    problem_kind: str = ""
    problem: str = ""
    installed: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    instances: tuple[Instance, ...] = ()
    backup_free_bytes: int | None = None
    clock_skew_s: float | None = None
    files: HostFiles = field(default_factory=HostFiles)
    means: HostMeans = field(default_factory=HostMeans)


@dataclass(frozen=True, slots=True)
class QueueState:
    """One queue of the message bus, as the broker's management API tells it.

    What bounds it, by its own arguments or by a `policy` (None: nothing does): seconds after which
    a message is thrown away, the most messages it keeps, seconds without a reader after which the
    queue is deleted.
    """

    name: str
    ready: int
    unacknowledged: int
    consumers: int
    policy: str = ""
    ttl_s: float | None = None
    max_length: int | None = None
    expires_s: float | None = None


@dataclass(frozen=True, slots=True)
class BusConnection:
    """One client connection of the message bus.

    `process` and `pid` come from oslo.messaging's connection name (`process:pid:uuid`); both are
    empty (None) for clients that give none. In a container the pid is the container's own.
    `name` is the broker's own name of the connection, which channels and consumers refer to.
    """

    process: str
    pid: int | None
    peer_host: str
    name: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One stored sample. Times are epoch seconds (UTC): when it was measured, when it was stored.

    `recorded_at` is None where the store does not tell it.
    """

    meter: str
    resource: str
    timestamp: float
    recorded_at: float | None
    message_id: str


@dataclass(frozen=True, slots=True)
class GroupState:
    """One coordination group and its live members (those with a beat, ghosts left out)."""

    name: str
    members: int
    ghosts: int = 0


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """The Ceilometer database, seen from outside: size, rows, write rate, backup space.

    `usual_insert_rate` is the median of what the ledger remembers; None: too few measurements.
    `half_restored`: a restore was begun and is not finished.
    """

    reachable: bool
    problem: str = ""
    backend: str = ""
    version: str = ""
    size_bytes: int | None = None
    samples: int | None = None
    insert_rate: float | None = None
    backup_free_bytes: int | None = None
    usual_insert_rate: float | None = None
    half_restored: bool = False


@dataclass(frozen=True, slots=True)
class BusState:
    """The message bus: publish rate per second over the look, its queues, its nodes' alarms.

    `usual_publish_rate` is the median of what the ledger remembers; None: too few measurements.
    """

    reachable: bool
    problem: str = ""
    publish_rate: float | None = None
    queues: tuple[QueueState, ...] = ()
    usual_publish_rate: float | None = None
    alarms: Alarms = field(default_factory=Alarms)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What fresh looks cannot show: a node of the plan that was done or passed, and when.

    `node` is a step or gate id; `release` is the target it was done for; `detail` is what it
    left behind for later (a dump's path and checksum, a gate's verdict in words).
    """

    node: str
    release: str
    at: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class NewFiles:
    """What the files say that the hosts are to get with the target release (None: not given).

    `pipeline` and `event_pipeline` each hold the pipes of their one file.
    """

    polling: PollingFile | None = None
    pipeline: Pipelines | None = None
    event_pipeline: Pipelines | None = None


@dataclass(frozen=True, slots=True)
class CloudState:
    """Everything one plan is made from, next to inventory, releases and request.

    `baseline` is what ran before the open upgrade began (empty at the first plan: then the
    present instances are the baseline); `evidence` comes from the ledger. `pollsters` are what the
    installed releases load, old and target; `new_files` what the operator gives for the target;
    `loads` what old releases say of its new pipeline. `turns` is the order in which the last plan
    replaces polling agents (`host/unit`): phases are measured anew, an order approved has to stay.
    For a rollback `former` is what ran before the upgrade that it undoes, `left` the release that
    one led to, and `restorable` the dump it made, where that is to be restored. `accounts` are
    those of the Ceilometer database and of the scratch one, `gnocchi` where the inventory describes
    its API: looked at for a plan alone.
    """

    cloud: str
    taken_at: str
    hosts: tuple[HostState, ...] = ()
    bus: BusState | None = None
    groups: tuple[GroupState, ...] = ()
    database: DatabaseState | None = None
    baseline: tuple[Instance, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    pollsters: tuple[PollstersSeen, ...] = ()
    new_files: NewFiles = field(default_factory=NewFiles)
    loads: tuple[LoadSeen, ...] = ()
    turns: tuple[str, ...] = ()
    former: tuple[Instance, ...] = ()
    left: str = ""
    accounts: tuple[Account, ...] = ()
    gnocchi: GnocchiState | None = None
    restorable: Restorable | None = None

    def host(self, name: str) -> HostState | None:
        """The named host's state; None when it was not looked at."""
        return next((host for host in self.hosts if host.name == name), None)

    def account(self, use: Use) -> Account | None:
        """The account of that database; None when it was not looked at."""
        return next((one for one in self.accounts if one.use == use), None)

    @property
    def instances(self) -> tuple[Instance, ...]:
        """Every instance on every host that answered."""
        return tuple(instance for host in self.hosts for instance in host.instances)
