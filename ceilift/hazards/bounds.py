"""Rules about queues: those that are not read, or may not keep what comes while agents are away."""

from __future__ import annotations

from collections.abc import Iterator

from ceilift.component import Component
from ceilift.finding import Finding
from ceilift.hazards.case import Case, several, warning
from ceilift.plan import Action
from ceilift.situation import AGENT
from ceilift.state import QueueState

PATIENCE = 2.0  # times the estimate: an upgrade may take longer than it should
MANY = 1000  # messages: fewer are read in seconds, whatever the rate
BEHIND_S = 60.0
READERS = (Component.COLLECTOR, Component.NOTIFICATION)


def bounded_queues(case: Case) -> Iterator[Finding]:
    """A queue throws messages away, or is deleted itself, before its readers are back."""
    found: dict[tuple[str, str], list[QueueState]] = {}
    for component in READERS:
        away_s = _away_s(case, component)
        for queue in _read_by(case, component) if away_s else ():
            for what in _too_tight(case, queue, away_s):
                found.setdefault((what, queue.policy), []).append(queue)
    for (what, policy), queues in found.items():
        yield warning(
            "queue-bounds",
            f"{what}; what comes meanwhile has to wait there",
            several(queue.name for queue in queues),
            f"policy {policy}" if policy else "the queue's own arguments",
            "Lift the bound until the upgrade is over: rabbitmqctl list_policies -p "
            f"{case.situation.inventory.message_bus.vhost}, and clear_policy or set_policy",
        )


def backlog(case: Case) -> Iterator[Finding]:
    """The agents that run are behind with their work, or leave a queue unread."""
    bus = case.situation.state.bus
    usual = BEHIND_S * ((bus.publish_rate or 0.0) if bus else 0.0)
    for component in READERS:
        for queue in _read_by(case, component) if _works(case, component) else ():
            if queue.ready and not queue.consumers:
                yield _unread(queue, component)
            elif queue.ready > max(MANY, usual):
                yield _behind(queue, component)


def _unread(queue: QueueState, component: Component) -> Finding:
    return warning(
        "queue-unread",
        f"nobody reads {queue.name}, in which {queue.ready} messages wait",
        queue.name,
        f"each {AGENT[component]} that runs reads its queues, unless nothing is to be done with "
        "what is in them: events without a dispatcher wait for ever",
        f"Find out who publishes there, and stop it (event_pipeline.yaml); or see why no "
        f"{AGENT[component]} reads it",
    )


def _behind(queue: QueueState, component: Component) -> Finding:
    return warning(
        "queue-backlog",
        f"{queue.ready} messages wait in {queue.name}, more than come in {BEHIND_S:.0f} s",
        queue.name,
        "what is behind before an upgrade is further behind after it, and gates wait for a backlog "
        "to fall",
        f"Let it be read first (rabbitmqctl list_queues name messages consumers), with one more "
        f"{AGENT[component]} if need be",
    )


def _works(case: Case, component: Component) -> bool:
    """Whether an agent of it runs, and the plan has something left to do with it."""
    left = any(step.stage == component for step in case.plan.steps)
    return left and any(one.running and one.component is component for one in case.situation.now)


def _too_tight(case: Case, queue: QueueState, away_s: float) -> Iterator[str]:
    told = f"the agents that read it are stopped for about {away_s:.0f} s"
    wait_s = PATIENCE * away_s
    if queue.ttl_s is not None and queue.ttl_s < wait_s:
        yield f"messages are thrown away after {queue.ttl_s:g} s, and {told}"
    if queue.expires_s is not None and queue.expires_s < wait_s:
        yield f"the queue is deleted after {queue.expires_s:g} s without a reader, and {told}"
    bus = case.situation.state.bus
    coming = (bus.publish_rate or 0.0) * wait_s if bus else 0.0
    waiting = queue.ready + queue.unacknowledged
    if queue.max_length is not None and waiting + coming > queue.max_length:
        yield (
            f"the queue keeps {queue.max_length} messages at most, {waiting} are in it, about "
            f"{coming / wait_s:.0f} a second come, and {told}"
        )


def _away_s(case: Case, component: Component) -> float:
    """How long no agent of it reads, by the plan's estimate; 0 where some always do."""
    stops = any(
        step.action is Action.STOP and any(target.component is component for target in step.targets)
        for step in case.plan.steps
    )
    if case.rolls(component) or not stops:
        return 0.0
    return sum(stage.estimate_s for stage in case.plan.stages if stage.name == component.value)


def _read_by(case: Case, component: Component) -> Iterator[QueueState]:
    known = case.situation.catalogue.releases
    ran = [known[name] for name in case.plan.releases if name in known]
    names = {name for release in ran for name in release.queues.value.get(component, ())}
    own = [one for one in (release.notification.ipc_queue_prefix.value for release in ran) if one]
    bus = case.situation.state.bus
    for queue in bus.queues if bus else ():
        among = component is Component.NOTIFICATION and queue.name.startswith(tuple(own))
        if queue.name in names or among:
            yield queue
