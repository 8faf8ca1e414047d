"""How long things are expected to take, and what a stage is expected to lose. Estimates only.

Seconds come from the release catalogue and the agents' own polling intervals; the few constants
say what they stand for. Nothing here is part of a plan's intent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from ceilift.component import AGENTS, Component
from ceilift.constraints import Demand, constraints_of
from ceilift.database_evidence import rehearsed_s
from ceilift.groups import Name, group_of, shared_groups
from ceilift.plan import Action, ExpectedLoss, Gate, GateKind, Stage, Step, Target, Timing
from ceilift.polling_pause import Pause, pause_loss
from ceilift.pollster_change import group_change, new_sources
from ceilift.pollsters import PollingSource, restricted
from ceilift.restorable import UNCOUNTED, Lost
from ceilift.rolling_loss import Polled, Polling, rolling_loss
from ceilift.situation import Place, Situation

LOOK_S = 5.0  # the broker's management view is renewed about every five seconds
BEAT_S = 30.0  # a killed member stays in its group until its last beat has expired
PATIENCE = 1.5  # intervals allowed for every interval expected
REMOTE_S = 1.0  # one short command on a host
BACKUP_BYTES_PER_S = 20e6  # a dump through one pipe, on the slow side
RESTORING = 4  # times what the dump takes: indexes are built, and every row is counted
RING_S = 10.0  # notification agents look that often who shares their work (check_watchers)
SHARING_S = 180.0  # until the agents of a busy machine share anew, or a long queue is read
DEFAULT_STOP_S = 2.0
DEFAULT_START_S = 4.0


@dataclass(frozen=True, slots=True)
class Pace:
    """The seconds one plan reckons with, per component where they differ."""

    stop_s: Mapping[Component, float]
    start_s: Mapping[Component, float]
    backup_s: float
    dbsync_s: float
    interval_s: float
    first_poll_s: float
    polled_before: frozenset[Target]
    polling_agents: int
    margin_s: float = 30.0
    polling: Polling = field(default_factory=Polling)
    rolls: bool = False
    lost: Lost | None = None

    @property
    def first_gate_s(self) -> float:
        """From the start of the first new polling agent to its proof: the others wait for it."""
        return self.start_s[Component.POLLING] + self.first_poll_s + LOOK_S


def pace_of(situation: Situation) -> Pace:
    """The pace of one cloud: stops as the releases that ran, starts as the target."""
    target = situation.target
    return Pace(
        stop_s={component: _stop_s(situation, component) for component in Component},
        start_s={c: target.timing.start_s.value.get(c, DEFAULT_START_S) for c in Component},
        backup_s=_backup_s(situation),
        dbsync_s=_dbsync_s(situation),
        interval_s=polling_interval_s(situation),
        first_poll_s=first_poll_s(situation),
        polled_before=frozenset(p.target for p in situation.wanted(Component.POLLING) if p.ran),
        polling_agents=len(situation.wanted(Component.POLLING)),
        margin_s=situation.inventory.gates.margin_s,
        polling=_polling(situation),
        rolls=situation.request.path == "partial",
        lost=situation.state.restorable.lost if situation.state.restorable else None,
    )


def _polling(situation: Situation) -> Polling:
    places = situation.wanted(Component.POLLING)
    groups = shared_groups(situation)
    interval, start = polling_interval_s(situation), situation.target.timing.start_s.value
    polling = Component.POLLING
    apart = constraints_of(situation, Demand.SEPARATE_GROUP, polling)
    return Polling(
        {place.target: _polled(place, groups, interval) for place in places if place.before},
        interval,
        round(first_poll_s(situation) / interval),
        _stop_s(situation, polling) + start.get(polling, DEFAULT_START_S),
        len([pair for one in apart for pair in _new_series(situation, one.places)]),
        len({name for one in apart for name, _ in _new_series(situation, one.places)}),
    )


def _new_series(situation: Situation, members: Sequence[Place]) -> set[tuple[str, str]]:
    """The resource and the meter of all that a group's new pollsters give, as far as files tell."""
    names = group_change(situation, members).new
    sources = restricted(new_sources(situation, members[0]), names, names)
    return {pair for source in sources for pair in product(source.resources, source.meters)}


def _polled(place: Place, groups: Mapping[Name, tuple[Place, ...]], interval: float) -> Polled:
    name = group_of(place)
    found = groups.get(name, ()) if name is not None else ()
    members = found if place in found else ()
    tick = place.before.last_tick if place.before is not None else None
    phase = None if tick is None else tick % interval
    return Polled(series_of(place), tuple(member.label for member in members), phase)


def series_of(place: Place) -> int:
    """How many series the static resources of an agent give, as far as its files tell.

    One for each pollster that a source names in full, and one for each wildcard.
    """
    config = place.config
    if config is None or not config.polling_sources:
        return 0 if config is None else len(config.resources)
    return len({pair for source in config.polling_sources for pair in _series(source)})


def _series(source: PollingSource) -> Iterator[tuple[str, str]]:
    taken = [pattern for pattern in source.meters if not pattern.startswith("!")] or ["*"]
    return product(source.resources, taken)


def polling_interval_s(situation: Situation) -> float:
    """The longest of the agents' intervals, in seconds; where none is known the target's own."""
    places = situation.wanted(Component.POLLING)
    known = [p.config.interval_s for p in places if p.config and p.config.interval_s]
    return max(known, default=float(situation.target.polling.default_interval_s.value))


def first_poll_s(situation: Situation) -> float:
    """Seconds from a polling agent's start to its first poll, by the catalogue, at the longest."""
    places = situation.wanted(Component.POLLING)
    coordinated = any(place.config and place.config.coordinated for place in places)
    intervals = situation.target.first_poll_intervals(coordinated=coordinated)
    later = constraints_of(situation, Demand.LONGER_GATE, Component.POLLING)
    return intervals * polling_interval_s(situation) + sum(one.seconds for one in later)


def node_seconds(node: Step | Gate, pace: Pace) -> float:
    """What one step or gate is expected to take."""
    if isinstance(node, Gate):
        return _gate_seconds(node.kind, pace)
    component = node.targets[0].component
    seconds = {
        Action.BACKUP: pace.backup_s,
        Action.VERIFY_BACKUP: RESTORING * pace.backup_s,
        Action.REHEARSE: pace.dbsync_s,
        Action.DBSYNC: pace.dbsync_s,
        Action.SAVE: pace.backup_s,
        Action.RESTORE: RESTORING * pace.backup_s,
        Action.STOP: pace.stop_s[component] + REMOTE_S,
        Action.START: pace.start_s[component] + REMOTE_S,
        Action.ENABLE: REMOTE_S,
        Action.BESIDE: pace.start_s[component] + REMOTE_S,
        Action.REMOVE: pace.stop_s[component] + REMOTE_S,
        Action.MERGE: pace.stop_s[component] + pace.start_s[component] + 2 * REMOTE_S,
        Action.WARM_API: pace.start_s[component] + REMOTE_S,
        Action.SWITCH_API: 2 * REMOTE_S,
        Action.STOP_API: pace.stop_s[component] + REMOTE_S,
        Action.START_API: pace.start_s[component] + 2 * REMOTE_S,
        Action.WRITE: REMOTE_S,
        Action.RELOAD: pace.stop_s[component] + 2 * REMOTE_S,
    }
    return seconds[node.action] + (pace.interval_s if node.timing else 0.0)


def gate_timeout_s(kind: GateKind, pace: Pace) -> float:
    """How long a gate may wait for a healthy verdict, in seconds."""
    slowest = max(pace.start_s.values())
    if kind is GateKind.ALL_STOPPED:
        return BEAT_S + LOOK_S + pace.margin_s
    if kind is GateKind.API:
        return slowest + pace.margin_s
    if kind in {GateKind.PIPELINE, GateKind.DRAINED}:
        return SHARING_S + pace.margin_s
    if kind is GateKind.HEARD:
        return round(PATIENCE * pace.interval_s + LOOK_S + pace.margin_s, 1)
    waits = pace.interval_s
    if kind is GateKind.POLLING:
        waits = max(pace.first_poll_s, pace.interval_s)
    return round(PATIENCE * waits + slowest + pace.margin_s, 1)


def stage_seconds(stage: Stage, nodes: Mapping[str, Step | Gate], pace: Pace) -> float:
    """A stage takes the sum of its waves, a wave as long as its slowest node."""
    waves = (max(node_seconds(nodes[n], pace) for n in wave) for wave in stage.batches)
    return round(sum(waves), 1)


def expected_loss(stage: Stage, nodes: Mapping[str, Step | Gate], pace: Pace) -> ExpectedLoss:
    """What the stage is expected to cost: samples are lost only while nobody polls."""
    inside = [nodes[node_id] for wave in stage.batches for node_id in wave]
    if (told := _of_api_or_restore(stage, inside, pace)) is not None:
        return told
    if stage.name != Component.POLLING:
        rolling = pace.rolls and stage.name in AGENTS and not _stops_all(inside)
        if any(_is(node, Action.RELOAD) for node in inside):
            return ExpectedLoss(why=RELOADED)
        return ExpectedLoss(why=ROLLING if rolling else _KEPT[stage.name])
    starts = [node for node in inside if _is(node, Action.START)]
    timed = any(isinstance(node, Step) and node.timing for node in inside)
    if timed and pace.rolls and not _stops_all(inside):
        steps = [node for node in inside if isinstance(node, Step)]
        return rolling_loss(steps, pace.polling)
    if not any(start.targets[0] in pace.polled_before for start in starts):
        return ExpectedLoss(why="no agent pauses")
    waves = [[nodes[n] for n in wave] for wave in stage.batches]
    begun = [node for node in starts if isinstance(node, Step)]
    return pause_loss(_pause(pace, waves), begun, pace.polling.agents)


def _of_api_or_restore(
    stage: Stage, inside: Sequence[Step | Gate], pace: Pace
) -> ExpectedLoss | None:
    if stage.name == Component.API and all(_is(node, Action.STOP) for node in inside):
        return ExpectedLoss(why="these hosts serve no API any more")
    if any(_is(node, Action.START_API) for node in inside):
        return ExpectedLoss(why="the API is down from before the restore until it is started here")
    restores = any(_is(node, Action.RESTORE) for node in inside)
    return _restored(pace.lost) if restores else None


def _restored(lost: Lost | None) -> ExpectedLoss:
    """What a restore takes: what was stored since, and what the migration added."""
    if lost is None:
        return ExpectedLoss(why=UNCOUNTED)
    later = "what is stored until all is stopped comes on top; all of it stays in a dump of its own"
    return ExpectedLoss(why=f"{lost}; {later}", stored=lost.samples)


def _pause(pace: Pace, waves: Sequence[Sequence[Step | Gate]]) -> Pause:
    joining = [sum(isinstance(n, Step) and n.timing is Timing.JOIN for n in w) for w in waves]
    polling = Component.POLLING
    return Pause(
        stop_s=pace.stop_s[polling],
        start_s=pace.start_s[polling],
        first_poll_s=pace.first_poll_s,
        gate_s=pace.first_gate_s,
        interval_s=pace.interval_s,
        alone=pace.polling_agents == 1,
        waves=sum(_is(wave[0], Action.START) for wave in waves),
        joining=tuple(count for count in joining if count),
    )


ROLLING = "some of its kind consume all the time; what waits in the queues is served by them"
RELOADED = (
    "while all old agents reload at once, what comes waits in the queues; before and after, some "
    "of its kind consume all the time"
)
_KEPT = {
    "database": "nothing is stopped",
    "collector": "metering.sample keeps what arrives while no collector runs; its backlog grows",
    "notification": "the notifications queues keep what arrives while no agent runs; they grow",
    "api": "no request fails: the new application is loaded before it is switched to",
}


def _stops_all(nodes: Sequence[Step | Gate]) -> bool:
    return any(isinstance(node, Gate) and node.kind is GateKind.ALL_STOPPED for node in nodes)


def _is(node: Step | Gate, action: Action) -> bool:
    return isinstance(node, Step) and node.action is action


def _gate_seconds(kind: GateKind, pace: Pace) -> float:
    seconds = {
        GateKind.ALL_STOPPED: LOOK_S,
        GateKind.COLLECTOR: 2 * LOOK_S,
        GateKind.NOTIFICATION: pace.interval_s + LOOK_S,
        GateKind.POLLING: pace.first_poll_s + LOOK_S,
        GateKind.API: LOOK_S,
        GateKind.PIPELINE: pace.start_s[Component.NOTIFICATION] + RING_S + LOOK_S,
        GateKind.DRAINED: 2 * LOOK_S,
        GateKind.HEARD: 2 * LOOK_S,
    }
    return seconds[kind]


def _stop_s(situation: Situation, component: Component) -> float:
    ran = {one.release or "" for one in situation.running_before if one.component is component}
    known = situation.catalogue.releases
    releases = [known[name] for name in sorted(ran) if name in known] or [situation.target]
    return max(one.timing.stop_s.value.get(component, DEFAULT_STOP_S) for one in releases)


def _dbsync_s(situation: Situation) -> float:
    """As it took in the rehearsal, else by the catalogue, which knows an empty database."""
    known = rehearsed_s(situation.state.evidence, situation.target.version)
    return situation.target.timing.dbsync_s.value if known is None else known


def _backup_s(situation: Situation) -> float:
    database = situation.state.database
    size = database.size_bytes if database is not None else None
    return REMOTE_S + (size or 0) / BACKUP_BYTES_PER_S
