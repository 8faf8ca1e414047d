"""What a rolling polling stage is expected to lose, told before it begins.

Which resources a newcomer takes is decided by random member ids: what is told is the number to be
expected, rounded up; of a merge (ceilift/merging_loss.py) that which chance will hardly exceed.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ceilift.handover import best_join, best_leave, doubled_by_changes
from ceilift.merging_loss import Merged, merging_loss
from ceilift.plan import Action, ExpectedLoss, Step, Target, Timing

MISSED_ABOVE = 1.5  # intervals between two polls: see ceilift/account
MERGING = (
    "members take the whole polling file one by one: until the last has it, the new meters of "
    "their share are polled by them and by the agents beside"
)


@dataclass(frozen=True, slots=True)
class Polled:
    """What one polling agent polls: how many series, with whom it shares them, and its phase.

    `group` names the members it shares its series with (empty: nobody); `phase` is None where its
    ticks are not known.
    """

    series: int
    group: tuple[str, ...] = ()
    phase: float | None = None


@dataclass(frozen=True, slots=True)
class Polling:
    """All polling agents before the stage, by target, and the pace of the target release.

    `first_poll` counts the intervals from a start to the first poll, `restart_s` the seconds from
    a stop to the end of the next start. `new_series` are those of the pollsters that only the
    target has, of `new_resources`, where these are polled by agents beside until all are merged.
    """

    agents: Mapping[Target, Polled] = field(default_factory=dict)
    interval_s: float = 0.0
    first_poll: int = 0
    restart_s: float = 0.0
    new_series: int = 0
    new_resources: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One join or leave: how many others are in the group, and how many of them poll twice.

    `doubled` is the number expected: less than one where it depends on a moment more or less.
    `merged` is the turn of a member that joins again with the whole file.
    """

    timing: Timing
    others: int
    doubled: float
    merged: Merged | None = None


def rolling_loss(steps: Sequence[Step], polling: Polling) -> ExpectedLoss:
    """What these steps cost, in their order: for one series at most, and for all together."""
    if not polling.interval_s:
        return ExpectedLoss(why="the polling interval is not known")
    changes = list(_changes(steps, polling))
    members = {target for target in polling.agents if polling.agents[target].group}
    series = max((polling.agents[target].series for target in members), default=0)
    shares = [(change.others, change.doubled) for change in changes]
    changed = math.ceil(doubled_by_changes(shares, series) - 1e-9)
    overlaps = list(_overlaps(steps, polling))
    merges = sum(step.action is Action.MERGE for step in steps)
    turns = [change.merged for change in changes if change.merged is not None]
    each = merging_loss(turns, merges, polling.interval_s, polling.new_resources)
    merging = math.ceil(polling.new_series * each - 1e-9)
    missed, affected = _pauses(steps, polling)
    return ExpectedLoss(
        missed=missed,
        doubled=max((times for times, _ in overlaps), default=0)
        + (1 if changed else 0)
        + (math.ceil(merging / polling.new_series) if merging else 0),
        longest_gap_s=round(polling.interval_s * (missed + MISSED_ABOVE), 1),
        why="; ".join((*_reasons(changes, overlaps, missed), *([MERGING] if merging else []))),
        missed_in_all=missed * affected,
        doubled_in_all=changed + merging + sum(times * count for times, count in overlaps),
    )


def _changes(steps: Sequence[Step], polling: Polling) -> Iterator[Change]:
    """Every join, and every leave of a member whose phase is known, in the order of the steps."""
    present = {
        _place(target): one.phase
        for target, one in polling.agents.items()
        if one.group and one.phase is not None
    }
    for step in (one for one in steps if one.action is not Action.BESIDE):
        place, leave = _place(step.targets[0]), None
        if step.timing is Timing.LEAVE and place in present:
            leave = best_leave(present.pop(place), present, polling.interval_s)
            yield Change(step.timing, len(present), leave.doubled)
        if step.timing is Timing.JOIN or step.action is Action.MERGE:
            join = best_join(present, polling.interval_s)
            merged = None
            if step.action is Action.MERGE and leave is not None:
                merged = Merged(leave.phase, join.phase, tuple(present.values()))
            yield Change(Timing.JOIN, len(present), join.doubled, merged)
            present[place] = join.phase


def _overlaps(steps: Sequence[Step], polling: Polling) -> Iterator[tuple[int, int]]:
    """How often each agent's series are polled twice: by the one beside until the other stops.

    Both poll what nobody else does: once when the one beside is proven, once more when the
    host's own unit is.
    """
    for step in steps:
        if step.action is Action.BESIDE and step.timing is Timing.AT_TICK:
            own = next((a for t, a in polling.agents.items() if t.host == step.host), Polled(0))
            yield 2, own.series


def _pauses(steps: Sequence[Step], polling: Polling) -> tuple[int, int]:
    """How many polls are missed by the series of agents replaced in place, and of how many."""
    stopped = [s.targets[0] for s in steps if s.timing is Timing.AFTER_TICK]
    agents = [polling.agents[target] for target in stopped if target in polling.agents]
    intervals = max(1, math.ceil(polling.restart_s / polling.interval_s)) + polling.first_poll
    return (intervals - 1 if agents else 0), sum(one.series for one in agents)


def _reasons(
    changes: Collection[Change], overlaps: Collection[tuple[int, int]], missed: int
) -> Iterator[str]:
    doubling = {change.timing for change in changes if change.doubled}
    if changes:
        yield "members leave half an interval after their tick and join just before the others'"
    if Timing.JOIN in doubling:
        yield (
            "the ticks leave no stretch of half an interval, so part of what a newcomer takes "
            "over is polled twice"
        )
    if Timing.LEAVE in doubling:
        yield (
            "members tick half an interval apart, so part of what a leaver gives away may be "
            "polled twice"
        )
    if overlaps:
        yield (
            "the releases cannot share a group: the new agent polls beside the old one in a group "
            "of its own until it is proven, and again when it takes over the host's own unit"
        )
    if missed:
        yield f"an agent of this release polls first after {missed} missed intervals"
    if not (changes or overlaps or missed):
        yield "agents are restarted between two of their own polls"


def _place(target: Target) -> str:
    return f"{target.host}/{target.unit}"
