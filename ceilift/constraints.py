"""What traps demand of the paths: constraints, each with its places and its source.

Paths take them as input. The rules of `ceilift.hazards` tell the operator of them, and refuse a
plan whose order or manner cannot keep them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from ceilift.component import AGENTS, Component
from ceilift.groups import shared_groups
from ceilift.payload import unheard
from ceilift.pollster_change import group_change
from ceilift.release import Release
from ceilift.situation import Place, Situation


class Demand(StrEnum):
    """What a constraint asks for."""

    BEFORE = "before"  # the component is upgraded before `then`
    READ_FIRST = "read-first"  # all that was sent is read before its first old agent is stopped
    NEVER_BESIDE = "never-beside"  # old and new ones of these places may not run side by side
    SEPARATE_GROUP = "separate-group"  # new ones begin beside, in a group of their own
    LONGER_GATE = "longer-gate"  # its gates wait `seconds` longer


@dataclass(frozen=True, slots=True)
class Constraint:
    """One demand on one component, by the trap it avoids; `what` and `source` are for a reader."""

    demand: Demand
    trap: str
    component: Component
    places: tuple[Place, ...] = ()
    then: Component | None = None
    seconds: float = 0.0
    what: str = ""
    source: str = ""


Rule = Callable[[Situation], Iterator[Constraint]]


def constraints_of(
    situation: Situation, demand: Demand, component: Component | None = None
) -> tuple[Constraint, ...]:
    """All constraints of that demand, or those on one component."""
    found = (one for rule in RULES[demand] for one in rule(situation))
    return tuple(one for one in found if component in {None, one.component})


def agent_order(situation: Situation) -> tuple[Component, ...]:
    """Collectors, notification agents, polling agents; another order where a trap demands it."""
    order = list(AGENTS)
    for one in constraints_of(situation, Demand.BEFORE):
        if one.then in order and order.index(one.component) > order.index(one.then):
            order.remove(one.component)
            order.insert(order.index(one.then), one.component)
    return tuple(order)


def polling_first(situation: Situation) -> Iterator[Constraint]:
    """T1: new polling agents fill the queue for old notification agents, which ignore fields."""
    if unheard(situation):
        source = situation.target.payload.requires.source
        then = Component.NOTIFICATION
        yield Constraint(Demand.BEFORE, "T1", Component.POLLING, then=then, source=source)


def sent_is_read(situation: Situation) -> Iterator[Constraint]:
    """T1: what old polling agents sent is lost by new notification agents, to the last message."""
    component = Component.NOTIFICATION
    places = situation.places[component]
    old = tuple(place for place in places if place.is_old(situation.target.version))
    if old and unheard(situation):
        source = situation.target.payload.requires.source
        yield Constraint(Demand.READ_FIRST, "T1", component, old, source=source)


def polling_rings(situation: Situation) -> Iterator[Constraint]:
    """T2: two kinds of hash ring in one group leave resources unpolled and double others."""
    target, component = situation.target.polling, Component.POLLING
    rings = {release.polling.ring.value for release in old_releases(situation, component)}
    if not rings - {target.ring.value}:
        return
    for places in shared_groups(situation).values():
        yield Constraint(
            Demand.NEVER_BESIDE,
            "T2",
            component,
            places,
            what=f"polling agents share a group, and {situation.target.version} spreads resources "
            "by another hash ring: side by side 14 to 30 % of the resources would be polled by "
            "nobody",
            source=target.ring.source,
        )


def silent_members(situation: Situation) -> Iterator[Constraint]:
    """T3: members that never learn of each other cannot be replaced one by one."""
    component = Component.POLLING
    releases = (*old_releases(situation, component), situation.target)
    never = [one for one in releases if one.polling.membership.value == "never"]
    for places in shared_groups(situation).values() if never else ():
        yield Constraint(
            Demand.NEVER_BESIDE,
            "never-beside",
            component,
            places,
            what=f"polling agents share a group, and members of {never[0].version} never learn "
            "who comes and goes: replaced one by one, resources are polled twice or by nobody",
            source=never[0].polling.membership.source,
        )


def shared_work(situation: Situation) -> Iterator[Constraint]:
    """T2, T4, T5: notification agents that share work need one ring, one group, one set of queues.

    Each of an old release's differences is one constraint.
    """
    component, target = Component.NOTIFICATION, situation.target
    places = sharing_work(situation)
    if not places:
        return
    share = "notification agents share their work (workload_partitioning), and"
    for old in old_releases(situation, component):
        if old.polling.ring.value != target.polling.ring.value:
            yield Constraint(
                Demand.NEVER_BESIDE,
                "T2",
                component,
                places,
                what=f"{share} {target.version} divides queues by another hash ring than "
                f"{old.version}: side by side, queues stay unread",
                source=f"{target.polling.ring.source}; lab: 11 of 20 queues without a consumer",
            )
        if _meeting(old) != _meeting(target):
            trap = "T4" if target.notification.partitioning.value else "T5"
            yield Constraint(
                Demand.NEVER_BESIDE,
                trap,
                component,
                places,
                what=f"{share} {target.version} has another group or other queues than "
                f"{old.version}: what waits in the old queues is never read",
                source=target.notification.group.source,
            )


def new_pollsters(situation: Situation) -> Iterator[Constraint]:
    """A pollster that old members lack would be polled on the new members' shares alone."""
    for members in shared_groups(situation).values():
        if group_change(situation, members).new:
            source = "rolling procedure, step 4; ceilometer/polling/manager.py, poll_and_notify"
            yield Constraint(
                Demand.SEPARATE_GROUP, "new-pollsters", Component.POLLING, members, source=source
            )


def random_wait(situation: Situation) -> Iterator[Constraint]:
    """T24: agents of 9.x and older may wait at random before they begin to poll.

    `[DEFAULT] shuffle_time_before_polling_task`, which 10.0 does not have any more.
    """
    component = Component.POLLING
    if situation.target.series >= SHUFFLED_UNTIL:
        return
    places = [place for place in situation.wanted(component) if place.config is not None]
    longest = max((place.config.shuffle_s for place in places if place.config), default=0.0)
    if longest:
        yield Constraint(
            Demand.LONGER_GATE,
            "T24",
            component,
            tuple(places),
            seconds=longest,
            source="ceilometer/agent/manager.py of 9.0.7, start_polling_tasks",
        )


def old_releases(situation: Situation, component: Component) -> tuple[Release, ...]:
    """The releases that its agents ran before, other than the target."""
    version = situation.target.version
    ran = {place.ran for place in situation.places[component] if place.is_old(version)}
    known = situation.catalogue.releases
    return tuple(known[name] for name in sorted(name or "" for name in ran) if name in known)


def sharing_work(situation: Situation) -> tuple[Place, ...]:
    """The notification agents with workload_partitioning."""
    wanted = situation.wanted(Component.NOTIFICATION)
    return tuple(p for p in wanted if p.config is not None and p.config.workload_partitioning)


def _meeting(release: Release) -> tuple[str | None, str | None]:
    facts = release.notification
    return facts.group.value, facts.ipc_queue_prefix.value


SHUFFLED_UNTIL = 10
RULES: dict[Demand, tuple[Rule, ...]] = {
    Demand.BEFORE: (polling_first,),
    Demand.READ_FIRST: (sent_is_read,),
    Demand.NEVER_BESIDE: (polling_rings, silent_members, shared_work),
    Demand.SEPARATE_GROUP: (new_pollsters,),
    Demand.LONGER_GATE: (random_wait,),
}
