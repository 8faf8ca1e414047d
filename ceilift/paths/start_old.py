"""The way back for one stage: after a failed gate, the release that ran before is started again.

Nothing stays dark: what runs of the target is stopped, and every agent that ran before the
upgrade began is started as it was, proven and allowed to restart. The upgrade stays open; the
database keeps its schema, on which the old release also runs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from ceilift.component import Component
from ceilift.paths.full import Section
from ceilift.paths.nodes import Builder
from ceilift.plan import Gate, Step
from ceilift.situation import Place

BACK = "back"
N = TypeVar("N", Step, Gate)


def start_old(build: Builder) -> Section:
    """All of the stage's agents down, then those of the baseline up again, each proven."""
    known = build.situation.places[Component(build.stage)]
    places = [place for place in known if place.before or place.now]
    stops = tuple(_back(build.stop(place, ())) for place in places)
    gate = _back(build.all_stopped(places, tuple(stop.id for stop in stops)))
    before = [place for place in places if place.ran]
    starts = tuple(_started(build, place, gate.id) for place in before)
    proofs = tuple(_proven(build, place) for place in before)
    enables = tuple(_enabled(build, place) for place in before)
    waves = (stops, (gate,), starts, proofs, enables)
    return Section(build.stage, tuple(wave for wave in waves if wave))


def _started(build: Builder, place: Place, gate: str) -> Step:
    step = _back(build.start(place, (gate,)))
    why = f"{place.ran} ran there before the upgrade began"
    return replace(step, release=place.ran, why=why, judged_by=f"its processes run {place.ran}")


def _proven(build: Builder, place: Place) -> Gate:
    gate = _back(build.proven(place, (_named(f"{build.stage}/start/{place.label}"),)))
    return replace(gate, release=place.ran or build.release)


def _enabled(build: Builder, place: Place) -> Step:
    step = _back(build.enable(place, (_named(f"{build.stage}/proven/{place.label}"),)))
    return replace(step, release=place.ran)


def _back(node: N) -> N:
    return replace(node, id=_named(node.id))


def _named(node_id: str) -> str:
    """Ids of their own: what is proven on the way back proves nothing on the way on."""
    stage, _, rest = node_id.partition("/")
    return f"{stage}/{BACK}-{rest}"
