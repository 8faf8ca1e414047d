"""What gates about pipelines see: files and processes of agents, and the queues between them."""

from __future__ import annotations

from ceilift.clock import now
from ceilift.component import Component
from ceilift.gates.sight import Sight
from ceilift.looks import AgentLook, DrainLook, PipelineLook
from ceilift.pipeline import queues_of
from ceilift.pipeline_change import digest_of
from ceilift.plan import Target
from ceilift.state import HostState, Instance

POLLED = "notifications.sample"
CLOCK_S = 1.0  # how exact the beginning of a process is known
WRITTEN = """\
for file; do
  if [ -e "$file" ]; then date -r "$file" +%s.%N; fi
done
"""


def see_pipeline(sight: Sight) -> PipelineLook:
    """Every agent of the gate, and who reads the queues of its pipes."""
    hosts = {host.name: host for host in sight.hosts(*_names(sight))}
    agents = tuple(_agent(sight, hosts[target.host], target) for target in sight.gate.targets)
    found = (_instance(hosts[target.host], target) for target in sight.gate.targets)
    return PipelineLook(now(), agents, _wanted(sight, next((i for i in found if i), None)))


def see_drained(sight: Sight) -> DrainLook:
    """What is left in the queues of the gate's pipes."""
    hosts = sight.hosts(*_names(sight))
    found = (_instance(hosts[0], target) for target in sight.gate.targets)
    wanted = _wanted(sight, next((i for i in found if i), None))
    if not wanted:
        return DrainLook(now(), None)
    there = {queue.name: queue for queue in sight.cloud.broker.queues()}
    counts = {
        name: there[name].ready + there[name].unacknowledged for name in wanted if name in there
    }
    return DrainLook(now(), counts)


def see_heard(sight: Sight) -> DrainLook:
    """What is left of all that polling agents sent."""
    there = [queue for queue in sight.cloud.broker.queues() if queue.name == POLLED]
    return DrainLook(now(), {queue.name: queue.ready + queue.unacknowledged for queue in there})


def _names(sight: Sight) -> tuple[str, ...]:
    return tuple(dict.fromkeys(target.host for target in sight.gate.targets))


def _agent(sight: Sight, host: HostState, target: Target) -> AgentLook:
    if not host.reachable:
        return AgentLook(target.host, None, None)
    instance = _instance(host, target)
    if instance is None or not instance.running:
        return AgentLook(target.host, running=False, loaded=False)
    loaded = True if target.drains else _has_loaded(sight, instance)
    return AgentLook(target.host, running=True, loaded=loaded, queues=sight.own(instance).queues)


def _has_loaded(sight: Sight, instance: Instance) -> bool:
    """Whether the new files are there, and its newest process began after they were written."""
    config, files = instance.config, sight.request.files_of(Component.NOTIFICATION)
    if any(digest_of(config, file.kind) != file.digest for file in files):
        return False
    paths = [path for path in (config.pipeline_path, config.event_pipeline_path) if path]
    said = sight.cloud.connections.shell(instance.host).run(WRITTEN, *paths).stdout.split()
    written = max((float(moment) for moment in said), default=0.0)
    return instance.started is not None and instance.started + CLOCK_S >= written


def _instance(host: HostState, target: Target) -> Instance | None:
    key = (target.component, target.unit)
    return next((one for one in host.instances if (one.component, one.unit) == key), None)


def _wanted(sight: Sight, instance: Instance | None) -> frozenset[str]:
    """The queues of the gate's pipes, as the agents' release names and counts them."""
    prefix = sight.release.notification.ipc_queue_prefix.value
    pipelines = instance.config.pipelines if instance is not None else None
    if prefix is None or pipelines is None:
        return frozenset()
    return queues_of(sight.gate.pipes, pipelines.processing_queues, prefix)
