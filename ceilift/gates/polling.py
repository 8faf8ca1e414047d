"""What a gate about a polling agent sees: its samples, its messages, its part in its group."""

from __future__ import annotations

from collections.abc import Mapping

from ceilift.account import account
from ceilift.clock import now
from ceilift.component import Component
from ceilift.coordination import live_groups
from ceilift.errors import TransientError
from ceilift.gates.sight import Sight
from ceilift.inventory_hosts import BESIDE_SUFFIX
from ceilift.looks import PollingLook
from ceilift.pollsters import stored_meter
from ceilift.probe.host import likely_name, stored_names
from ceilift.state import Instance
from ceilift.telemetry.source import StoredSamples

LATELY_INTERVALS = 2.5


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
        namespace_rows=polled_since(sight, instance),
        members=members,
        expected=expected,
        newest=newest or {},
        doubled=_doubled(sight, instance),
    )


def due_resources(sight: Sight) -> frozenset[str]:
    """The stored ids of the agent's own static resources that were polled before the upgrade.

    All of them, where nothing is known to have been polled.
    Raises TransientError while its host cannot be read: a gate must not do with a weaker proof.
    """
    seen = sight.seen()
    if seen.running is None:
        host = sight.target.host
        raise TransientError(f"{host} could not be read: what it polls is not known", host=host)
    if seen.instance is None:
        return frozenset()
    known, own = {resource for _, resource in sight.learned}, seen.instance.config.resources
    if not known:
        return frozenset(likely_name(item) for item in own)
    return frozenset(name for item in own for name in stored_names(item)) & known


def polls_alone(sight: Sight) -> bool:
    """Whether no other polling agent that runs has one of its static resources."""
    found = [i for host in sight.hosts() for i in host.instances]
    agents = [i for i in found if i.component is Component.POLLING and i.running]
    own = {i.host: i for i in agents if (i.host, i.unit) == (sight.target.host, sight.target.unit)}
    mine = next((set(i.config.resources) for i in own.values()), set[str]())
    others = (i for i in agents if i not in own.values())
    return not any(mine & set(other.config.resources) for other in others)


def polled_since(sight: Sight, instance: Instance | None) -> int | None:
    """Samples of polled meters measured and stored since it started; None: no such meter known."""
    store = sight.cloud.samples
    if store is None or instance is None or instance.started is None or not sight.polled:
        return None
    meters = frozenset(stored_meter(name) for name in sight.gate.meters) or sight.polled
    return store.count(instance.started, now(), meters)


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


def _longest_interval(sight: Sight) -> float:
    return max((one.interval_s for one in sight.learned.values()), default=0.0)


def _group_of(sight: Sight, instance: Instance | None) -> tuple[int | None, int]:
    """Live members of an agent's group, and how many agents run in it; none where not told."""
    found = sight.cloud.coordination_url
    told = sight.release.polling.membership.value != "never"
    if found is None or not told or instance is None or not instance.config.coordinated:
        return None, 0
    agents = [
        one
        for host in sight.hosts()
        for one in host.instances
        if one.running
        and one.component is Component.POLLING
        and set(one.namespaces) == set(instance.namespaces)
    ]
    prefixes = {one.config.group_prefix for one in agents}
    own = instance.config.group_prefix
    mine = _names_begin(instance, own)
    others = tuple(_names_begin(instance, one) for one in prefixes if len(one) > len(own))
    members = [
        group.members
        for group in live_groups(*found)
        if group.name.startswith(mine) and not group.name.startswith(others)
    ]
    same = [one for one in agents if one.config.group_prefix == own]
    return max(members, default=0), len(same)


def _names_begin(instance: Instance, prefix: str) -> str:
    """How the names of the groups of its namespaces begin with that prefix.

    Sorted namespaces, prefix, set of resources, joined by dashes (construct_group_id).
    """
    return "-".join((*sorted(instance.namespaces), *((prefix,) if prefix else ()), ""))
