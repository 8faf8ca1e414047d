"""What merging members one by one doubles of the new meters, told before it begins.

A merged member polls the new meters of its share, one of n, once an interval until the agents
beside are gone: those poll all of them until then. So what falls to the first is doubled longest,
and what falls to the last only until the agents beside are gone. Which resource falls to which
member is chance (random member ids on a hash ring, tooz.hashring), so what is told is the number
that chance will hardly exceed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import fmean, pstdev, pvariance

from ceilift.handover import HALF

NEXT_S = (12.0, 22.0)  # from the last tick of all until the next may leave: gate, look, order (lab)
GONE_S = (5.0, 15.0)  # and until the agents beside are gone, after the last one's gate (lab)
RESTART_S = 9.0  # from the order to leave until the first poll, at the quickest (lab)
TICKED = 0.4  # intervals until all have ticked, where their phases are not known (lab)
ARCS = 1 / math.sqrt(32)  # a member's part of the ring: 32 arcs of chance (tooz.hashring)
HARDLY = 2.0  # standard deviations above what is to be expected: 39 of 40 merges stay below
_TRIED = 20  # durations between the shortest and the longest
_SOON = 1e-9


@dataclass(frozen=True, slots=True)
class Merged:
    """One member's turn, as phases (seconds into the interval): it leaves, and polls first again.

    `others` are the ticks of the other members when it is back.
    """

    leaves: float
    joins: float
    others: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """How often a merged member polls before the next one does, or before those beside are gone.

    `polls` is the mean; `variance` is that of chance: whether a gate ends in time.
    """

    polls: float
    variance: float


def merging_loss(merged: Sequence[Merged], merges: int, interval: float, resources: int) -> float:
    """How many polls of each new series are doubled, on average over its `resources`, at the most.

    `merged` are the members' turns in order; fewer than `merges` where phases are not known.
    """
    if not merges:
        return 0.0
    known = len(merged) == merges and all(one.others for one in merged)
    turns = list(turns_of(merged, interval) if known else _usual(merges, interval))
    doubled = list(accumulate(turn.polls for turn in reversed(turns)))  # the last member's first
    falling = pstdev(doubled) / math.sqrt(resources or 1)
    sharing = math.hypot(falling, ARCS * pstdev(doubled) / math.sqrt(merges))
    waiting = sum(turn.variance * (at / merges) ** 2 for at, turn in enumerate(turns, 1))
    return fmean(doubled) + HARDLY * math.hypot(sharing, math.sqrt(waiting))


def turns_of(merged: Sequence[Merged], interval: float) -> Iterator[Turn]:
    """Each member's turn, by the phases.

    The next one leaves once all have ticked, the gate has ended and it was looked at: at its moment
    or an interval later; it polls first at the first such phase that a restart leaves time for.
    """
    for one, following in pairwise(merged):
        leaves = _behind(following.leaves, one.joins, interval)
        if leaves < HALF:  # who has just taken over polls once before
            leaves += 1
        back = _behind(following.joins, one.joins, interval)
        back += math.ceil(leaves + RESTART_S / interval - back - _SOON)
        waits = [max(0, math.ceil(end - leaves)) for end in _ends(one, NEXT_S, interval)]
        yield Turn(math.ceil(back - _SOON) + fmean(waits), pvariance(waits))
    if merged:
        yield _last(_ends(merged[-1], GONE_S, interval))


def _usual(merges: int, interval: float) -> Iterator[Turn]:
    """Where phases are not known: each may tick anywhere in the half interval after a newcomer."""
    late = waits_longer(interval)
    for _ in range(merges - 1):
        yield Turn(2 + late, late * (1 - late))
    yield _last(_between(TICKED, GONE_S, interval))


def waits_longer(interval: float) -> float:
    """How probable it is that a gate in a merge ends only after the next member's moment.

    The others tick within half an interval of a newcomer's first poll, and each may leave half an
    interval after its own tick.
    """
    return min(1.0, max(0.0, (TICKED + fmean(NEXT_S) / interval - HALF) / HALF))


def _last(ends: Sequence[float]) -> Turn:
    polls = [1 + math.floor(end) for end in ends]
    return Turn(fmean(polls), pvariance(polls))


def _ends(one: Merged, seconds: tuple[float, float], interval: float) -> list[float]:
    """Intervals from its first poll until all have ticked and what follows is over."""
    return _between(
        max(_behind(tick, one.joins, interval) for tick in one.others), seconds, interval
    )


def _between(ticked: float, seconds: tuple[float, float], interval: float) -> list[float]:
    shortest, longest = seconds
    steps = (shortest + (longest - shortest) * (at + 0.5) / _TRIED for at in range(_TRIED))
    return [ticked + step / interval for step in steps]


def _behind(phase: float, other: float, interval: float) -> float:
    """How many intervals, less than one, a phase comes after another."""
    return (phase - other) % interval / interval
