"""Rules of the partial path: what may not run beside its successor, whatever the policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ceilift.component import Component
from ceilift.estimate import LOOK_S, first_poll_s, polling_interval_s
from ceilift.finding import Finding
from ceilift.groups import shared_groups
from ceilift.hazards.case import Case, blocker, labels, several, warning
from ceilift.pipeline import differences
from ceilift.pipeline_change import old_first
from ceilift.release import Release
from ceilift.situation import Place


def polling_ring(case: Case) -> Iterator[Finding]:
    """T2: two kinds of hash ring in one group leave resources unpolled and double others."""
    target = case.situation.target.polling
    rings = {release.polling.ring.value for release in _old(case, Component.POLLING)}
    if not (rings - {target.ring.value}) or not case.rolls(Component.POLLING):
        return
    for places in shared_groups(case.situation).values():
        yield blocker(
            "T2",
            f"polling agents share a group, and {case.to} spreads resources by another hash ring: "
            "side by side 14 to 30 % of the resources would be polled by nobody",
            labels(places),
            target.ring.source,
            stop_all(case, Component.POLLING),
        )


def polling_membership(case: Case) -> Iterator[Finding]:
    """T3: members that never learn of each other cannot be replaced one by one."""
    releases = (*_old(case, Component.POLLING), case.situation.target)
    never = [one for one in releases if one.polling.membership.value == "never"]
    if not never or not case.rolls(Component.POLLING):
        return
    for places in shared_groups(case.situation).values():
        yield blocker(
            "never-beside",
            f"polling agents share a group, and members of {never[0].version} never learn who "
            "comes and goes: replaced one by one, resources are polled twice or by nobody",
            labels(places),
            never[0].polling.membership.source,
            stop_all(case, Component.POLLING),
        )


def partitioned_rings(case: Case) -> Iterator[Finding]:
    """T2: notification agents that share work divide their queues by one ring."""
    target = case.situation.target
    for old, places in _sharing_with(case):
        if old.polling.ring.value != target.polling.ring.value:
            yield blocker(
                "T2",
                "notification agents share their work (workload_partitioning), and "
                f"{case.to} divides queues by another hash ring than {old.version}: side by side, "
                "queues stay unread",
                labels(places),
                f"{target.polling.ring.source}; lab: 11 of 20 queues without a consumer",
                stop_all(case, Component.NOTIFICATION),
            )


def partitioned_groups(case: Case) -> Iterator[Finding]:
    """T4, T5: they need one group and one set of queues, too."""
    target = case.situation.target.notification
    for old, places in _sharing_with(case):
        one = (old.notification.group.value, old.notification.ipc_queue_prefix.value)
        if one != (target.group.value, target.ipc_queue_prefix.value):
            yield blocker(
                "T4",
                "notification agents share their work (workload_partitioning), and "
                f"{case.to} has another group or other queues than {old.version}: what waits in "
                "the old queues is never read",
                labels(places),
                target.group.source,
                stop_all(case, Component.NOTIFICATION),
            )


def uneven_pipelines(case: Case) -> Iterator[Finding]:
    """Notification agents that share work have to have the same pipeline."""
    places = _partitioned(case)
    if not places or not case.rolls(Component.NOTIFICATION):
        return
    if old_first(case.situation) is not None:  # half of them may have the new files by now
        places = [replace(place, now=None) for place in places]
    for place in places[1:]:
        if differs := _pipelines_differ(places[0], place):
            yield blocker(
                "pipelines-differ",
                "notification agents share their work (workload_partitioning), and the pipelines "
                f"of {places[0].label} and {place.label} differ: {several(differs)}",
                place.label,
                "what one puts into a queue, another may not know: queues are named after pipes "
                "(ceilometer/notification.py); rolling procedure, step 3",
                "Give all of them the same files and reload them together, or add "
                "--stop-all notification",
            )


def _pipelines_differ(left: Place, right: Place) -> tuple[str, ...]:
    """In words, after normalising; by the files' digests where the pipelines are not known."""
    if left.config is None or right.config is None:
        return ()
    one, other = left.config.pipelines, right.config.pipelines
    if one is not None and other is not None:
        faults = (f"a file does not load: {item.fault}" for item in (one, other) if item.fault)
        return (*differences(one, other), *faults)
    same = left.config.pipeline_digest == right.config.pipeline_digest
    return () if same else ("pipeline.yaml has another digest",)


def advised_order(case: Case) -> Iterator[Finding]:
    """An order of the operator's own is legal behind the database, and said."""
    order = case.situation.request.order
    if order and case.situation.request.path == "partial":
        yield warning(
            "order",
            f"the order {', '.join(order)} is not the advised one",
            "command line: --order",
            "advised: database, collector, notification, polling, api (rolling procedure)",
            "Leave --order out to follow it",
        )


def _old(case: Case, component: Component) -> tuple[Release, ...]:
    """The releases that its agents ran before, other than the target."""
    ran = {p.ran for p in case.situation.places[component] if p.is_old(case.to)}
    known = case.situation.catalogue.releases
    return tuple(known[name] for name in sorted(name or "" for name in ran) if name in known)


def _sharing_with(case: Case) -> Iterator[tuple[Release, list[Place]]]:
    """Each old release whose notification agents would share work with the target's."""
    places = _partitioned(case)
    if places and case.rolls(Component.NOTIFICATION):
        yield from ((old, places) for old in _old(case, Component.NOTIFICATION))


def _partitioned(case: Case) -> list[Place]:
    wanted = case.situation.wanted(Component.NOTIFICATION)
    return [p for p in wanted if p.config is not None and p.config.workload_partitioning]


def stop_all(case: Case, component: Component) -> str:
    """The remedy that always works for a component, with the pause it costs."""
    if component is not Component.POLLING:
        timing = case.situation.target.timing
        pause = timing.stop_s.value.get(component, 0) + timing.start_s.value.get(component, 0)
        return (
            f"Add --stop-all {component.value}: all of them are stopped first, a pause of about "
            f"{pause + LOOK_S:.0f} s in which what comes waits in the queues"
        )
    pause = first_poll_s(case.situation) + polling_interval_s(case.situation)
    return (
        f"Add --stop-all {component.value}: all of them are stopped first, a pause of about "
        f"{pause:.0f} s and more for all but the first agent"
    )
