"""Rules about how agents share their work: groups, resources, namespaces, options that kill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ceilift.component import Component
from ceilift.constraints import Demand, constraints_of
from ceilift.finding import Finding
from ceilift.hazards.case import Case, blocker, info, labels, several, warning
from ceilift.plan import Action
from ceilift.situation import Place
from ceilift.state import AgentConfig

SHARED = "central"  # its discoveries see the whole cloud; compute and ipmi agents see their host
GLOBAL_IPMI_UNTIL = 25
CONSUMERS = frozenset({Component.COLLECTOR, Component.NOTIFICATION})

Agent = tuple[Place, AgentConfig]


def shared_group(case: Case) -> Iterator[Finding]:
    """T3: polling agents share a group whose members never learn of each other."""
    if case.situation.target.polling.membership.value != "never" or case.is_empty:
        return
    groups: dict[object, list[Place]] = {}
    for place, config in _sharing(case):
        if config.coordinated:
            resources = frozenset(config.resources)
            name = (frozenset(place.namespaces), config.group_prefix, resources)
            groups.setdefault(name, []).append(place)
    for places in groups.values():
        if len(places) > 1:
            yield warning(
                "T3",
                f"{len(places)} polling agents share one group: in {case.to} they poll the same "
                "resources for ever (measured: 11 polls for 8 resources in every cycle)",
                labels(places),
                case.situation.target.polling.membership.source,
                "Give each agent resources of its own, or its own partitioning_group_prefix; "
                "or run one agent",
            )


def uncoordinated(case: Case) -> Iterator[Finding]:
    """Polling agents that do not coordinate all poll everything they have in common."""
    agents = [agent for agent in _sharing(case) if not agent[1].coordinated]
    doubled = _in_common(agents)
    if not doubled or case.is_empty:
        return
    added = [place for place in doubled if place.ran is None]
    ran = [place for place in _central(case) if place.ran is not None]
    where, why = labels(doubled), "without [coordination] backend_url each agent polls everything"
    what = f"{len(doubled)} polling agents without coordination poll the same resources"
    remedy = "Set [coordination] backend_url, or give each agent resources of its own"
    if added and ran:
        what += f"; {labels(added)} would be one more than before"
        remedy += f", or take the polling role from {labels(added)}"
        yield blocker("uncoordinated-polling", what, where, why, remedy)
    else:
        yield warning("uncoordinated-polling", what, where, why, remedy)


def unstable_group_names(case: Case) -> Iterator[Finding]:
    """T9: static resources with coordination need a fixed hash seed, or each agent is alone."""
    if not case.situation.target.polling.static_group_hash.value or case.is_empty:
        return
    places = [
        place
        for place, config in case.polling
        if config.coordinated and config.resources and not config.hash_seed_fixed
    ]
    if places:
        yield warning(
            "T9",
            "the group of static resources has another name in every process: each agent polls "
            "all of them",
            labels(places),
            case.situation.target.polling.static_group_hash.source,
            "Set PYTHONHASHSEED to the same value for all polling agents",
        )


def uneven_groups(case: Case) -> Iterator[Finding]:
    """T10: agents that poll the same namespace, but with other lists, are in other groups."""
    agents = [agent for agent in _sharing(case) if agent[1].coordinated]
    by_prefix: dict[str, list[Place]] = {}
    for place, config in agents:
        if not config.resources:
            by_prefix.setdefault(config.group_prefix, []).append(place)
    for places in by_prefix.values():
        lists = {frozenset(place.namespaces) for place in places}
        if len(lists) > 1 and not case.is_empty:
            shown = " / ".join(sorted("+".join(sorted(names)) for names in lists))
            yield warning(
                "T10",
                f"polling agents with different namespaces ({shown}) are in different groups: "
                f"each group polls all of {SHARED}",
                labels(places),
                "the group's name is made of the sorted namespaces and the prefix "
                "(ceilometer/agent/manager.py, construct_group_id)",
                "Give all agents of the group the same namespaces, or separate what they poll",
            )


def global_ipmi_group(case: Case) -> Iterator[Finding]:
    """T16: before 25.0 all ipmi agents share one group, though each host is a node of its own."""
    if case.situation.target.series >= GLOBAL_IPMI_UNTIL or case.is_empty:
        return
    places = [p for p, config in case.polling if "ipmi" in p.namespaces and config.coordinated]
    if len(places) > 1:
        yield warning(
            "T16",
            f"{len(places)} ipmi agents coordinate in one group: only one of them polls its node",
            labels(places),
            "local_node's group is `global` until 25.0 (commit 4f0bec177)",
            "Switch coordination off for agents that poll ipmi",
        )


def udp_address_empty(case: Case) -> Iterator[Finding]:
    """A collector of 9.x exits on an empty udp_address, which 8.x accepts."""
    if case.situation.target.series != 9:  # noqa: PLR2004 - the series the fact is about
        return
    for place in case.starting(Component.COLLECTOR):
        if place.config is not None and place.config.udp_address == "":
            yield blocker(
                "udp-address-empty",
                f"[collector] udp_address is empty on {place.host}: the collector of {case.to} "
                "would exit at once",
                place.host,
                "lab, 9.0.7: ConfigFileValueError; valid in 8.1.5",
                "Give it an address (127.0.0.1), or remove the option",
            )


def polling_file(case: Case) -> Iterator[Finding]:
    """A polling agent that is to be started would not start with the polling file it finds."""
    broken: dict[tuple[str, str], list[Place]] = {}
    for place in case.starting(Component.POLLING):
        if place.config is not None and place.config.polling_fault:
            found = (place.config.polling_file or "polling.yaml", place.config.polling_fault)
            broken.setdefault(found, []).append(place)
    for (path, fault), places in broken.items():
        yield blocker(
            "polling-file",
            f"{path} on {labels(places)} cannot be used: {fault}; an agent that is started with it "
            "never polls",
            labels(places),
            "an agent reads its polling file when it starts (ceilometer/pipeline.py of 9.0.7, "
            "polling/manager.py of 17.0.2); the one that runs has what it read then",
            f"Mend {path} on {labels(places)}, then plan again",
        )


def first_poll(case: Case) -> Iterator[Finding]:
    """T24: agents of the target poll first only after one or two intervals."""
    places = case.starting(Component.POLLING)
    coordinated = any(place.config and place.config.coordinated for place in places)
    facts = case.situation.target.polling
    intervals = case.situation.target.first_poll_intervals(coordinated=coordinated)
    source = facts.first_poll_intervals_coordinated if coordinated else facts.first_poll_intervals
    if places and intervals:
        times = "one interval" if intervals == 1 else f"{intervals} intervals"
        later = constraints_of(case.situation, Demand.LONGER_GATE, Component.POLLING)
        shuffle = sum(one.seconds for one in later)
        more = f", and up to {shuffle:g} s later (shuffle_time_before_polling_task)"
        yield info(
            "T24",
            f"a polling agent of {case.to} polls first {times} after its start"
            + (more if shuffle else ""),
            labels(places),
            source.source,
        )


def _central(case: Case) -> list[Place]:
    wanted = case.situation.wanted(Component.POLLING)
    return [place for place in wanted if SHARED in place.namespaces]


def _sharing(case: Case) -> list[Agent]:
    """The agents that see the whole cloud, not their own host alone."""
    return [(place, config) for place, config in case.polling if SHARED in place.namespaces]


def ghosts(case: Case) -> Iterator[Finding]:
    """Members of the notification agents' group died without leaving it, a moment ago.

    Of polling agents nothing is said: those of 9.x and 10.x live without a beat.
    """
    known = case.situation.catalogue.releases
    ran = [known[name] for name in case.plan.releases if name in known]
    names = {release.notification.group.value for release in ran}
    for group in case.situation.state.groups:
        if group.ghosts and group.name in names and not case.is_empty:
            yield warning(
                "ghost-members",
                f"{group.ghosts} members of {group.name} have no beat, beside {group.members} that "
                "have: their share of the queues is read by nobody as long as they count",
                group.name,
                "tooz takes a member out when its beat has been missing for 30 s: an agent that "
                "dies again and again leaves one each time",
                "See in the logs of notification agents whether workers die (Forking too fast); "
                "plan again when none is left",
            )


def _in_common(agents: list[Agent]) -> list[Place]:
    """The agents that have at least one resource in common with another; no list means all."""
    if any(not config.resources for _, config in agents):
        return [place for place, _ in agents] if len(agents) > 1 else []
    polled = Counter(one for _, config in agents for one in set(config.resources))
    return [place for place, config in agents if any(polled[r] > 1 for r in config.resources)]


def last_acknowledgement(case: Case) -> Iterator[Finding]:
    """An agent that is stopped at work may leave its last message to be handled again."""
    stopped = sorted(
        {
            target.host
            for step in case.plan.steps
            if step.action is Action.STOP
            for target in step.targets
            if target.component in CONSUMERS
        }
    )
    if stopped:
        yield info(
            "last-acknowledgement",
            "a collector or notification agent that is stopped at work may leave its last message "
            "unacknowledged: that one is handled again, so a sample may be stored twice",
            several(stopped),
            "measured with oslo.messaging 12.13.3: 10 times in 24 stops at 20 messages a second",
            "Nothing to do: the report counts what was stored twice",
        )
