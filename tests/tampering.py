"""Changes made to stored samples behind an accountant's back, and what it must say of them.

The truth is what was done, poll by poll; nothing of the accountant's own rules is used here.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from uuid import UUID

from ceilift.account import Account, Key, SeriesAccount
from ceilift.state import Sample

OFF_BY = 0.2  # intervals: a series that strays further from its beat is left alone
COPIED_AFTER_US = (100_000, 900_000)


@dataclass(frozen=True, slots=True)
class Said:
    """What an account says of one series: gaps (start, end, missed), doubles, rows sent twice."""

    gaps: tuple[tuple[float, float, int], ...] = ()
    doubles: tuple[float, ...] = ()
    sent_twice: int = 0


@dataclass(frozen=True, slots=True)
class Tampering:
    """Polls taken away, stored again as they are, and beside a later copy with an id of its own."""

    removed: tuple[Sample, ...]
    resent: tuple[Sample, ...]
    copies: Mapping[Sample, Sample]

    @property
    def touched(self) -> frozenset[Key]:
        """The series in which anything was changed."""
        return frozenset((one.meter, one.resource) for one in self._all)

    @property
    def _all(self) -> tuple[Sample, ...]:
        return (*self.removed, *self.resent, *self.copies)


def said(account: Account) -> dict[Key, Said]:
    """The account of every series, in the form that expectations have."""
    return {(item.meter, item.resource): _said(item) for item in account.series}


def tampering(seed: int, samples: Sequence[Sample], account: Account) -> Tampering:
    """Random polls of half the steady series, the same for the same seed and samples.

    A third of them is removed, a sixth sent twice, a sixth copied. The first and the last poll of
    a series stay: beyond the edge of a window nobody knows what was due.
    """
    chance = random.Random(seed)  # noqa: S311 - it has to be repeatable
    steady = [item for item in account.series if _is_steady(item)]
    assert len(steady) >= 4, "too few series kept their beat to tell what was taken from them"
    chosen = {(one.meter, one.resource) for one in chance.sample(steady, len(steady) // 2)}
    inner = [one for key in sorted(chosen) for one in _polls(samples, account, key)[1:-1]]
    chance.shuffle(inner)
    share = len(inner) // 6
    copied = inner[3 * share : 4 * share]
    assert copied
    return Tampering(
        removed=tuple(inner[: 2 * share]),
        resent=tuple(inner[2 * share : 3 * share]),
        copies={one: _later(one, chance) for one in copied},
    )


def expected(account: Account, done: Tampering) -> dict[Key, Said]:
    """What the account of the same window must say after that: the same, and what was done."""
    return {
        key: _expected(item, key, done) if key in done.touched else _said(item)
        for item in account.series
        for key in [(item.meter, item.resource)]
    }


def _said(item: SeriesAccount) -> Said:
    gaps = tuple((gap.start, gap.end, gap.missed) for gap in item.gaps)
    return Said(gaps, item.doubles, item.sent_twice)


def _is_steady(item: SeriesAccount) -> bool:
    times, interval = item.timestamps, item.interval_s
    off = (abs(at - times[0] - n * interval) for n, at in enumerate(times))
    return len(times) > 3 and _said(item) == Said() and max(off) < OFF_BY * interval


def _polls(samples: Sequence[Sample], account: Account, key: Key) -> list[Sample]:
    inside = (one for one in samples if account.since <= one.timestamp <= account.until)
    return sorted((s for s in inside if (s.meter, s.resource) == key), key=lambda s: s.timestamp)


def _later(one: Sample, chance: random.Random) -> Sample:
    """The same poll a few hundred milliseconds later, in whole microseconds, under another id."""
    moment = (round(one.timestamp * 1e6) + chance.randint(*COPIED_AFTER_US)) / 1e6
    return replace(one, timestamp=moment, message_id=str(UUID(int=chance.getrandbits(128))))


def _expected(item: SeriesAccount, key: Key, done: Tampering) -> Said:
    removed = {one.timestamp for one in done.removed if (one.meter, one.resource) == key}
    copies = [c.timestamp for one, c in done.copies.items() if (one.meter, one.resource) == key]
    left = sorted([*copies, *(at for at in item.timestamps if at not in removed)])
    gaps = []
    for gone, run in groupby(item.timestamps, lambda at: at in removed):
        if gone:
            times = list(run)
            start = max(at for at in left if at < times[0])
            gaps.append((start, min(at for at in left if at > times[-1]), len(times)))
    resent = sum((one.meter, one.resource) == key for one in done.resent)
    return Said(tuple(gaps), tuple(sorted(copies)), resent)
