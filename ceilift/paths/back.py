"""What nodes of the way back have in common: names of their own, and files as they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from ceilift.pipeline_change import digest_of
from ceilift.plan import Gate, Step
from ceilift.plan_files import Origin, StepFile
from ceilift.situation import Place

BACK = "back"
N = TypeVar("N", Step, Gate)


def back(node: N) -> N:
    """The same node under a name of its own."""
    return replace(node, id=named(node.id))


def named(node_id: str) -> str:
    """Ids of their own: what is proven on the way back proves nothing on the way on."""
    stage, _, rest = node_id.partition("/")
    return f"{stage}/{BACK}-{rest}"


def former(step: Step, place: Place) -> Iterator[StepFile]:
    """The files as they were, where the step would bring new ones."""
    if place.before is None:
        return
    config = place.before.config
    for file in step.files:
        yield StepFile(file.kind, digest_of(config, file.kind), origin=Origin.FORMER)


def runs_as_before(place: Place) -> bool:
    """Whether the release runs there that ran before the upgrade began."""
    return place.now is not None and place.now.running and place.now.release == place.ran
