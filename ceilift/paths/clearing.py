"""Takes away what an earlier run left: agents under units of Ceilift's own, beside the host's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ceilift.groups import group_of
from ceilift.inventory_hosts import DRAIN_SUFFIX, host_unit
from ceilift.paths.nodes import Builder, Ids
from ceilift.plan import Step, Timing
from ceilift.situation import Place


@dataclass(frozen=True, slots=True)
class Clearing:
    """What is left of an earlier run in one stage.

    `first` goes before anything else: a unit of that name may be made anew, and its host is served
    without it. `last` goes when all are proven: until then it alone works on its host.
    """

    first: tuple[Place, ...]
    last: tuple[Place, ...]


def clearing_of(places: Sequence[Place]) -> Clearing:
    """Which of these places are left from an earlier run, and when they go."""
    serving = {(p.host, p.unit) for p in places if p.before is not None and p.before.running}
    left = [place for place in places if place.is_ours and place.before is not None]
    alone = [place for place in left if _alone(place, serving)]
    return Clearing(tuple(p for p in left if p not in alone), tuple(alone))


def cleared(build: Builder, places: Sequence[Place], needs: Ids) -> tuple[Step, ...]:
    """The steps that stop these and take their units away."""
    return tuple(build.clear(place, needs, _timing(place)) for place in places)


def _alone(place: Place, serving: set[tuple[str, str]]) -> bool:
    if place.unit.endswith(DRAIN_SUFFIX):
        return False
    return (place.host, host_unit(place.unit)) not in serving


def _timing(place: Place) -> Timing:
    return Timing.LEAVE if group_of(place) is not None else Timing.NONE
