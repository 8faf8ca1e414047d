"""The partial path: new instances beside old ones, until none of the old is left.

Database first, as on the full path. Then component by component, batch by batch: of each either a
new instance under a unit of its own beside the old one on the same host (surge), or the old one of
a host replaced while those of the other hosts go on. What can never run beside the old is listed by
the operator as `stop_all`: that stage is then walked as on the full path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ceilift.component import SERVICES, Component
from ceilift.constraints import Demand, agent_order, constraints_of
from ceilift.database_writers import restores, writers
from ceilift.estimate import Pace
from ceilift.groups import shared_groups
from ceilift.handover import retiring_order
from ceilift.paths.clearing import cleared, clearing_of
from ceilift.paths.full import BUILD, Section, old_ones_heard
from ceilift.paths.nodes import Ids, Options, Wave
from ceilift.paths.pipeline_nodes import old_agents_first
from ceilift.paths.restoring import with_restore
from ceilift.paths.rolling_nodes import ANY_PORT, RollingBuilder
from ceilift.paths.separate import Separate
from ceilift.paths.way_back import reverse_order
from ceilift.pipeline_change import old_first
from ceilift.plan import Step, Timing
from ceilift.policy import Mode
from ceilift.pollster_change import group_change
from ceilift.situation import Place, Situation

OWN_GROUP: Options = (("polling", "partitioning_group_prefix", "ceilift-{host}"),)


@dataclass(frozen=True, slots=True)
class Manner:
    """How the places of a batch are taken over: in which mode, when, with which options."""

    mode: Mode
    leave: Timing = Timing.NONE
    join: Timing = Timing.NONE
    options: Options = ()


def partial_path(situation: Situation, pace: Pace) -> tuple[Section, ...]:
    """Every stage in which something differs, each after the one before."""
    sections: list[Section] = []
    barrier: Ids = ()
    order = stage_order(situation)
    for component in order if Component.DATABASE in order else (Component.DATABASE, *order):
        build = RollingBuilder(situation, pace, component.value)
        section = _stage(component, situation)(build, barrier)
        if section.waves:
            sections.append(section)
            barrier = section.exits
    return tuple(sections)


def stage_order(situation: Situation) -> tuple[Component, ...]:
    """The components after the database: as the operator orders them, those not named behind."""
    request = situation.request
    if request.rollback:
        order = reverse_order(situation, stage_order)
        return with_restore(situation, order) if restores(situation) else order
    named = [Component(name) for name in request.order if name != Component.DATABASE]
    advised = (*agent_order(situation), Component.API)
    order = (*named, *(one for one in advised if one not in named))
    only = {Component(name) for name in request.only} or set(SERVICES)
    return tuple(one for one in order if one in only)


def _stage(component: Component, situation: Situation) -> Callable[[RollingBuilder, Ids], Section]:
    stopped = component.value in situation.request.stop_all
    down = restores(situation) and component in writers(situation)
    if component in {Component.API, Component.DATABASE} or stopped or down:
        return BUILD[component]
    return rolling_stage


def rolling_stage(build: RollingBuilder, barrier: Ids) -> Section:
    """New places first, then the old ones batch by batch, then those that are not wanted."""
    component = Component(build.stage)
    places = build.situation.places[component]
    clearing = clearing_of(places)
    waves, barrier = _and_then([], cleared(build, clearing.first, barrier), barrier)
    heard, barrier = old_ones_heard(build, barrier)
    synchronised, barrier = _synchronised(build, barrier)
    waves += [*heard, *synchronised]
    for members in _apart(build.situation, component):
        change = group_change(build.situation, members)
        found, barrier = Separate(build, change, members).waves(barrier)
        waves += found
    for manner, batch in _batches(build.situation, component, build.release):
        found, barrier = _taken_over(build, manner, batch, barrier)
        waves += found
    own = [place for place in places if not place.is_ours and not place.wanted]
    surplus = [place for place in own if not place.is_settled(build.release)]
    stops = tuple(build.stop(place, barrier) for place in surplus)
    waves, barrier = _and_then(waves, stops, barrier)
    waves, barrier = _and_then(waves, cleared(build, clearing.last, barrier), barrier)
    return Section(build.stage, tuple(waves), barrier)


def _and_then(
    waves: Sequence[Wave], steps: tuple[Step, ...], barrier: Ids
) -> tuple[list[Wave], Ids]:
    """The waves with one more behind them, and what the next one waits for."""
    if not steps:
        return list(waves), barrier
    return [*waves, steps], tuple(step.id for step in steps)


def _synchronised(build: RollingBuilder, barrier: Ids) -> tuple[list[Wave], Ids]:
    """A changed pipeline of notification agents that share work: the old ones have it first."""
    change = old_first(build.situation) if build.stage == Component.NOTIFICATION else None
    return ([], barrier) if change is None else old_agents_first(build, change, barrier)


def _apart(situation: Situation, component: Component) -> Iterator[tuple[Place, ...]]:
    """The old members, in turn, of each group whose new agents have to begin beside it."""
    if component is Component.POLLING:
        for one in constraints_of(situation, Demand.SEPARATE_GROUP, component):
            old = [place for place in one.places if place.is_old(situation.target.version)]
            yield tuple(_in_turn(situation, one.places, old))


def _batches(
    situation: Situation, component: Component, release: str
) -> Iterator[tuple[Manner, tuple[Place, ...]]]:
    """What is acted on together, in order: added places, members of groups, all the others."""
    apart = {place.label for old in _apart(situation, component) for place in old}
    left = (p for p in situation.wanted(component) if not p.is_settled(release))
    wanted = [place for place in left if place.label not in apart]
    policy = situation.request.policy(component)
    agents = len(situation.wanted(component))
    added = [place for place in wanted if not place.is_old(release)]
    old = [place for place in wanted if place.is_old(release)]
    if component is Component.POLLING:
        shared = shared_groups(situation)
        members = {place.label for found in shared.values() for place in found}
        for found in shared.values():
            manner = member_manner(situation, len(found))
            first = [place for place in found if place in added]
            yield from ((manner, (p,)) for p in (*first, *_in_turn(situation, found, old)))
        old = [place for place in old if place.label not in members]
        added = [place for place in added if place.label not in members]
    for chosen in (added, old):
        manner = manner_of(situation, component, chosen)
        yield from ((manner, batch) for batch in policy.batches(chosen, agents))


def member_manner(situation: Situation, members: int) -> Manner:
    """For members of one group: each leaves and joins at the moment that costs least."""
    policy = situation.request.policy(Component.POLLING)
    return Manner(policy.chosen(members), Timing.LEAVE, Timing.JOIN)


def manner_of(situation: Situation, component: Component, places: Sequence[Place]) -> Manner:
    """For agents that share no group."""
    policy = situation.request.policy(component)
    if component is not Component.POLLING:
        mode = policy.chosen(len(situation.wanted(component)))
        options = ANY_PORT if component is Component.COLLECTOR else ()
        return Manner(mode, options=options)
    at_once = not _first_poll_intervals(situation, places)
    mode = Mode(policy.mode) if policy.mode else (Mode.REPLACE if at_once else Mode.SURGE)
    if mode is Mode.REPLACE:
        return Manner(mode, Timing.AFTER_TICK, Timing.AT_TICK)
    return Manner(mode, Timing.NONE, Timing.AT_TICK, OWN_GROUP)


def _first_poll_intervals(situation: Situation, places: Sequence[Place]) -> int:
    coordinated = any(place.config is not None and place.config.coordinated for place in places)
    return situation.target.first_poll_intervals(coordinated=coordinated)


def _in_turn(
    situation: Situation, members: Sequence[Place], old: Sequence[Place]
) -> Iterator[Place]:
    """The old members in the order in which least is lost, by the phases of their ticks."""
    by_label = {place.label: place for place in members if place in old}
    ticks = phases(members)
    interval = next((p.config.interval_s for p in members if p.config and p.config.interval_s), 0)
    known = interval and len(ticks) == len(members) == len(by_label)
    last = _last_turns(situation, by_label)
    order = retiring_order(ticks, interval, last) if known else last or tuple(by_label)
    yield from (by_label[label] for label in order)


def _last_turns(situation: Situation, members: Mapping[str, Place]) -> tuple[str, ...]:
    """The order of the last plan, by label; empty where that was of other members."""
    labels = {f"{place.host}/{place.unit}": label for label, place in members.items()}
    found = tuple(labels[unit] for unit in situation.state.turns if unit in labels)
    return found if len(found) == len(members) else ()


def phases(members: Sequence[Place]) -> Mapping[str, float]:
    """The phase of each member's tick before the upgrade began, where it is known."""
    found: dict[str, float] = {}
    for place in members:
        before = place.before
        if before is not None and before.last_tick is not None and before.config.interval_s:
            found[place.label] = before.last_tick % before.config.interval_s
    return found


def _taken_over(
    build: RollingBuilder, manner: Manner, batch: Sequence[Place], barrier: Ids
) -> tuple[list[Wave], Ids]:
    """One batch of hosts, and what the next one has to wait for."""
    release = build.release
    if manner.mode is Mode.SURGE and any(place.is_old(release) for place in batch):
        return _surged(build, manner, batch, barrier)
    old = [place for place in batch if place.is_old(release)]
    stops = {place: build.retire(place, barrier, manner.leave, proven=False) for place in old}
    needs = {place: (stops[place].id,) if place in stops else barrier for place in batch}
    rises, proofs = _risen(build, manner, needs)
    return [*([tuple(stops.values())] if stops else []), *rises], proofs


def _surged(
    build: RollingBuilder, manner: Manner, batch: Sequence[Place], barrier: Ids
) -> tuple[list[Wave], Ids]:
    """Beside first; then the old one retired, its unit taken over, and the one beside removed."""
    besides = [build.beside(place, barrier, manner.join, _own(manner, place)) for place in batch]
    pairs = list(zip(batch, besides, strict=True))
    gates = [build.proven_beside(place, (step.id,)) for place, step in pairs]
    proven = list(zip(batch, gates, strict=True))
    stops = [build.retire(p, (gate.id,), manner.leave, proven=True) for p, gate in proven]
    needs = {place: (stop.id,) for place, stop in zip(batch, stops, strict=True)}
    rises, proofs = _risen(build, manner, needs)
    removes = [
        build.remove(place, (gate,), manner.leave)
        for place, gate in zip(batch, proofs, strict=True)
    ]
    waves: list[Wave] = [tuple(besides), tuple(gates), tuple(stops), *rises, tuple(removes)]
    return waves, (*proofs, *(step.id for step in removes))


def _own(manner: Manner, place: Place) -> Options:
    """The options of the unit beside a place: no two such units share a group."""
    return tuple((part, name, text.format(host=place.host)) for part, name, text in manner.options)


def _risen(
    build: RollingBuilder, manner: Manner, needs: Mapping[Place, Ids]
) -> tuple[list[Wave], Ids]:
    starts = [build.risen(place, need, manner.join) for place, need in needs.items()]
    pairs = list(zip(needs, starts, strict=True))
    gates = [build.proven(place, (start.id,)) for place, start in pairs]
    proven = list(zip(needs, gates, strict=True))
    enables = [build.enable(place, (gate.id,)) for place, gate in proven]
    return [tuple(starts), tuple(gates), tuple(enables)], tuple(gate.id for gate in gates)
