"""Every member of a group is replaced: played tick by tick, whoever a resource may fall to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from ceilift.handover import HALF, gone, next_at, replaced, retiring_order

T = 10.0
DUST = 1e-6  # of rounding, in seconds
phases = st.floats(0, T, exclude_max=True, allow_nan=False)
groups = st.lists(phases, min_size=2, max_size=5).map(
    lambda found: {f"m{index}": phase for index, phase in enumerate(found)}
)


@dataclass(frozen=True)
class Gap:
    """The time (intervals) between two polls of one resource, and who polled."""

    length: float
    before: str
    after: str


@dataclass
class Group:
    """A group as it is at one moment, and how each resource may stand.

    `resources` are all the ways in which one may stand: who has it now, who polled it last, when.
    The ring keeps a resource where it is unless its owner leaves or a newcomer takes it.
    """

    members: dict[str, float]
    now: float
    resources: set[tuple[str, str, float]] = field(default_factory=set)
    gaps: list[Gap] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.resources = {
            (name, name, next_at(phase, T, self.now - T)) for name, phase in self.members.items()
        }

    def play(self, until: float) -> None:
        """Let everyone tick up to that moment; who ticks polls what it has."""
        ticks = [(self.next(name), name) for name in self.members]
        while ticks and min(ticks)[0] < until:
            tick, name = min(ticks)
            ticks.remove((tick, name))
            ticks.append((tick + T, name))
            mine = {one for one in self.resources if one[0] == name}
            self.gaps += [Gap((tick - last) / T, before, name) for _, before, last in mine]
            self.resources -= mine
            self.resources |= {(name, name, tick)} if mine else set()
        self.now = until

    def next(self, name: str) -> float:
        """When that member ticks next."""
        return next_at(self.members[name], T, self.now)

    def leave(self, name: str) -> None:
        """What it has may fall to anyone else."""
        del self.members[name]
        given = {one for one in self.resources if one[0] == name}
        self.resources -= given
        self.resources |= {(heir, *one[1:]) for heir in self.members for one in given}

    def join(self, name: str, first: float) -> None:
        """Everything there is may fall to it; it polls first at that moment, which is now."""
        self.members[name] = first % T
        self.gaps += [Gap((first - last) / T, before, name) for _, before, last in self.resources]
        self.resources.add((name, name, first))
        self.now = first + DUST


@dataclass(frozen=True)
class Delays:
    """In intervals: until a gate passes, until a member is gone, until its successor polls."""

    gate: float
    gone: float
    start: float


delays = st.builds(Delays, st.floats(0, 2), st.floats(0, 0.99 * gone(T)), st.floats(0.01, 1.5))


@given(ticks=groups, lasting=st.lists(delays, min_size=5, max_size=5))
def test_nothing_is_missed_and_only_who_is_at_risk_is_doubled(
    ticks: Mapping[str, float], lasting: list[Delays]
) -> None:
    order = retiring_order(ticks, T)
    group, risks, left = Group(dict(ticks), 1000.0), set[tuple[str, str]](), 0.0

    for one, delay in zip(replaced(order, ticks, T), lasting, strict=False):
        assert one.leave is not None
        heirs = [name for name in group.members if name.rstrip("'") in one.leave.at_risk]
        risks |= {(one.name, heir) for heir in heirs}
        # tasks/handover.py waits until what the member inherited before has been polled.
        earliest = max(group.now + delay.gate * T, left + HALF * T)
        left = next_at(one.leave.phase, T, earliest) + delay.gone * T
        group.play(left)
        last = group.next(one.name) - T
        group.leave(one.name)
        new = f"{one.name}'"
        risks |= {(name, new) for name in group.members if name.rstrip("'") in one.join.at_risk}
        earliest = max(left + delay.start * T, last + HALF * T)
        first = next_at(one.join.phase, T, earliest)
        group.play(first)
        group.join(new, first)
    group.play(group.now + 3 * T)

    assert max(gap.length for gap in group.gaps) <= 1.5 + DUST
    doubled = {(gap.before, gap.after) for gap in group.gaps if gap.length < HALF - DUST}
    assert doubled <= risks


@given(ticks=groups)
def test_the_play_shows_what_a_newcomer_at_a_wrong_moment_doubles(
    ticks: Mapping[str, float],
) -> None:
    group = Group(dict(ticks), 1000.0)
    wrong = group.next("m0") + 0.1 * T

    group.play(wrong)
    group.join("new", wrong)

    assert "m0" in {gap.before for gap in group.gaps if gap.length < HALF}


@given(first=phases)
def test_the_play_shows_what_a_leaver_at_a_wrong_moment_misses(first: float) -> None:
    group = Group({"a": first, "b": (first + 0.6 * T) % T}, 1000.0)

    group.play(group.next("a") + 0.7 * T)
    group.leave("a")
    group.play(group.now + T)

    assert max(gap.length for gap in group.gaps) > 1.5
