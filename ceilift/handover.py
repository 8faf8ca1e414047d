"""When a polling agent should join or leave its group, so that no poll is lost or doubled.

Polling agents poll once an interval, each at a phase of its own (the seconds of its tick modulo the
interval), and look at the group's members just before (ceilometer/polling/manager.py,
interval_task, since 11.0.1). Resources are spread over the members by a consistent hash ring: who
joins takes a share of each member's resources, who leaves gives its own away.

- **Leaving** half an interval after the own tick costs nothing: a member that ticks in the first
  half has polled before and takes over one interval later (a gap of 1.0 to 1.5 intervals), one that
  ticks in the second half takes over at once (0.5 to 1.0).
- **Joining** doubles the polls of what is taken from a member that ticked less than half an
  interval before the first poll of the new one. A member that ticks between the join and that first
  poll knows already. So the best first poll is just before the first tick after the longest stretch
  without one; with a stretch of half an interval or more nothing is doubled.

Of any two members, and of four when one is away, the ticks always leave such a stretch.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations

HALF = 0.5
MOST_TRIED = 6  # members whose every order is tried: 720 of them
MARGIN = 0.08  # intervals between a planned first poll and the tick it has to come before
UNTRIED = 0.2  # the same while nobody has seen how long a start takes
PUNCTUAL = 0.04  # intervals: a start is not more punctual than that (lab: 0.3 s of 10 s)


@dataclass(frozen=True, slots=True)
class Join:
    """The phase (seconds into the interval) at which a new member should poll first.

    `at_risk` are the members a share of whose resources is polled twice.
    """

    phase: float
    at_risk: frozenset[str]


def best_join(ticks: Mapping[str, float], interval: float, margin: float = MARGIN) -> Join:
    """Where a new member's first poll doubles the polls of as few members as possible.

    `ticks` are the members' phases. It is planned `margin` intervals before a tick, or in the
    middle of the stretch in which nothing is doubled where that is too short. Of several such
    phases the one with the most room before it is taken; without members any will do.
    """
    if not ticks:
        return Join(0.0, frozenset())
    found = [_join_before(phase, ticks, interval, margin) for phase in sorted(set(ticks.values()))]
    return min(found, key=lambda one: (len(one.at_risk), -_room(one.phase, ticks, interval)))


def leave_phase(own: float, interval: float) -> float:
    """Half an interval after the own tick: nothing is missed or doubled."""
    return (own + HALF * interval) % interval


def next_at(phase: float, interval: float, after: float) -> float:
    """The first moment (epoch seconds) of that phase at or after `after`."""
    return after + (phase - after) % interval


def retiring_order(ticks: Mapping[str, float], interval: float) -> tuple[str, ...]:
    """In which order members are replaced one by one so that the joins double least.

    As given where that costs nothing; else the first order that costs least. Of many members the
    one that costs least is taken next, without looking further ahead.
    """
    if len(ticks) > MOST_TRIED:
        return _greedy(ticks, interval)
    best, least = tuple(ticks), float("inf")
    for order in permutations(ticks):
        cost = _cost(order, ticks, interval)
        if cost < least:
            best, least = order, cost
        if not cost:
            break
    return best


def _cost(order: Sequence[str], ticks: Mapping[str, float], interval: float) -> int:
    return sum(len(join.at_risk) for _, join in replaced(order, ticks, interval))


def _greedy(ticks: Mapping[str, float], interval: float) -> tuple[str, ...]:
    present, order = dict(ticks), list[str]()
    while left := [name for name in ticks if name not in order]:
        joins = {name: _join_without(name, present, interval) for name in left}
        name = min(left, key=lambda one: len(joins[one].at_risk))
        present[name] = joins[name].phase
        order.append(name)
    return tuple(order)


def _join_without(name: str, ticks: Mapping[str, float], interval: float) -> Join:
    others = {other: phase for other, phase in ticks.items() if other != name}
    return best_join(others, interval)


def replaced(
    order: Sequence[str], ticks: Mapping[str, float], interval: float
) -> tuple[tuple[str, Join], ...]:
    """The joins when each member in turn leaves and is then followed by its successor.

    A member whose phase is unknown has none in `ticks`: it is taken to be nobody's risk. The first
    join is planned with more room than the others: see UNTRIED.
    """
    present, joins = dict(ticks), list[tuple[str, Join]]()
    for name in order:
        present.pop(name, None)
        join = best_join(present, interval, MARGIN if joins else UNTRIED)
        present[name] = join.phase
        joins.append((name, join))
    return tuple(joins)


def doubled_by_joins(joins: Collection[tuple[int, int]], series: int) -> float:
    """How many polls of `series` are expected twice.

    Each join is (members it finds, of them at risk): a ring of n members gives 1/(n + 1) of its
    resources to a newcomer, from each member alike.
    """
    return sum(series * risk / (found * (found + 1)) for found, risk in joins if found)


def cycles(moments: Sequence[float], interval: float) -> tuple[float, ...]:
    """The first of the log lines of each polling cycle: lines less than half an interval apart."""
    ordered = sorted(moments)
    starts = [later for earlier, later in pairwise(ordered) if later - earlier > HALF * interval]
    return (*ordered[:1], *starts)


def _join_before(phase: float, ticks: Mapping[str, float], interval: float, margin: float) -> Join:
    before = min(((phase - tick) % interval or interval) for tick in ticks.values())
    free = before / interval - HALF
    first = (phase - interval * max(PUNCTUAL, min(margin, free / 2))) % interval
    risk = {name for name, tick in ticks.items() if _is_doubled(first, tick, interval)}
    return Join(first, frozenset(risk))


def _is_doubled(first: float, tick: float, interval: float) -> bool:
    """Whether that member's last tick is too short before the first poll."""
    return 0 < (first - tick) % interval < HALF * interval


def _room(first: float, ticks: Mapping[str, float], interval: float) -> float:
    return min((first - tick) % interval for tick in ticks.values())
