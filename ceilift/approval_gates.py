"""Where a run asks again before it goes on: at which nodes, and by which name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum

from ceilift.plan import Plan
from ceilift.window import Piece


class AskAt(StrEnum):
    """When to ask again, after the question at the start."""

    NO_RETURN = "point of no return"  # the backup is there, the migration is next
    CANARY = "after the canary"  # the first piece of a stage is proven, the others are next
    STAGE = "each stage"  # a stage is done, another is next


def approval_gates(
    plan: Plan, found: Sequence[Piece], wanted: Collection[AskAt]
) -> Mapping[str, str]:
    """The node that must not begin unasked, and the name of its gate.

    Names are plain words: the key of a question stands in addresses of the Prefect UI, which never
    shows the form of one with blanks or colons.

    `plan` is the whole one that was approved at the start and `found` its pieces, so that a run
    that goes on with what is left meets the same gates.
    """
    return dict(_gates(plan, found, wanted))


def _gates(
    plan: Plan, found: Sequence[Piece], wanted: Collection[AskAt]
) -> Iterator[tuple[str, str]]:
    names = [stage.name for stage in plan.stages]
    for number, name in enumerate(names):
        parts = [piece for piece in found if piece.stage == name]
        if AskAt.CANARY in wanted and len(parts) > 1:
            yield from ((node, f"canary-{name}") for node in parts[1].nodes)
        if AskAt.STAGE in wanted and number and parts:
            yield from ((node, f"stage-{name}") for node in parts[0].nodes)
    if AskAt.NO_RETURN in wanted and plan.point_of_no_return is not None:
        yield plan.point_of_no_return, "no-return"
