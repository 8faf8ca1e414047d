"""The way back for one stage: after a failed gate, the release that ran before is started again.

Nothing stays dark: what runs of the target is stopped, and every agent that ran before the
upgrade began is started as it was, proven and allowed to restart. On the partial path only hosts
that left the old release are touched; the others go on. The upgrade stays open; the database keeps
its schema, on which the old release also runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ceilift.component import Component
from ceilift.paths.back import back, former, named, runs_as_before
from ceilift.paths.full import Section
from ceilift.paths.nodes import Builder, Ids, Wave
from ceilift.paths.pipeline_back import pipeline_back
from ceilift.paths.rolling_nodes import RollingBuilder, surge_target
from ceilift.plan import Gate, Step, Timing
from ceilift.situation import Place


def start_old(build: Builder) -> Section:
    """All of the stage's agents down, then those of the baseline up again, each proven.

    Where the stage rolls, only those that no longer run as before, and no gate for all of them.
    """
    request = build.situation.request
    if request.path == "partial" and build.stage not in request.stop_all:
        return _rolled_back(build)
    known = build.situation.places[Component(build.stage)]
    places = [place for place in known if place.before or place.now]
    pipeline = pipeline_back(build)
    stops = tuple(back(build.stop(place, ())) for place in places)
    dropped = tuple(node for wave in pipeline.dropped(()) for node in wave)
    gate = back(build.all_stopped(places, (*_ids(stops), *_ids(dropped))))
    before = [place for place in places if place.ran]
    starts = tuple(_started(build, place, gate.id) for place in before)
    proofs = tuple(_proven(build, place) for place in before)
    enables = tuple(_enabled(build, place) for place in before)
    read = pipeline.read(_ids(proofs) or (gate.id,))
    waves = ((*stops, *dropped), (gate,), starts, proofs, enables, *read)
    return Section(build.stage, tuple(wave for wave in waves if wave))


def _rolled_back(build: Builder) -> Section:
    """The hosts that left the old release back on it, and what was started beside taken away."""
    known = build.situation.places[Component(build.stage)]
    left = [place for place in known if place.ran and not runs_as_before(place)]
    rolling = RollingBuilder(build.situation, build.pace, build.stage)
    pipeline = pipeline_back(build)
    restored = pipeline.restored()
    stops = tuple(back(build.stop(place, ())) for place in left)
    starts = tuple(_started(build, place, stop.id) for place, stop in zip(left, stops, strict=True))
    starts = tuple(pipeline.started(start) for start in starts)
    proofs = tuple(_proven(build, place) for place in left)
    enables = tuple(_enabled(build, place) for place in left)
    removes = tuple(
        back(rolling.remove(place, _after_proof(build, place, left), Timing.NONE))
        for place in known
        if _has_one_beside(build, place)
    )
    proven = (*_ids(proofs), *(restored and _ids(restored[-1])))
    dropped = pipeline.dropped(proven)
    read = pipeline.read(_ids(dropped[-1]) if dropped else proven)
    waves = (*restored, stops, starts, proofs, enables, removes, *dropped, *read)
    return Section(build.stage, tuple(wave for wave in waves if wave))


def _ids(nodes: Wave) -> Ids:
    return tuple(node.id for node in nodes)


def _has_one_beside(build: Builder, place: Place) -> bool:
    target = surge_target(place)
    seen = build.situation.now
    return any((one.host, one.unit) == (target.host, target.unit) for one in seen)


def _after_proof(build: Builder, place: Place, left: Sequence[Place]) -> Ids:
    """What is beside serves until the old one is proven again; where that goes on, at once."""
    return (named(f"{build.stage}/proven/{place.label}"),) if place in left else ()


def _started(build: Builder, place: Place, gate: str) -> Step:
    step = back(build.start(place, (gate,)))
    why = f"{place.ran} ran there before the upgrade began"
    proof, files = f"its processes run {place.ran}", tuple(former(step, place))
    return replace(step, release=place.ran, why=why, judged_by=proof, files=files)


def _proven(build: Builder, place: Place) -> Gate:
    gate = back(build.proven(place, (named(f"{build.stage}/start/{place.label}"),)))
    return replace(gate, release=place.ran or build.release)


def _enabled(build: Builder, place: Place) -> Step:
    step = back(build.enable(place, (named(f"{build.stage}/proven/{place.label}"),)))
    return replace(step, release=place.ran)
