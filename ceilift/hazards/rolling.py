"""Rules of the partial path: what may not run beside its successor, whatever the policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ceilift.component import Component
from ceilift.constraints import Demand, constraints_of, sharing_work
from ceilift.estimate import LOOK_S, first_poll_s, polling_interval_s
from ceilift.finding import Finding
from ceilift.hazards.case import Case, blocker, labels, several, warning
from ceilift.pipeline import differences
from ceilift.pipeline_change import old_first
from ceilift.situation import Place


def never_beside(case: Case) -> Iterator[Finding]:
    """T2 to T5: what old and new agents share that they cannot share."""
    for one in constraints_of(case.situation, Demand.NEVER_BESIDE):
        if case.rolls(one.component):
            where, remedy = labels(one.places), stop_all(case, one.component)
            yield blocker(one.trap, one.what, where, one.source, remedy)


def uneven_pipelines(case: Case) -> Iterator[Finding]:
    """Notification agents that share work have to have the same pipeline."""
    places = sharing_work(case.situation)
    if not places or not case.rolls(Component.NOTIFICATION):
        return
    if old_first(case.situation) is not None:  # half of them may have the new files by now
        places = tuple(replace(place, now=None) for place in places)
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
