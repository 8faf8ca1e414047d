"""Which fault meets which stage, where and for how long: pure, so that it can be tried."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab.accept.kill_points import FULL, PARTIAL, Moment

PATHS = (FULL, PARTIAL)
STAGES = ("database", "collector", "notification", "polling")  # the stand-ins have no API
SILENT = frozenset({"freeze", "link-down", "drop"})  # nobody is told: found out by waiting alone
AT_ONCE = frozenset({"reboot"})  # is over by itself
_BRIEF_S, _LONG_S = (1.0, 6.0), (20.0, 40.0)
_ELSEWHERE = 0.25  # how often a host is broken that the moment is not about


@dataclass(frozen=True, slots=True)
class Point:
    """One fault. `number` is its place in the seeded order, by which it can be played alone.

    It is mended after `lasts_s` seconds; None: when the run has ended.
    """

    number: int
    fault: str
    moment: Moment
    host: str
    lasts_s: float | None

    @property
    def path(self) -> str:
        """The path that is upgraded along."""
        return self.moment.path

    @property
    def stage(self) -> str:
        """The stage that it meets."""
        return stage_of(self.moment.node)

    def __str__(self) -> str:
        """As it is printed."""
        lasting = "to the end" if self.lasts_s is None else f"for {self.lasts_s:.0f} s"
        if self.fault in AT_ONCE:
            lasting = "once"
        return f"{self.number:2} {self.fault} of {self.host} {lasting}, {self.moment}"


def stage_of(node: str) -> str:
    """The stage that a node of a plan belongs to."""
    return node.partition("/")[0]


def moments(path: str, intents: Sequence[tuple[str, str, int]]) -> tuple[Moment, ...]:
    """Before and after every intent (node, host, nth), in an order that no run decides."""
    return tuple(
        Moment(path, *one, after) for one in sorted(set(intents)) for after in (False, True)
    )


def points(
    faults: Sequence[str], found: Mapping[str, Sequence[Moment]], hosts: Sequence[str], seed: int
) -> tuple[Point, ...]:
    """Every fault at every stage of both paths, each at one moment drawn by the seed.

    Every fault comes once before any comes again, and the stages take turns; `found` are the
    moments by path. What comes first is short: silent faults are over soon there.
    """
    chance = random.Random(seed)
    names = chance.sample(sorted(faults), len(faults))
    sections = [(path, stage) for path in PATHS for stage in STAGES]
    chance.shuffle(sections)
    made: list[Point] = []
    for turn in range(len(sections)):
        for at, fault in enumerate(names):
            path, stage = sections[(turn + at) % len(sections)]
            mine = [one for one in found[path] if stage_of(one.node) == stage]
            own = random.Random(f"{seed} {fault} {path} {stage}")
            moment = own.choice(mine)
            host, lasts_s = _where(own, moment, hosts), _lasts(own, fault, brief=turn == 0)
            made.append(Point(len(made), fault, moment, host, lasts_s))
    return tuple(made)


def _where(chance: random.Random, moment: Moment, hosts: Sequence[str]) -> str:
    others = [name for name in hosts if name != moment.host]
    return chance.choice(others) if chance.random() < _ELSEWHERE else moment.host or others[0]


def _lasts(chance: random.Random, fault: str, *, brief: bool) -> float | None:
    if fault in AT_ONCE:
        return 0.0
    short, long = chance.uniform(*_BRIEF_S), chance.uniform(*_LONG_S)
    if brief:
        return short if fault in SILENT else chance.choice((short, None))
    return chance.choice((short, long, None))
