"""What is foretold of a merge, against merges simulated with the hash ring that agents use."""

from __future__ import annotations

import random
from uuid import UUID

import pytest
from tooz.hashring import HashRing

from ceilift.component import Component
from ceilift.plan import Action, Step, Target, Timing
from ceilift.rolling_loss import MERGED_AFTER, Polled, Polling, rolling_loss, waits_longer

MEMBERS = ("a", "b", "c", "d")
MERGES = 200


def merge(host: str) -> Step:
    return Step(
        id=f"polling/merge/{host}",
        stage="polling",
        action=Action.MERGE,
        targets=(Target(Component.POLLING, host, "p"),),
        release="2",
        needs=(),
        why="",
        judged_by="",
        undo="",
        timing=Timing.LEAVE,
    )


def foretold(resources: int, interval: float) -> int:
    agents = {Target(Component.POLLING, host, "p"): Polled(0, MEMBERS, 0.0) for host in MEMBERS}
    polling = Polling(agents, interval, new_series=resources, new_resources=resources)
    return rolling_loss([merge(host) for host in MEMBERS], polling).doubled_in_all or 0


def simulated(chance: random.Random, resources: int, interval: float) -> int:
    """Polls twice: of each resource whose owner is merged, one an interval."""
    late = waits_longer(interval)
    names = [f"snmp://10.0.0.{number}" for number in range(resources)]
    ids = [_member(chance) for _ in MEMBERS]
    doubled = 0
    for place in range(len(ids)):
        ids[place] = _member(chance)  # restarted, it is another member
        ring, merged = HashRing(ids), set(ids[: place + 1])
        longer = chance.random() < late
        intervals = (MERGED_AFTER if place < len(ids) - 1 else 1) + longer
        doubled += intervals * sum(bool(ring.get_nodes(name.encode()) & merged) for name in names)
    return doubled


def _member(chance: random.Random) -> bytes:
    return str(UUID(int=chance.getrandbits(128))).encode()


@pytest.mark.parametrize("interval", [20.0, 300.0])
@pytest.mark.parametrize("resources", [16, 32, 64])
def test_chance_hardly_exceeds_what_is_foretold_and_rarely_falls_far_below(
    resources: int, interval: float
) -> None:
    chance = random.Random(3)  # noqa: S311 - it has to be repeatable
    told = foretold(resources, interval)

    found = [simulated(chance, resources, interval) for _ in range(MERGES)]

    assert sum(doubled > told for doubled in found) < MERGES / 25
    far_below = sum(told > 1.5 * doubled + 1 for doubled in found)
    assert far_below < MERGES / (16 if resources > 16 else 5)
