"""Makes plans: what is to be done, in which order, what stands against it, what is left of it.

Pure and total: the same inventory, look, catalogue and request give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from packaging.version import InvalidVersion, Version

from ceilift.estimate import Pace, expected_loss, pace_of, stage_seconds
from ceilift.finding import Finding
from ceilift.hazards import findings_of
from ceilift.inventory import Inventory
from ceilift.paths.full import Section, full_path
from ceilift.paths.nodes import DBSYNC_ID, Builder
from ceilift.paths.partial import partial_path
from ceilift.paths.start_old import start_old
from ceilift.plan import Gate, Plan, Request, Stage, Step
from ceilift.plan_nodes import plan_nodes, without_nodes
from ceilift.progress import Progress
from ceilift.release import Catalogue
from ceilift.request_faults import refuse_faults
from ceilift.situation import Situation
from ceilift.state import CloudState


def make_plan(
    inventory: Inventory, state: CloudState, catalogue: Catalogue, request: Request
) -> Plan:
    """What is left to do to bring the cloud to the release asked for.

    The whole path is computed from the baseline, then what the state and its evidence satisfy is
    dropped. What stands against the plan is in its findings, never an exception. Raises
    BadInputError for an unlisted release, a downgrade or a faulty request, with all faults.
    """
    target = catalogue.get(request.to)
    situation = Situation(inventory, state, catalogue, request, target)
    refuse_faults(situation)
    pace = pace_of(situation)
    if request.start_old is not None:
        section = start_old(Builder(situation, pace, request.start_old))
        left = _assembled(situation, (section,))
    else:
        path = partial_path if request.path == "partial" else full_path
        left = remaining(_assembled(situation, path(situation, pace)), state)
    left = _estimated(left, pace)
    return replace(left, findings=findings_of(situation, left))


def remaining(plan: Plan, state: CloudState) -> Plan:
    """An approved plan without the steps and gates that are satisfied by now."""
    return without_nodes(plan, Progress(plan, state).satisfied())


def difference(left: Plan, right: Plan) -> tuple[str, ...]:
    """In words, what the right plan does otherwise than the left one; empty when nothing.

    Steps, order, gates and needs count, and blockers the left one has not; estimates do not.
    """
    return (*_intent_differs(left, right), *_nodes_differ(left, right), *_new_blockers(left, right))


def _assembled(situation: Situation, sections: Iterable[Section]) -> Plan:
    sections = tuple(sections)
    nodes = [node for section in sections for wave in section.waves for node in wave]
    steps = tuple(node for node in nodes if isinstance(node, Step))
    return Plan(
        cloud=situation.inventory.cloud,
        path=situation.request.path,
        releases=_releases(situation),
        to=situation.target.version,
        stages=tuple(Stage(section.name, _batches(section)) for section in sections),
        steps=steps,
        gates=tuple(node for node in nodes if isinstance(node, Gate)),
        point_of_no_return=DBSYNC_ID if any(step.id == DBSYNC_ID for step in steps) else None,
        findings=(),
        request=situation.request,
    )


def _batches(section: Section) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(node.id for node in wave) for wave in section.waves)


def _releases(situation: Situation) -> tuple[str, ...]:
    """What ran before the upgrade began, oldest first."""
    found = {one.release for one in situation.running_before if one.release is not None}
    return tuple(sorted(found, key=_age))


def _age(release: str) -> tuple[Version, str]:
    try:
        return (Version(release), release)
    except InvalidVersion:
        return (Version("0"), release)


def _estimated(plan: Plan, pace: Pace) -> Plan:
    nodes = plan_nodes(plan)
    stages = (
        replace(
            stage,
            expected_loss=expected_loss(stage, nodes, pace),
            estimate_s=stage_seconds(stage, nodes, pace),
        )
        for stage in plan.stages
    )
    return replace(plan, stages=tuple(stages))


def _intent_differs(left: Plan, right: Plan) -> Iterator[str]:
    for name in ("cloud", "path", "to"):
        old, new = getattr(left, name), getattr(right, name)
        if old != new:
            yield f"{name}: {old}, now {new}"
    if left.request != right.request:
        yield "the request differs"


def _nodes_differ(left: Plan, right: Plan) -> Iterator[str]:
    old, new = plan_nodes(left), plan_nodes(right)
    yield from (f"no longer there: {_named(old[one])}" for one in old if one not in new)
    yield from (f"new: {_named(new[one])}" for one in new if one not in old)
    shared = [one for one in old if one in new]
    yield from (f"changed: {_named(new[one])}" for one in shared if _changed(old[one], new[one]))
    if _order(left, set(shared)) != _order(right, set(shared)):
        yield "the order differs"


def _changed(old: Step | Gate, new: Step | Gate) -> bool:
    if isinstance(old, Gate) and isinstance(new, Gate):
        return replace(old, timeout_s=0.0) != replace(new, timeout_s=0.0)
    return old != new


def _order(plan: Plan, shared: set[str]) -> list[tuple[str, list[list[str]]]]:
    found = []
    for stage in plan.stages:
        waves = ([one for one in wave if one in shared] for wave in stage.batches)
        if kept := [wave for wave in waves if wave]:
            found.append((stage.name, kept))
    return found


def _named(node: Step | Gate) -> str:
    return f"{'gate' if isinstance(node, Gate) else 'step'} {node.id}"


def _new_blockers(left: Plan, right: Plan) -> Iterator[str]:
    known: Mapping[tuple[str, str], Finding] = {(f.id, f.where): f for f in left.blockers}
    for finding in right.blockers:
        if (finding.id, finding.where) not in known:
            yield f"new blocker {finding.id} ({finding.where}): {finding.what}"
