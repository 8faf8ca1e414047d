"""The way back for one stage: after a failed gate, the release that ran before is started again.

Nothing stays dark: what runs of the target is stopped, and every agent that ran before the
upgrade began is started as it was, proven and allowed to restart. On the partial path only hosts
that left the old release are touched; the others go on. The upgrade stays open; the database keeps
its schema, on which the old release also runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from ceilift.component import Component
from ceilift.paths.full import Section
from ceilift.paths.nodes import Builder, Ids, Wave
from ceilift.paths.pipeline_nodes import KINDS, drain_target, pipeline_builder
from ceilift.paths.rolling_nodes import RollingBuilder, surge_target
from ceilift.pipeline_change import digest_of, old_first
from ceilift.plan import Gate, GateKind, Origin, Step, StepFile, Timing
from ceilift.situation import Place

BACK = "back"
N = TypeVar("N", Step, Gate)


def start_old(build: Builder) -> Section:
    """All of the stage's agents down, then those of the baseline up again, each proven.

    Where the stage rolls, only those that no longer run as before, and no gate for all of them.
    """
    request = build.situation.request
    if request.path == "partial" and build.stage not in request.stop_all:
        return _rolled_back(build)
    known = build.situation.places[Component(build.stage)]
    places = [place for place in known if place.before or place.now]
    stops = tuple(_back(build.stop(place, ())) for place in places) + _drops(build)
    gate = _back(build.all_stopped(places, tuple(stop.id for stop in stops)))
    before = [place for place in places if place.ran]
    starts = tuple(_started(build, place, gate.id) for place in before)
    proofs = tuple(_proven(build, place) for place in before)
    enables = tuple(_enabled(build, place) for place in before)
    waves = (stops, (gate,), starts, proofs, enables)
    return Section(build.stage, tuple(wave for wave in waves if wave))


def _rolled_back(build: Builder) -> Section:
    """The hosts that left the old release back on it, and what was started beside taken away."""
    known = build.situation.places[Component(build.stage)]
    left = [place for place in known if place.ran and not _runs_as_before(place)]
    rolling = RollingBuilder(build.situation, build.pace, build.stage)
    undone, keeps = _unsynchronised(build)
    stops = tuple(_back(build.stop(place, ())) for place in left)
    starts = tuple(_started(build, place, stop.id) for place, stop in zip(left, stops, strict=True))
    starts = tuple(_without_pipeline(start) if keeps else start for start in starts)
    proofs = tuple(_proven(build, place) for place in left)
    enables = tuple(_enabled(build, place) for place in left)
    removes = tuple(
        _back(rolling.remove(place, _after_proof(build, place, left), Timing.NONE))
        for place in known
        if _has_one_beside(build, place)
    )
    drained = _drained(build) if keeps else ()
    waves = (*undone, stops, starts, proofs, enables, drained, (*removes, *_drops(build, drained)))
    return Section(build.stage, tuple(wave for wave in waves if wave))


def _unsynchronised(build: Builder) -> tuple[tuple[Wave, ...], bool]:
    """The former pipeline given back to the old agents that run; and whether they keep the new one.

    They keep it once it was proven with them: then all agents of the old release have it, and
    those that come back have to share it. Before that it goes from all of them, again at once.
    Those that do not run get theirs when they are started.
    """
    change = old_first(build.situation) if build.stage == Component.NOTIFICATION else None
    if change is None:
        return (), False
    gate = f"{build.stage}/{GateKind.PIPELINE}"
    if any(one.node == gate for one in build.situation.state.evidence):
        return (), True
    make = pipeline_builder(build)
    running = [place for place in change.members if _runs_as_before(place)]
    other = [place for place in running if _has_other_files(make.write(place, ()), place)]
    if not other:
        return (), False
    writes = tuple(_restored(make.write(place, ()), place) for place in other)
    reload = _back(make.reload(running, tuple(step.id for step in writes)))
    proofs = tuple(_back(build.proven(place, (reload.id,))) for place in running)
    old = zip(running, proofs, strict=True)
    gates = tuple(replace(gate, release=place.ran or gate.release) for place, gate in old)
    return (writes, (reload,), gates), False


def _has_other_files(step: Step, place: Place) -> bool:
    """Whether the files there are no longer those from before the upgrade."""
    if place.now is None or place.before is None:
        return False
    now, before = place.now.config, place.before.config
    return any(digest_of(now, one.kind) != digest_of(before, one.kind) for one in step.files)


def _restored(step: Step, place: Place) -> Step:
    why = "the new pipeline was not proven: all old agents have the former one again"
    proof = "the file there has the digest it had before the upgrade"
    return replace(_back(step), why=why, judged_by=proof, files=tuple(_former(step, place)))


def _without_pipeline(start: Step) -> Step:
    kept = tuple(one for one in start.files if one.kind not in KINDS)
    return replace(start, files=kept)


def _drained(build: Builder) -> tuple[Gate, ...]:
    """Where the new pipeline stays, what reads the queues of pipes that go has to end its work."""
    change, make = old_first(build.situation), pipeline_builder(build)
    if change is None:
        return ()
    return tuple(_back(make.drained(place, change, ())) for place in _draining(build))


def _drops(build: Builder, needs: Sequence[Gate] = ()) -> tuple[Step, ...]:
    """What reads the queues of pipes that go is taken away, where it is there."""
    make, gates = pipeline_builder(build), tuple(gate.id for gate in needs)
    return tuple(_back(make.drop(place, gates)) for place in _draining(build))


def _draining(build: Builder) -> list[Place]:
    """The places beside which such an agent is."""
    units = {(one.host, one.unit) for one in build.situation.now}
    places = build.situation.places[Component(build.stage)]
    return [place for place in places if (place.host, drain_target(place).unit) in units]


def _runs_as_before(place: Place) -> bool:
    return place.now is not None and place.now.running and place.now.release == place.ran


def _has_one_beside(build: Builder, place: Place) -> bool:
    target = surge_target(place)
    seen = build.situation.now
    return any((one.host, one.unit) == (target.host, target.unit) for one in seen)


def _after_proof(build: Builder, place: Place, left: Sequence[Place]) -> Ids:
    """What is beside serves until the old one is proven again; where that goes on, at once."""
    return (_named(f"{build.stage}/proven/{place.label}"),) if place in left else ()


def _started(build: Builder, place: Place, gate: str) -> Step:
    step = _back(build.start(place, (gate,)))
    why = f"{place.ran} ran there before the upgrade began"
    proof, files = f"its processes run {place.ran}", tuple(_former(step, place))
    return replace(step, release=place.ran, why=why, judged_by=proof, files=files)


def _former(step: Step, place: Place) -> Iterator[StepFile]:
    """The files as they were, where the step would bring new ones."""
    if place.before is None:
        return
    config = place.before.config
    for file in step.files:
        yield StepFile(file.kind, digest_of(config, file.kind), origin=Origin.FORMER)


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
