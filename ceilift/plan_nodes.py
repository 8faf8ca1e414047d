"""The steps and gates of a plan as one: by their ids, and the plan without some of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ceilift.plan import Gate, Plan, Step


def without_nodes(plan: Plan, dropped: frozenset[str]) -> Plan:
    """The same plan with those nodes gone. What needed one now needs what that one needed."""
    needs = _inherited(plan, dropped)
    kept = [replace(step, needs=needs[step.id]) for step in plan.steps if step.id not in dropped]
    gates = [replace(gate, needs=needs[gate.id]) for gate in plan.gates if gate.id not in dropped]
    stages = []
    for stage in plan.stages:
        waves = (tuple(n for n in wave if n not in dropped) for wave in stage.batches)
        batches = tuple(wave for wave in waves if wave)
        left = len(batches) / len(stage.batches)
        if batches:
            estimate = round(stage.estimate_s * left, 1)
            stages.append(replace(stage, batches=batches, estimate_s=estimate))
    point = plan.point_of_no_return
    return replace(
        plan,
        stages=tuple(stages),
        steps=tuple(kept),
        gates=tuple(gates),
        point_of_no_return=None if point in dropped else point,
    )


def plan_nodes(plan: Plan) -> Mapping[str, Step | Gate]:
    """Every step and gate of the plan by its id."""
    steps: dict[str, Step | Gate] = {step.id: step for step in plan.steps}
    return steps | {gate.id: gate for gate in plan.gates}


def _inherited(plan: Plan, dropped: frozenset[str]) -> Mapping[str, tuple[str, ...]]:
    nodes = plan_nodes(plan)
    needs: dict[str, tuple[str, ...]] = {}
    for node_id in (n for stage in plan.stages for wave in stage.batches for n in wave):
        found: dict[str, None] = {}
        for need in nodes[node_id].needs:
            found.update(dict.fromkeys(needs[need] if need in dropped else (need,)))
        needs[node_id] = tuple(found)
    return needs
