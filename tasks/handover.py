"""The moment of the polling interval at which a polling agent is stopped or started.

The phases are looked at anew for every act: agents joined and left since the last one. Where they
cannot be told, or the moment is too far away, nothing is waited for, and that is said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from ceilift.clock import now
from ceilift.component import Component
from ceilift.handover import HALF, best_due, best_join, best_leave, next_at, not_squeezed
from ceilift.plan import Action, Step, Target, Timing
from ceilift.probe import observe_hosts
from ceilift.state import HostState, Instance
from tasks.session import Session

READY_S = 2.0  # until a script has made everything ready and waits for its moment
ORDER_S = 0.2  # from an order to the first process (lab: supervisorctl has to load first)
CYCLE = 0.15  # intervals: a poll is over by then (lab: up to 2.4 s of 10 s on a busy machine)
FURTHEST = 4.0  # intervals: a moment that far away comes of a clock that was set meanwhile
BEHIND = 0.02  # intervals behind the tick of the one before: it is the later of the two


@dataclass(frozen=True, slots=True)
class Moment:
    """When to give the order (epoch seconds by the host's clock; 0: at once), and why then."""

    at: float
    words: str


AT_ONCE = Moment(0.0, "at once")


def moment_for(session: Session, step: Step, sight: Ticks | None = None) -> Moment:
    """The moment for a step with a timing, by the ticks that the agents' logs show now.

    Or by a `sight` of them that is still true: a look takes a good part of a short interval.
    """
    if not step.timing or session.dry_run:
        return AT_ONCE
    sight = sight or ticks_seen(session, step)
    interval = sight.interval_s
    if not interval:
        return Moment(0.0, "at once: the interval is not known")
    order = _order_at(session, step, sight, interval)
    if order is None:
        return Moment(0.0, "at once: the ticks are not known")
    if (wait := order.at - now()) > FURTHEST * interval + READY_S:
        return Moment(0.0, f"at once: by its ticks the moment is {wait:.0f} s away")
    return Moment(order.at + sight.skew_s, order.words)


def ticks_seen(session: Session, step: Step) -> Ticks:
    """A look at all polling agents now, for the one that the step is about."""
    hosts = observe_hosts(
        session.cloud.connections, session.cloud.inventory, tuple(session.catalogue.releases)
    )
    skew = next((h.clock_skew_s or 0.0 for h in hosts if h.name == step.targets[0].host), 0.0)
    return Ticks(tuple(_polling(hosts)), step.targets[0], _prefix(step), skew)


@dataclass(frozen=True)
class Ticks:
    """All polling agents as they are now, and the one that a step is about.

    `prefix` is the group prefix that the step gives it (None: none); `skew_s` is by how much its
    host's clock is ahead of ours.
    """

    agents: Sequence[Instance]
    target: Target
    prefix: str | None = None
    skew_s: float = 0.0

    @property
    def own(self) -> Instance | None:
        """The target's own instance, when it is there."""
        key = (self.target.host, self.target.unit)
        return next((one for one in self.agents if (one.host, one.unit) == key), None)

    @property
    def interval_s(self) -> float:
        """The polling interval, in seconds; 0 when nobody's is known."""
        known = [one.config.interval_s for one in self.agents if one.config.interval_s]
        own = self.own.config.interval_s if self.own is not None else None
        return own or max(known, default=0.0)

    def members(self) -> Mapping[str, float]:
        """The phases of the others that run in the target's group."""
        others = (one for one in self.agents if one is not self.own and one.running)
        mine = [one for one in others if self._shares(one)]
        ticks = {f"{one.host}/{one.unit}": self.tick_of(one) for one in mine}
        return {name: tick % self.interval_s for name, tick in ticks.items() if tick is not None}

    def last_ticks(self) -> tuple[float, ...]:
        """When each agent of the target's group, itself too, polled last."""
        group = [one for one in self.agents if one is self.own or self._shares(one)]
        return tuple(one.ticks[-1] for one in group if one.ticks)

    def _shares(self, other: Instance) -> bool:
        """Whether the target is, or will be, in the same group as another agent.

        A unit that is not there yet has the prefix of its options. Of static resources a file of
        ours may hold fewer.
        """
        own = self.own
        config = other.config
        if set(other.namespaces) != set(self.target.namespaces):
            return False
        prefix = self.prefix if own is None else own.config.group_prefix
        if prefix is not None and prefix != config.group_prefix:
            return False
        mine = set() if own is None else set(own.config.resources)
        return not mine or not config.resources or bool(mine & set(config.resources))

    def tick_of(self, one: Instance) -> float | None:
        """A tick of an agent: from its log; of one that has polled nothing, from its start."""
        if one.last_tick is not None or one.launched is None:
            return one.last_tick
        lead = self.lead_s(one.release or "", 0.0)
        return one.launched + lead if lead else None

    def left_at(self) -> float:
        """The last tick of the target before it left; 0 when it was never there.

        What it polled then may wait for its successor: to poll that half an interval later at the
        earliest doubles nothing.
        """
        return self.own.ticks[-1] if self.own is not None and self.own.ticks else 0.0

    def newest_at(self) -> float:
        """When the newest of the other agents was launched: later than the last leave; or 0.

        A member that leaves half an interval after that has ticked meanwhile, so it has polled what
        it took over then.
        """
        others = (one for one in self.agents if one is not self.own)
        return max((one.launched for one in others if one.launched is not None), default=0.0)

    def before(self) -> float | None:
        """The last tick of whoever polls what the target is to poll: on its host, or itself."""
        there = [one for one in self.agents if one.host == self.target.host and one.ticks]
        running = [one for one in there if one.running and one is not self.own]
        own = [one for one in there if one is self.own]
        return next((one.ticks[-1] for one in (*running, *own)), None)

    def lead_s(self, release: str, usual: float) -> float:
        """From the order to the first poll, as agents of the release have shown it.

        Until one has, as quick as the quickest of the others: those may have started all at once.
        """
        mine = [_lead(one, self.interval_s) for one in self.agents if one.release == release]
        others = [_lead(one, self.interval_s) for one in self.agents if one.running]
        known = [lead for lead in mine if lead is not None]
        if known:
            return median(known)
        return min((lead for lead in others if lead is not None), default=usual)


def _order_at(session: Session, step: Step, sight: Ticks, interval: float) -> Moment | None:
    if step.timing is Timing.LEAVE:
        return _leave_at(sight, interval)
    if step.timing is Timing.AFTER_TICK:
        own = sight.own
        if own is None or own.last_tick is None:
            return None
        at = next_at(own.last_tick + CYCLE * interval, interval, now() + READY_S)
        return Moment(at, "just after its own tick")
    return _start_at(session, step, sight, interval)


def _leave_at(sight: Ticks, interval: float) -> Moment | None:
    """About half an interval after the target's own tick: by then its polling cycle is over."""
    tick = None if sight.own is None else sight.tick_of(sight.own)
    if tick is None:
        return None
    leave = best_leave(tick % interval, sight.members(), interval)
    words = f"half an interval after its own tick{_at_risk(leave.at_risk)}"
    earliest = max(now() + READY_S, sight.newest_at() + HALF * interval)
    return Moment(next_at(leave.phase, interval, earliest), words)


def _start_at(session: Session, step: Step, sight: Ticks, interval: float) -> Moment | None:
    release = session.catalogue.get(step.release or session.plan.to)
    usual = release.timing.start_s.value.get(Component.POLLING, 0.0)
    lead = sight.lead_s(release.version, usual)
    earliest = now() + READY_S + lead
    if step.timing is Timing.DUE:
        return _due_at(session, sight, interval)
    if step.timing is Timing.JOIN:
        members = sight.members()
        if not members:
            return None
        join = best_join(members, interval)
        phase = join.phase
        words = f"to poll first before {len(members)} members tick{_at_risk(join.at_risk)}"
        earliest = max(earliest, sight.left_at() + HALF * interval)
    else:
        last = sight.before()
        if last is None:
            return None
        phase, words = last + BEHIND * interval, "to poll first when the one before it would"
    first = next_at(phase, interval, earliest)
    if step.timing is Timing.JOIN:
        left = _left_at(step, sight, interval)
        first = not_squeezed(first, left, sight.members().values(), interval)
    return Moment(first - lead, f"{words} (a start takes {lead:.1f} s)")


def _left_at(step: Step, sight: Ticks, interval: float) -> float:
    """The last tick of the one that is replaced; one that is merged has ticked since then."""
    seen = sight.left_at()
    return now() - (now() - seen) % interval if seen and step.action is Action.MERGE else seen


def _due_at(session: Session, sight: Ticks, interval: float) -> Moment | None:
    """When what all members of the group have polled before they stopped is due again.

    A start is taken to be as quick as the quickest of them was: later than meant costs nothing.
    """
    ticks = sight.last_ticks()
    if not ticks:
        return None
    leads = (_lead(one, interval) for one in session.before)
    lead = min((found for found in leads if found is not None), default=ORDER_S)
    at = max(best_due(ticks, interval), now() + READY_S + lead)
    words = f"to poll first {at - max(ticks):.1f} s after the last poll before"
    return Moment(at - lead, f"{words} (a start takes {lead:.1f} s)")


def _at_risk(names: Collection[str]) -> str:
    """Whose part of the polls may be doubled, for the end of a sentence."""
    return f"; at risk of a doubled poll: {', '.join(sorted(names))}" if names else ""


def _polling(hosts: Sequence[HostState]) -> Iterator[Instance]:
    for host in hosts:
        yield from (one for one in host.instances if one.component is Component.POLLING)


def _prefix(step: Step) -> str | None:
    found = {name: value for _, name, value in step.options}
    return found.get("partitioning_group_prefix")


def _lead(one: Instance, interval: float) -> float | None:
    """From the order to its first poll, modulo the interval: ticks keep their phase."""
    if one.launched is None or one.last_tick is None or not interval:
        return None
    return (one.last_tick - one.launched) % interval + ORDER_S
