"""What it costs that on the full path all polling agents are down at once, told before it begins.

A release whose agents poll first after an interval or two leaves a pause in which polls are missed.
One whose agents poll as they start may poll what was polled a moment ago: that is doubled.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ceilift.plan import ExpectedLoss, Step, Target, Timing
from ceilift.rolling_loss import MISSED_ABOVE, Polled

DOUBLED_BELOW = 0.5  # intervals between two polls: see ceilift/account
DUE = (
    "the first agent polls for all, half an interval at the earliest after what was polled last; "
    "so nothing is missed"
)
JOINING_S = 1800.0  # as long as the members of a group may take to join one after the other
JOINED = (
    "the others join just before it ticks, {count} at a time: what two of them take is polled twice"
)
JOINED_ALONE = "the others join one an interval, just before it ticks, so nothing is polled twice"
AGAIN = "agents poll as they start: what was polled less than half an interval before is doubled"


@dataclass(frozen=True, slots=True)
class Pause:
    """The parts of the pause in seconds, by the catalogue.

    `gate_s` is how long the first agent takes from its start to its proof, for which the others
    wait. `alone`: there is only the first. `waves`: batches of starts; `joining`: how many agents
    of the first one's group each of them has.
    """

    stop_s: float
    start_s: float
    first_poll_s: float
    gate_s: float
    interval_s: float
    alone: bool
    waves: int = 2
    joining: tuple[int, ...] = ()

    @property
    def first_s(self) -> float:
        """From the stop to the first poll of the first agent."""
        return self.stop_s + self.start_s + self.first_poll_s

    @property
    def late_s(self) -> float:
        """How much later the last batch starts than the first of the others."""
        return max(self.waves - 2, 0) * self.start_s


def pause_loss(
    pause: Pause, starts: Sequence[Step], polled: Mapping[Target, Polled]
) -> ExpectedLoss:
    """The loss of one series at most, and of all together where that can be foretold."""
    timed = {step.timing for step in starts}
    if timed & {Timing.DUE, Timing.JOIN}:
        return _one_for_all(pause, starts, polled)
    missed = _missed(pause)
    if pause.first_s >= DOUBLED_BELOW * pause.interval_s:
        return missed
    return _again(pause, missed, starts, polled)


def _missed(pause: Pause) -> ExpectedLoss:
    """The pause of a resource whose own agent has to come back.

    A gap between samples counts round(gap / interval) - 1 polls missed, and the longest gap is
    the pause and one interval: so round(pause / interval) at most.
    """
    gap = pause.first_s + (0.0 if pause.alone else pause.gate_s) + pause.late_s
    why = (
        f"nobody polls from the stop ({pause.stop_s:g} s) over the start ({pause.start_s:g} s) to "
        f"the first poll ({pause.first_poll_s:g} s)"
    )
    if not pause.alone:
        why += f"; all but the first agent also wait for its gate ({pause.gate_s:g} s)"
    if pause.late_s:
        why += f"; the last batch waits until the others are started ({pause.late_s:g} s)"
    why += (
        "; between two samples of a resource there is up to one interval "
        f"({pause.interval_s:g} s) more, by when it was polled last"
    )
    missed = math.floor(gap / pause.interval_s + 0.5)
    return ExpectedLoss(missed=missed, doubled=0, longest_gap_s=round(gap, 1), why=why)


def _one_for_all(
    pause: Pause, starts: Sequence[Step], polled: Mapping[Target, Polled]
) -> ExpectedLoss:
    """Members of one group: the first polls for all of them, then the others join at once."""
    first = any(step.timing is Timing.DUE for step in starts)
    late = pause.first_s if first and pause.first_s > pause.interval_s else 0.0
    missed = math.floor(late / pause.interval_s + 0.5)
    series = max((one.series for one in polled.values() if one.group), default=0)
    doubled = math.ceil(series * passed_on(pause.joining) - 1e-9)
    most = max(pause.joining, default=0)
    joined = JOINED.format(count=most) if most > 1 else JOINED_ALONE
    why = (*((DUE,) if first and not late else ()), *((joined,) if most else ()))
    return ExpectedLoss(
        missed=missed,
        doubled=min(most - 1, doubled) if doubled else 0,
        longest_gap_s=round(max(late, MISSED_ABOVE * pause.interval_s), 1),
        why="; ".join(why),
        missed_in_all=missed * series,
        doubled_in_all=doubled,
    )


def joining_at_once(members: int, interval_s: float) -> int:
    """How many join at the same time: one an interval, more where that would take too long."""
    turns = int(JOINING_S // interval_s) if interval_s else members
    return max(1, math.ceil(members / max(1, turns)))


def passed_on(waves: Sequence[int]) -> float:
    """Which part of all series is polled twice when so many join in each wave, one at first.

    Who joins takes an even share of what everybody polls that it knows of, and polls at once:
    those of one wave do not know of each other (lab). What two of them take is polled twice.
    """
    members, part = 1, 0.0
    for count in waves:
        share = 1 / (members + 1)
        part += count * share - (1 - (1 - share) ** count)
        members += count
    return part


def _again(
    pause: Pause, missed: ExpectedLoss, starts: Sequence[Step], polled: Mapping[Target, Polled]
) -> ExpectedLoss:
    """Agents alone that poll as they start: who polled just before the stop polls again too soon.

    When each polled last is taken to be spread evenly over the interval.
    """
    missing, doubled = 0.0, 0.0
    for number, step in enumerate(starts):
        own = polled.get(step.targets[0], Polled(0))
        gap = pause.first_s + (pause.gate_s + pause.late_s if number else 0.0)
        missing += own.series * max(0.0, gap / pause.interval_s - DOUBLED_BELOW)
        doubled += own.series * max(0.0, DOUBLED_BELOW - gap / pause.interval_s)
    return ExpectedLoss(
        missed=missed.missed,
        doubled=1 if doubled else 0,
        longest_gap_s=round(missed.longest_gap_s + pause.interval_s, 1),
        why=f"{missed.why}; {AGAIN}",
        missed_in_all=math.ceil(missing - 1e-9),
        doubled_in_all=math.ceil(doubled - 1e-9),
    )
