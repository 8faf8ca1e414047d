"""Where processes are killed, and what may have been done twice: pure, so that it can be tried."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

FULL, PARTIAL = "full", "partial"
SHORT, LONG = 30, 200


class Victim(StrEnum):
    """Which process is killed.

    The first two in an upgrade from the terminal, whose controller is its engine; the others in a
    run of a deployment.
    """

    CONTROLLER = "controller"
    SERVER = "server"
    ENGINE = "engine"
    WORKER = "worker"
    SERVER_OF_RUN = "server of a run"

    @property
    def deployed(self) -> bool:
        """Whether a worker has to start the upgrade."""
        return self in {Victim.ENGINE, Victim.WORKER, Victim.SERVER_OF_RUN}


WEIGHTS = {
    Victim.CONTROLLER: 10,
    Victim.SERVER: 4,
    Victim.ENGINE: 3,
    Victim.WORKER: 2,
    Victim.SERVER_OF_RUN: 1,
}


@dataclass(frozen=True, slots=True)
class Moment:
    """When an intent is there, or (`after`) its outcome: the `nth` of that node and host."""

    path: str
    node: str
    host: str
    nth: int
    after: bool

    def is_of(self, node: str, host: str, nth: int, status: str) -> bool:
        """Whether it is there with this intent of the ledger; an open one has no `status`."""
        mine = (node, host, nth) == (self.node, self.host, self.nth)
        return mine and (bool(status) or not self.after)

    def __str__(self) -> str:
        """As it is printed."""
        which = f" ({self.nth + 1})" if self.nth else ""
        where = f" on {self.host}" if self.host else ""
        return f"{self.path}: {'after' if self.after else 'before'} {self.node}{where}{which}"


@dataclass(frozen=True, slots=True)
class Point:
    """One kill. `number` is its place in the seeded order, by which it can be played alone."""

    number: int
    moment: Moment
    victim: Victim

    def __str__(self) -> str:
        """As it is printed."""
        return f"{self.number:3} {self.victim} {self.moment}"


def moments(path: str, intents: Sequence[tuple[str, str, int]]) -> tuple[Moment, ...]:
    """Before and after every intent (node, host, nth) that an undisturbed upgrade wrote."""
    return tuple(Moment(path, *one, after) for one in intents for after in (False, True))


def points(found: Sequence[Moment], count: int, seed: int) -> tuple[Point, ...]:
    """So many kills, in an order drawn by the seed; every moment once before any comes again.

    Which process dies is drawn with WEIGHTS, after each had its turn. The same seed gives the same
    points, however many are wanted: one that failed can be played alone, by its number.
    """
    chance = random.Random(seed)
    drawn: list[Moment] = []
    while len(drawn) < count:
        drawn += chance.sample(found, len(found))
    pairs = zip(drawn[:count], _victims(count, seed), strict=True)
    return tuple(Point(number, *pair) for number, pair in enumerate(pairs))


def first_of(wanted: Sequence[Point], victim: Victim) -> Point | None:
    """The first of that victim; None where there is none."""
    return next((one for one in wanted if one.victim is victim), None)


def longest_first(wanted: Sequence[Point], *longer: Point | None) -> list[Point]:
    """In an order in which several clouds end together: these, and where a server dies, before all.

    An upgrade goes on without its Prefect server, but waits for it again and again.
    """
    waiting = {Victim.SERVER, Victim.SERVER_OF_RUN}
    return sorted(wanted, key=lambda one: (one not in longer, one.victim not in waiting))


def _victims(count: int, seed: int) -> list[Victim]:
    chance = random.Random(f"{seed} victims")
    first = chance.sample(list(Victim), len(Victim))
    return [*first, *chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=count)][:count]


def strange(undisturbed: Counter[str], found: Counter[str]) -> tuple[list[str], list[str]]:
    """What was done more often than in an undisturbed upgrade, and what less often."""
    more = [f"{words} ({found[words]})" for words in found - undisturbed]
    less = [f"{words} ({found[words]})" for words in undisturbed - found]
    return sorted(more), sorted(less)


def unlike(undisturbed: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """What is not as it is after an undisturbed upgrade."""
    names = sorted(undisturbed.keys() | found.keys())
    said = ((name, undisturbed.get(name, "nothing"), found.get(name, "nothing")) for name in names)
    return [f"{name}: {now}, not {wanted}" for name, wanted, now in said if now != wanted]


def lies(
    told: Mapping[str, str], intents: Sequence[tuple[str, str]], proven: frozenset[str]
) -> list[str]:
    """Where the status of a node is not what the ledger's rows say, for a run that is dead.

    `intents` are node and status, open ones with an empty status, of that run alone.
    """
    said = []
    for node, status in told.items():
        mine = [one for name, one in intents if name == node]
        wanted = _truth(mine, node in proven)
        if status not in wanted:
            said.append(f"status says {node} is {status}, not {' or '.join(sorted(wanted))}")
    return said


def _truth(statuses: Sequence[str], proven: bool) -> frozenset[str]:  # noqa: FBT001 - a fact
    if proven:
        return frozenset({"done"})
    if not statuses:
        return frozenset({"not started"})
    if "" in statuses:
        return frozenset({"unknown"})
    return frozenset(statuses)
