"""The full path: everything of one kind is stopped before anything new of that kind starts.

The order is the official one: database, collectors, notification agents, polling agents (one
first), and the API after the stage the operator names. What is listed is the whole way from the
baseline; how far an upgrade has come is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from ceilift.component import SERVICES, Component
from ceilift.constraints import Demand, agent_order, constraints_of
from ceilift.database_writers import restores, writers
from ceilift.estimate import Pace
from ceilift.groups import shared_groups
from ceilift.paths.clearing import cleared
from ceilift.paths.nodes import Builder, Ids, Wave
from ceilift.paths.pipeline_nodes import drained_while_down
from ceilift.paths.restoring import restored, with_restore
from ceilift.paths.way_back import reverse_order
from ceilift.pipeline_change import pipeline_change
from ceilift.plan import Gate, Step, Timing
from ceilift.polling_pause import joining_at_once
from ceilift.situation import Place, Situation

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Section:
    """A stage as the path sees it: its waves, and what the next stage has to wait for."""

    name: str
    waves: tuple[Wave, ...] = ()
    exits: Ids = ()


def full_path(situation: Situation, pace: Pace) -> tuple[Section, ...]:
    """Every stage in which something differs, each after the one before."""
    sections: list[Section] = []
    barrier: Ids = ()
    for name in stage_order(situation):
        section = BUILD[name](Builder(situation, pace, name.value), barrier)
        if section.waves:
            sections.append(section)
            barrier = section.exits
    return tuple(sections)


def stage_order(situation: Situation) -> tuple[Component, ...]:
    """The stages in order, the API put after the one named."""
    if situation.request.rollback:
        order = reverse_order(situation, stage_order)
        return with_restore(situation, order) if restores(situation) else order
    stages = (Component.DATABASE, *agent_order(situation))
    place = stages.index(Component(situation.request.api_after)) + 1
    return (*stages[:place], Component.API, *stages[place:])


def migrates(situation: Situation) -> bool:
    """Whether the schema has to be brought to the target: something older ran, or nothing did."""
    places = [place for component in SERVICES for place in situation.places[component]]
    release = situation.target.version
    return _moves(places, release)


def database_stage(build: Builder, barrier: Ids) -> Section:
    """Save, prove and rehearse where the policy says so, then migrate; nothing is stopped.

    Skipped without a Ceilometer database. On the way back the schema stays, unless a restore is
    asked for: it was only added to, and the former release works on it.
    """
    situation = build.situation
    if restores(situation) and situation.inventory.database is not None:
        return Section(build.stage, *restored(build, barrier))
    database, back = situation.inventory.database, situation.request.rollback
    if database is None or back or not situation.target.dbsync.sql.value or not migrates(situation):
        return Section(build.stage)
    backup = build.backup(barrier)
    proofs: tuple[Step, ...] = ()
    if database.backup.policy == "dump+restore":
        verified = build.verify_backup((backup.id,))
        proofs = (verified, build.rehearse((verified.id,)))
    dbsync = build.dbsync(_ids(proofs) or (backup.id,))
    waves = ((step,) for step in (backup, *proofs, dbsync))
    return Section(build.stage, tuple(waves), (dbsync.id,))


def agent_stage(build: Builder, barrier: Ids) -> Section:
    """Collectors or notification agents: all stopped, the gate, then all new ones."""
    places = build.situation.places[Component(build.stage)]
    if not (_moves(places, build.release) or was_down(build)):
        return _completion(build, places, barrier)
    read, barrier = ((), barrier) if was_down(build) else old_ones_heard(build, barrier)
    waves, stopped = _all_down(build, places, barrier)
    drains, empty = _drains(build, stopped)
    wanted = [place for place in places if place.wanted]
    rises = _rise(build, wanted, _starts(build, wanted, (), empty))
    return Section(build.stage, (*read, *waves, *drains, *rises), _proofs(rises) or empty)


def polling_stage(build: Builder, barrier: Ids) -> Section:
    """Polling agents: all down, the gate, exactly one first agent, its gate, then the others."""
    places = build.situation.places[Component.POLLING]
    if not _moves(places, build.release):
        return _completion(build, places, barrier)
    waves, stopped = _all_down(build, places, barrier)
    first = first_place(build.situation)
    if first is None:
        return Section(build.stage, waves, (stopped.id,))
    joining = _joining(build.situation, first)
    timing = Timing.DUE if joining else Timing.NONE
    start = replace(build.start(first, (stopped.id,), first=True), timing=timing)
    gate = build.first(first, (start.id,))
    enable = build.enable(first, (gate.id,))
    others = [place for place in places if place.wanted and place != first]
    rises = _rise(build, others, _starts(build, others, joining, (gate.id,)))
    exits = (gate.id, *_proofs(rises))
    return Section(build.stage, (*waves, (start,), (gate,), (enable,), *rises), exits)


def api_stage(build: Builder, barrier: Ids) -> Section:
    """The API: the new application warmed everywhere, then one switch for all hosts."""
    places = build.situation.places[Component.API]
    down = was_down(build)
    if all(place.is_settled(build.release) for place in places) and not down:
        return Section(build.stage)
    wanted = [place for place in places if place.wanted]
    warms = tuple(build.warm(place, barrier) for place in wanted)
    stops = tuple(build.stop(place, barrier) for place in places if not place.wanted)
    ready = _ids((*warms, *stops))
    if not wanted:
        return Section(build.stage, _waves([stops]), ready)
    switch = build.start_api(wanted, ready) if down else build.switch(wanted, ready)
    gate = build.served(wanted, (switch.id,))
    return Section(build.stage, _waves([warms, stops, (switch,), (gate,)]), (gate.id,))


def first_place(situation: Situation) -> Place | None:
    """The one polling agent that starts before all others: central by preference."""
    wanted = situation.wanted(Component.POLLING)
    host = situation.request.first
    chosen = [place for place in wanted if host in {None, place.host}]
    central = [place for place in chosen if "central" in place.namespaces]
    return next(iter((*central, *chosen)), None)


def was_down(build: Builder) -> bool:
    """Whether the stage's agents were all stopped for the database's restore, before it."""
    situation = build.situation
    return restores(situation) and Component(build.stage) in writers(situation)


def _moves(places: Sequence[Place], release: str) -> bool:
    """Whether agents of another release ran, or none at all: then the whole stage is walked."""
    if any(place.is_old(release) for place in places):
        return True
    wanted = [place for place in places if place.wanted]
    return bool(wanted) and not any(place.ran == release for place in wanted)


def _all_down(
    build: Builder, places: Sequence[Place], barrier: Ids
) -> tuple[tuple[Wave, ...], Gate]:
    there = [place for place in places if place.before is not None and not was_down(build)]
    stops = (
        *(build.stop(place, barrier) for place in there if not place.is_ours),
        *cleared(build, [place for place in there if place.is_ours], barrier),
    )
    gate = build.all_stopped(places, _ids(stops) or barrier)
    return _waves([stops, (gate,)]), gate


def old_ones_heard(build: Builder, barrier: Ids) -> tuple[tuple[Wave, ...], Ids]:
    """Where new agents lose what was sent to the old ones: the gate that those have read it."""
    read_first = constraints_of(build.situation, Demand.READ_FIRST, Component(build.stage))
    gates = tuple(build.heard(one.places, barrier) for one in read_first)
    return _waves([gates]), _ids(gates) or barrier


def _drains(build: Builder, stopped: Gate) -> tuple[tuple[Wave, ...], Ids]:
    """What a new pipeline leaves unread is handled before anything new starts."""
    if build.stage != Component.NOTIFICATION:
        return (), (stopped.id,)
    change = pipeline_change(build.situation)
    waves, exits = drained_while_down(build, change, (stopped.id,))
    return tuple(waves), exits


def _joining(situation: Situation, first: Place) -> tuple[Place, ...]:
    """The group of the first agent, where who joins polls as it starts.

    They join just before its next tick, and one after the other: at another moment what they take
    over is polled twice, and of those that join at the same time none knows of the others.
    """
    if situation.target.first_poll_intervals(coordinated=True):
        return ()
    groups = shared_groups(situation).values()
    return next((members for members in groups if first in members), ())


def _starts(
    build: Builder, places: Sequence[Place], joining: Collection[Place], needs: Ids
) -> tuple[tuple[Step, ...], ...]:
    """The starts, those of members of a group in turn: as many at a time as the time allows."""
    members = [place for place in places if place in joining]
    waves: list[tuple[Step, ...]] = []
    for batch in _in_batches(members, joining_at_once(len(members), _interval_s(members))):
        after = _ids(waves[-1]) if waves else needs
        starts = (build.start(place, after) for place in batch)
        waves.append(tuple(replace(step, timing=Timing.JOIN) for step in starts))
    others = [build.start(place, needs) for place in places if place not in joining]
    return (*waves, *_in_batches(others, build.situation.request.batch_size))


def _interval_s(places: Sequence[Place]) -> float:
    """The longest polling interval that agents had before the upgrade; 0 when none is known."""
    seen = (place.before or place.now for place in places)
    return max((one.config.interval_s or 0.0 for one in seen if one is not None), default=0.0)


def _in_batches(items: Sequence[T], size: int) -> tuple[tuple[T, ...], ...]:
    return tuple(tuple(items[begin : begin + size]) for begin in range(0, len(items), size))


def _rise(
    build: Builder, places: Sequence[Place], batches: Sequence[Sequence[Step]]
) -> tuple[Wave, ...]:
    """Start batch by batch without waiting in between, prove each, allow the restart of each.

    What is stopped gathers a gap: so nobody waits for another's proof, once one may start.
    """
    starts = {step.targets[0]: step for batch in batches for step in batch}
    gates = tuple(build.proven(place, (starts[place.target].id,)) for place in places)
    proven = zip(places, gates, strict=True)
    enables = tuple(build.enable(place, (gate.id,)) for place, gate in proven)
    return _waves([*(tuple(batch) for batch in batches), gates, enables])


def _completion(build: Builder, places: Sequence[Place], barrier: Ids) -> Section:
    """The target runs already and nothing older does: only what is missing or too much."""
    left = [place for place in places if place.is_ours and place.before is not None]
    own = [place for place in places if not place.is_ours]
    open_places = [place for place in own if not place.is_settled(build.release)]
    stops = tuple(build.stop(place, barrier) for place in open_places if not place.wanted)
    wanted = [place for place in open_places if place.wanted]
    rises = _rise(build, wanted, _starts(build, wanted, (), barrier))
    clears = cleared(build, left, _proofs(rises) or barrier)
    exits = (*_ids(stops), *_proofs(rises), *_ids(clears))
    return Section(build.stage, (*_waves([stops]), *rises, *_waves([clears])), exits)


def _proofs(waves: Sequence[Wave]) -> Ids:
    return tuple(node.id for wave in waves for node in wave if isinstance(node, Gate))


def _ids(nodes: Sequence[Step | Gate]) -> Ids:
    return tuple(node.id for node in nodes)


def _waves(candidates: Sequence[Wave]) -> tuple[Wave, ...]:
    return tuple(wave for wave in candidates if wave)


BUILD: Mapping[Component, Callable[[Builder, Ids], Section]] = {
    Component.DATABASE: database_stage,
    Component.COLLECTOR: agent_stage,
    Component.NOTIFICATION: agent_stage,
    Component.POLLING: polling_stage,
    Component.API: api_stage,
}
