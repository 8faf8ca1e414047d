"""The way back of a whole upgrade, as a path to what ran before: the stages in reverse order.

What the upgrade put first goes back last. So only such releases work together as did on the way on:
where a trap demanded polling agents before notification agents, those go back after them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ceilift.component import Component
from ceilift.situation import Situation


def reverse_order(
    situation: Situation, order: Callable[[Situation], tuple[Component, ...]]
) -> tuple[Component, ...]:
    """The stages in the order opposite to that in which the upgrade took them."""
    return tuple(reversed(order(_way_on(situation))))


def _way_on(situation: Situation) -> Situation:
    """The situation of the upgrade that is undone, as far as the order of its stages asks."""
    state = situation.state
    return Situation(
        inventory=situation.inventory,
        state=replace(state, baseline=state.former, evidence=()),
        catalogue=situation.catalogue,
        request=replace(situation.request, to=state.left, rollback=False),
        target=situation.catalogue.get(state.left),
    )
