"""What is foretold of a merge, against merges simulated with the hash ring that agents use."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from uuid import UUID

import pytest
from tooz.hashring import HashRing

from ceilift.handover import best_join, best_leave
from ceilift.merging_loss import Merged, Turn, merging_loss, turns_of

MEMBERS = ("a", "b", "c", "d")
MERGES = 200


def in_turn(interval: float) -> list[Merged]:
    """Members that tick within a tenth of the interval, merged one after the other."""
    present = {name: 0.03 * at * interval for at, name in enumerate(MEMBERS)}
    found = []
    for name in MEMBERS:
        leave = best_leave(present.pop(name), present, interval)
        join = best_join(present, interval)
        found.append(Merged(leave.phase, join.phase, tuple(present.values())))
        present[name] = join.phase
    return found


def simulated(chance: random.Random, turns: Sequence[Turn], resources: int) -> int:
    """Polls twice: of each resource whose owner is merged, one an interval."""
    names = [f"snmp://10.0.0.{number}" for number in range(resources)]
    ids = [_member(chance) for _ in MEMBERS]
    doubled = 0
    for place, turn in enumerate(turns):
        ids[place] = _member(chance)  # restarted, it is another member
        ring, merged = HashRing(ids), set(ids[: place + 1])
        whole = math.floor(turn.polls)
        intervals = whole + (chance.random() < turn.polls - whole)
        doubled += intervals * sum(bool(ring.get_nodes(name.encode()) & merged) for name in names)
    return doubled


def _member(chance: random.Random) -> bytes:
    return str(UUID(int=chance.getrandbits(128))).encode()


@pytest.mark.parametrize("interval", [20.0, 50.0, 300.0])
@pytest.mark.parametrize("resources", [16, 32, 64])
def test_chance_hardly_exceeds_what_is_foretold_and_rarely_falls_far_below(
    resources: int, interval: float
) -> None:
    chance = random.Random(3)  # noqa: S311 - it has to be repeatable
    merged = in_turn(interval)
    told = math.ceil(resources * merging_loss(merged, len(merged), interval, resources))

    turns = list(turns_of(merged, interval))
    found = [simulated(chance, turns, resources) for _ in range(MERGES)]

    assert sum(doubled > told for doubled in found) < MERGES / 25
    far_below = sum(told > 1.5 * doubled + 1 for doubled in found)
    assert far_below < MERGES / {16: 3, 32: 10, 64: 20}[resources]
