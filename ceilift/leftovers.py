"""What an upgrade leaves on the hosts when it is given up half-way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ceilift.inventory_hosts import host_unit
from ceilift.plan import Action, Plan, Target


@dataclass(frozen=True, slots=True)
class Leftovers:
    """Agents that it stopped and did not start again, and those it started beside others."""

    stopped: tuple[Target, ...]
    beside: tuple[Target, ...]


def leftovers(plan: Plan, done: Collection[str]) -> Leftovers:
    """What is left of a plan of which these nodes were done."""
    acted = {
        action: [
            target
            for step in plan.steps
            if step.action is action and step.id in done
            for target in step.targets
        ]
        for action in Action
    }
    started = _places([*acted[Action.START], *acted[Action.START_API]])
    removed, stopped = _places(acted[Action.REMOVE]), (*acted[Action.STOP], *acted[Action.STOP_API])
    return Leftovers(
        tuple(one for one in stopped if _place(one) not in started),
        tuple(one for one in acted[Action.BESIDE] if _place(one) not in removed),
    )


def _places(targets: Collection[Target]) -> frozenset[tuple[str, str]]:
    return frozenset(_place(one) for one in targets)


def _place(target: Target) -> tuple[str, str]:
    return target.host, host_unit(target.unit)
