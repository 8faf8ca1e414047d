"""What every rule looks at: the situation, and what is left to do in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ceilift.component import Component
from ceilift.finding import Finding, Severity
from ceilift.inventory import Database
from ceilift.plan import Action, Gate, Plan, Step
from ceilift.situation import Place, Situation
from ceilift.state import AgentConfig

FEW = 4  # names a sentence can hold


@dataclass(frozen=True)
class Case:
    """One situation and the plan that is left of it, before its findings are known."""

    situation: Situation
    plan: Plan

    @property
    def to(self) -> str:
        """The target release."""
        return self.plan.to

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is left to do."""
        return not (self.plan.steps or self.plan.gates)

    @cached_property
    def actions(self) -> frozenset[Action]:
        """The kinds of steps that are left."""
        return frozenset(step.action for step in self.plan.steps)

    @cached_property
    def starts(self) -> frozenset[tuple[Component, str, str]]:
        """Component, host and unit of every agent that is still to be started."""
        chosen = (step for step in self.plan.steps if step.action is Action.START)
        return frozenset((t.component, t.host, t.unit) for step in chosen for t in step.targets)

    def rolls(self, component: Component) -> bool:
        """Whether the plan takes that component host by host."""
        request = self.situation.request
        nodes: tuple[Step | Gate, ...] = (*self.plan.steps, *self.plan.gates)
        left = any(node.stage == component for node in nodes)
        return request.path == "partial" and component not in request.stop_all and left

    @property
    def database(self) -> Database | None:
        """The inventory's database while it still has to be migrated; None otherwise."""
        return self.situation.inventory.database if Action.DBSYNC in self.actions else None

    def is_reachable(self, host: str) -> bool:
        """Whether the host was looked at and answered."""
        seen = self.situation.seen.get(host)
        return seen is not None and seen.reachable

    def starting(self, component: Component) -> tuple[Place, ...]:
        """The places where that component is still to be started."""
        places = self.situation.wanted(component)
        return tuple(p for p in places if (p.component, p.host, p.unit) in self.starts)

    @cached_property
    def polling(self) -> tuple[tuple[Place, AgentConfig], ...]:
        """The polling agents there will be, with what is known of their configuration."""
        places = self.situation.wanted(Component.POLLING)
        return tuple((place, place.config) for place in places if place.config is not None)


def several(names: Iterable[str]) -> str:
    """`a, b, c and 17 more`: each name once, in the order given."""
    each = list(dict.fromkeys(names))
    if len(each) <= FEW:
        return ", ".join(each)
    return f"{', '.join(each[: FEW - 1])} and {len(each) - FEW + 1} more"


def labels(places: Sequence[Place]) -> str:
    """The places' hosts (and units where needed), in a few words."""
    return several(place.label for place in places)


def blocker(
    id: str,  # noqa: A002 - the finding's own word
    what: str,
    where: str,
    why: str,
    remedy: str,
    *,
    acceptable: bool = False,
) -> Finding:
    """A finding that refuses the plan."""
    return Finding(id, Severity.BLOCKER, what, where, why, remedy, acceptable)


def warning(id: str, what: str, where: str, why: str, remedy: str) -> Finding:  # noqa: A002
    """A finding the operator should read before approving."""
    return Finding(id, Severity.WARNING, what, where, why, remedy)


def info(id: str, what: str, where: str, why: str, remedy: str = "") -> Finding:  # noqa: A002
    """A fact worth knowing."""
    return Finding(id, Severity.INFO, what, where, why, remedy or "Nothing to do")
