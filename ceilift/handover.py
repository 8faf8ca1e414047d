"""When a polling agent should join or leave its group, so that no poll is lost or doubled.

Polling agents poll once an interval, each at a phase of its own (the seconds of its tick modulo the
interval), and look at the group's members just before (ceilometer/polling/manager.py,
interval_task, since 11.0.1). Resources are spread over the members by a consistent hash ring: who
joins takes a share of each member's resources, who leaves gives its own away.

- **Leaving** half an interval after the own tick costs nothing: a member that ticks in the first
  half has polled before and takes over one interval later (a gap of 1.0 to 1.5 intervals), one that
  ticks in the second half takes over at once (0.5 to 1.0). Where an heir ticks almost exactly
  opposite, a moment more or less decides between 0.5 and 1.5: there the order is given so early
  that the leaver is gone when that heir ticks. A poll may then be doubled, but none is missed.
- **Joining** doubles the polls of what is taken from a member that ticked less than half an
  interval before the first poll of the new one. A member that ticks between the join and that first
  poll knows already. So the best first poll is just before the first tick after the longest stretch
  without one; with a stretch of half an interval or more nothing is doubled.
- **Following** one that left, a member that polls first just after an interval polls a third time
  what another had taken over meanwhile: it waits for one interval more.

Of any two members, and of four when one is away, the ticks always leave such a stretch.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations

HALF = 0.5
MOST_TRIED = 6  # members whose every order is tried: 720 of them
MARGIN = 0.1  # intervals between a planned first poll and the tick it has to come before
ENOUGH = 0.1  # intervals that a first poll may come early or late by: no order need leave more
CLEARLY = 0.5  # members expected to poll twice: an order that saves fewer is not clearly better
BORDER = 0.05  # intervals: an heir that ticks so short before the opposite takes over at once
PUNCTUAL_S = 0.4  # ticks and starts are not more punctual than that (lab: 0.3 s) ...
SQUEEZED = 1.25  # intervals between two polls in which a third is one too many: ceilift/account
ROOM = 0.15  # intervals that a first poll comes later than it has to, where nothing is lost by that
GONE_S = 0.8  # from the order until a member has left (lab: 0.2 s and 0.6 s) ...
LEAST = 0.01  # intervals: ... nor than that; a busy host of a long interval takes longer


@dataclass(frozen=True, slots=True)
class Leave:
    """The phase (seconds into the interval) at which a member should be told to leave.

    `at_risk` are the heirs whose first poll of what they take over may come less than half an
    interval after the leaver's last one; `doubled` is how many of them are expected to poll twice.
    """

    phase: float
    at_risk: frozenset[str] = frozenset()
    doubled: float = 0.0


@dataclass(frozen=True, slots=True)
class Join:
    """The phase (seconds into the interval) at which a new member should poll first.

    `at_risk` are the members a share of whose resources is polled twice, `doubled` is how many are
    to be expected when it comes a little early or late. `slack` is by how many intervals it may
    before another one is.
    """

    phase: float
    at_risk: frozenset[str]
    slack: float = 1.0
    doubled: float = 0.0


def punctual(interval: float) -> float:
    """By how many intervals ticks and starts come early or late."""
    return max(LEAST, PUNCTUAL_S / interval)


def gone(interval: float) -> float:
    """How many intervals after the order a member has left."""
    return max(2 * LEAST, GONE_S / interval)


def best_join(ticks: Mapping[str, float], interval: float) -> Join:
    """Where a new member's first poll doubles the polls of as few members as possible.

    `ticks` are the members' phases. It is planned MARGIN before a tick, or in the
    middle of the stretch in which nothing is doubled where that is too short. Of several such
    phases the one with the most room before it is taken; without members any will do.

    The margin is there because a late first poll doubles at once. An early one costs nothing until
    the ticks are spread over half an interval, but then heirs tick opposite each other: so there is
    no more of it than that.
    """
    if not ticks:
        return Join(0.0, frozenset())
    phases = sorted(set(ticks.values()))
    # Of ticks close together it is the first that counts: before a later one there is no room.
    apart = [
        one for one in phases if _stretch(one, ticks, interval) > punctual(interval) * interval
    ]
    found = [_join_before(phase, ticks, interval) for phase in apart or phases]
    return min(found, key=lambda one: (round(one.doubled, 6), -_room(one.phase, ticks, interval)))


def not_squeezed(first: float, left: float, phases: Collection[float], interval: float) -> float:
    """When a new member polls first instead of at `first` (both epoch seconds, as `left` is).

    `left` is the last poll of the one it replaces. A member that ticked since that one left has
    polled what it took over; what of that the new one polls again little later than an interval
    after `left` is polled three times where two were due. Then it waits for one interval more.
    """
    took_over = [(phase - left) % interval for phase in phases]
    between = any((HALF - BORDER) * interval <= after < first - left for after in took_over)
    soon = first - left <= (SQUEEZED + punctual(interval)) * interval
    return first + interval if between and soon else first


def best_due(ticks: Collection[float], interval: float) -> float:
    """When one agent polls first for several that were stopped, whose last ticks these were.

    Less than half an interval after one of them it would double its polls, more than one and a half
    after it would miss one. As soon as that allows, and a little later where there is room.
    """
    begin, end = max(ticks) + HALF * interval, min(ticks) + (1 + HALF) * interval
    return begin + max(0.0, min((end - begin) / 2, ROOM * interval))


def best_leave(own: float, heirs: Mapping[str, float], interval: float) -> Leave:
    """When a member that ticks at phase `own` is told to leave those that tick at `heirs`.

    Half an interval after its own tick, or as much earlier as it takes to be gone before the first
    heir that ticks later than HALF - BORDER. An heir left out because nobody knows its phase is
    taken to be no risk.
    """
    after = {name: (tick - own) % interval / interval for name, tick in heirs.items()}
    at_once = [offset - gone(interval) for offset in after.values() if offset >= HALF - BORDER]
    at = min([HALF, *at_once])
    later = {name: offset for name, offset in after.items() if offset > at}
    error = punctual(interval)
    chances = {name: _within(offset, error, 0.0, HALF) for name, offset in later.items()}
    return Leave(
        (own + at * interval) % interval,
        frozenset(name for name, chance in chances.items() if chance),
        sum(chances.values()),
    )


def _within(offset: float, error: float, begin: float, end: float) -> float:
    """How likely an offset is between two others, when it may be wrong by as much as the error."""
    early, late = offset - error, offset + error
    return max(0.0, min(late, end) - max(early, begin)) / (late - early)


def next_at(phase: float, interval: float, after: float) -> float:
    """The first moment (epoch seconds) of that phase at or after `after`."""
    return after + (phase - after) % interval


@dataclass(frozen=True, slots=True)
class Replaced:
    """How one member is replaced: when it leaves (None: its phase is unknown) and is followed."""

    name: str
    leave: Leave | None
    join: Join

    @property
    def risk(self) -> float:
        """How many members are expected to poll twice: a part of equal size each."""
        return self.join.doubled + (self.leave.doubled if self.leave else 0.0)


def retiring_order(
    ticks: Mapping[str, float], interval: float, last: Sequence[str] = ()
) -> tuple[str, ...]:
    """In which order members are replaced one by one so that the fewest polls are at risk.

    The `last` plan's order stays as long as another is not clearly better: ticks are never measured
    twice alike, and an order that was approved is not to change with that.

    As given where that costs nothing and no start has to be more exact than ENOUGH; else the first
    order that costs least, and of several the one that leaves its starts most room. Of many members
    the one that costs least is taken next, without looking further ahead.
    """
    best = _best_order(ticks, interval)
    if set(last) != set(ticks) or len(last) != len(ticks):
        return best
    risk, room = _cost(last, ticks, interval)
    least, most = _cost(best, ticks, interval)
    clearly = risk > least + CLEARLY or -room < -most - ENOUGH / 2
    return best if clearly else tuple(last)


def _best_order(ticks: Mapping[str, float], interval: float) -> tuple[str, ...]:
    given = tuple(ticks)
    if len(ticks) > MOST_TRIED:
        risks, _ = _cost(given, ticks, interval)
        return _greedy(ticks, interval) if risks else given
    best, least = given, (float(len(ticks) ** 2), 0.0)
    for order in permutations(ticks):
        cost = _cost(order, ticks, interval)
        if cost < least:
            best, least = order, cost
        if cost == (0.0, -ENOUGH):
            break
    return best


def _cost(order: Sequence[str], ticks: Mapping[str, float], interval: float) -> tuple[float, float]:
    """How many polls twice, and how little room the tightest start has: less is better."""
    ways = replaced(order, ticks, interval)
    tightest = min((way.join.slack for way in ways), default=ENOUGH)
    risk = round(sum(way.risk for way in ways), 6)
    return risk, -min(ENOUGH, round(tightest, 6))


def _greedy(ticks: Mapping[str, float], interval: float) -> tuple[str, ...]:
    """Of those that cost least the one after which the longest stretch is free of ticks."""
    present, order = dict(ticks), list[str]()

    def cost(way: Replaced) -> tuple[float, float]:
        after = {**present, way.name: way.join.phase}
        return way.risk, -max(_stretch(phase, after, interval) for phase in after.values())

    while left := [name for name in ticks if name not in order]:
        way = min((_replace(name, present, interval) for name in left), key=cost)
        present[way.name] = way.join.phase
        order.append(way.name)
    return tuple(order)


def replaced(
    order: Sequence[str], ticks: Mapping[str, float], interval: float
) -> tuple[Replaced, ...]:
    """What happens when each member in turn leaves and is then followed by its successor.

    A member whose phase is unknown has none in `ticks`: it is taken to be nobody's risk.
    """
    present, ways = dict(ticks), list[Replaced]()
    for name in order:
        way = _replace(name, present, interval)
        present[name] = way.join.phase
        ways.append(way)
    return tuple(ways)


def _replace(name: str, ticks: Mapping[str, float], interval: float) -> Replaced:
    others = {other: phase for other, phase in ticks.items() if other != name}
    own = ticks.get(name)
    leave = None if own is None else best_leave(own, others, interval)
    return Replaced(name, leave, best_join(others, interval))


def doubled_by_changes(changes: Collection[tuple[int, float]], series: int) -> float:
    """How many polls of `series` are expected twice.

    Each change is (the others in the group, of them at risk). A ring of n members gives 1/(n + 1)
    of its resources to a newcomer, from each member alike; who leaves n others gives up as much, to
    each alike.
    """
    return sum(series * risk / (others * (others + 1)) for others, risk in changes if others)


def cycles(moments: Sequence[float], interval: float) -> tuple[float, ...]:
    """The first of the log lines of each polling cycle: lines less than half an interval apart."""
    ordered = sorted(moments)
    starts = [later for earlier, later in pairwise(ordered) if later - earlier > HALF * interval]
    return (*ordered[:1], *starts)


def _join_before(phase: float, ticks: Mapping[str, float], interval: float) -> Join:
    free = _stretch(phase, ticks, interval) / interval - HALF
    error = punctual(interval)
    margin = max(error, min(MARGIN, free / 2))
    first = (phase - interval * margin) % interval
    risk = {name for name, tick in ticks.items() if _is_doubled(first, tick, interval)}
    after = [(first - tick) % interval / interval for tick in ticks.values()]
    # Late it may come after the tick that it is planned before: who has ticked does not know it.
    doubled = sum(_within(one, error, begin, begin + HALF) for one in after for begin in (0.0, 1.0))
    return Join(first, frozenset(risk), max(0.0, min(margin, free - margin)), doubled)


def _stretch(phase: float, ticks: Mapping[str, float], interval: float) -> float:
    """From the tick before a member's own to its own, in seconds."""
    return min(((phase - tick) % interval or interval) for tick in ticks.values())


def _is_doubled(first: float, tick: float, interval: float) -> bool:
    """Whether that member's last tick is too short before the first poll."""
    return 0 < (first - tick) % interval < HALF * interval


def _room(first: float, ticks: Mapping[str, float], interval: float) -> float:
    return min((first - tick) % interval for tick in ticks.values())
