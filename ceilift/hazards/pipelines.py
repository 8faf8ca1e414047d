"""Rules about new pipeline files of notification agents that share their work."""

from __future__ import annotations

from collections.abc import Iterator

from ceilift.component import Component
from ceilift.finding import Finding
from ceilift.hazards.case import Case, blocker, info, labels, several, warning
from ceilift.hazards.rolling import stop_all
from ceilift.pipeline_change import (
    PipelineChange,
    loads_of,
    old_first,
    pipeline_change,
    rolls_notification,
)
from ceilift.plan import Action

NOTIFICATION = Component.NOTIFICATION
ONE_QUEUE_FOR_ALL = "ceilometer_ipc"  # of 10 and 11: what a reader does not know is thrown away


def pipelines_unknown(case: Case) -> Iterator[Finding]:
    """What runs is to be compared with the new files, and was not read."""
    change = pipeline_change(case.situation)
    if change is not None and change.unknown and _is_left(case):
        yield blocker(
            "pipelines-unknown",
            "notification agents share their work (workload_partitioning), and whether the new "
            f"pipeline differs cannot be told: {change.unknown}",
            labels(change.members),
            "agents with different pipelines leave queues that nobody reads",
            "Let the files of these hosts be read",
        )


def pipelines_mix(case: Case) -> Iterator[Finding]:
    """Agents of 10 and 11 throw away what another pipeline sends: even a moment of both loses."""
    change = _synchronised(case)
    if change is None:
        return
    known = case.situation.catalogue.releases
    for release in sorted({place.ran or "" for place in change.members}):
        facts = known[release].notification.ipc_queue_prefix
        if facts.value == ONE_QUEUE_FOR_ALL:
            yield blocker(
                "pipelines-mix",
                f"the new pipeline is another one ({several(change.differs)}), and agents of "
                f"{release} throw away what comes from a pipe they do not know",
                labels(change.members),
                facts.source,
                stop_all(case, NOTIFICATION),
            )


def not_loaded(case: Case) -> Iterator[Finding]:
    """An old release cannot load the new files, or could not be asked whether it can."""
    if _synchronised(case) is None:
        return
    paths = several(file.path for file in case.situation.request.files_of(NOTIFICATION))
    for place, seen in loads_of(case.situation):
        if seen is None or not (seen.fault or seen.unknown):
            continue
        could = "does not load" if seen.fault else "could not be asked whether it loads"
        yield blocker(
            "pipeline-not-loaded",
            f"{place.ran} on {place.label} {could} the new pipeline ({seen.fault or seen.unknown})",
            f"{place.host}: {paths}",
            "notification agents share their work, so the old ones have to load the new pipeline "
            "first; one that cannot lives on without workers",
            f"Mend the file; or {_lower(stop_all(case, NOTIFICATION))}",
        )


def not_tried(case: Case) -> Iterator[Finding]:
    """Nobody asked the old release: as when a plan is made from a recorded look."""
    if _synchronised(case) is None:
        return
    open_places = [place for place, seen in loads_of(case.situation) if seen is None]
    if open_places:
        yield warning(
            "pipeline-not-tried",
            "whether the old release loads the new pipeline was not tried",
            labels(open_places),
            "its own loader is asked on the host, before anything is changed",
            "Plan with the hosts in reach; the upgrade asks in any case",
        )


def pipes_vanish(case: Case) -> Iterator[Finding]:
    """Pipes go: their queues are emptied, and stay behind."""
    change = pipeline_change(case.situation)
    if change is None or not change.vanishing or not _drains(case):
        return
    when = "after the old agents have the new pipeline"
    if not rolls_notification(case.situation):
        when = "while all agents are stopped"
    yield info(
        "pipes-vanish",
        f"with the new pipeline nobody reads the queues of {several(change.vanishing)}: {when}, "
        "an agent of Ceilift's own reads what is left in them",
        labels(change.members[:1]),
        "queues are named after pipes (ceilometer/notification.py); a renamed sink is a removed "
        "and an added pipe",
        "Delete the empty queues afterwards, if you like: nothing uses them",
    )


def _synchronised(case: Case) -> PipelineChange | None:
    """The change, while old agents still have to be brought to it."""
    change = old_first(case.situation)
    left = any(step.action in {Action.WRITE, Action.RELOAD} for step in case.plan.steps)
    return change if left else None


def _drains(case: Case) -> bool:
    return any(target.drains for gate in case.plan.gates for target in gate.targets)


def _is_left(case: Case) -> bool:
    return any(step.stage == NOTIFICATION for step in case.plan.steps)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
