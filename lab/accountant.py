"""What was sent and what was due to be polled, against what the database holds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

import sqlalchemy as sa

from lab import database
from lab.clouds import METERS, POLL_INTERVAL_S
from lab.settings import Lab
from lab.traffic import Sent, sent, summarised
from lab.witness import Published, witnessed

NOTIFIED = "image.size"  # the meter that a notification of the generator gives
_LATE = 1.5
_EARLY = 0.5
_SAMPLE = sa.table(
    "sample",
    sa.column("meter_id", sa.Integer),
    sa.column("resource_id", sa.Integer),
    sa.column("timestamp", sa.Float),
    sa.column("recorded_at", sa.Float),
    sa.column("message_id", sa.String),
)
_METER = sa.table("meter", sa.column("id", sa.Integer), sa.column("name", sa.String))
_RESOURCE = sa.table(
    "resource", sa.column("internal_id", sa.Integer), sa.column("resource_id", sa.String)
)


_JOINED = _SAMPLE.join(_METER, _METER.c.id == _SAMPLE.c.meter_id).join(
    _RESOURCE, _RESOURCE.c.internal_id == _SAMPLE.c.resource_id
)


@dataclass(frozen=True, slots=True)
class Polls:
    """The polls of one meter of one resource."""

    meter: str
    resource: str
    found: int
    longest_gap_s: float
    missed: int
    doubled: int


@dataclass(frozen=True, slots=True)
class Account:
    """Sent = stored, none missing, none twice: or which ones."""

    sent: int
    sent_rate: float
    sent_longest_gap_s: float
    stored: int
    missing: tuple[int, ...]
    twice: tuple[int, ...]
    not_in_log: tuple[str, ...]
    polls: tuple[Polls, ...]

    @property
    def complete(self) -> bool:
        """Whether every notification is stored exactly once."""
        return not (self.missing or self.twice)


def account(
    log: Path,
    database: str,
    *,
    before: float = math.inf,
    since: float = 0.0,
    until: float | None = None,
    interval: float = POLL_INTERVAL_S,
) -> Account:
    """Compare the generator's log, up to ``before``, with the database.

    Polls are judged between ``since`` and ``until`` (by default from the first
    poll to the last sample stored of anything, so that an agent which fell
    silent shows a gap up to the end).
    """
    wanted = [line for line in sent(log) if line.sent_at <= before]
    engine = sa.create_engine(database)
    with engine.connect() as connection:
        stored = _stored(connection)
        times = _poll_times(connection, since)
        end = until if until is not None else _last_stored(connection)
    engine.dispose()
    polls = (judge(*key, found, end, interval) for key, found in times.items())
    return _compared(wanted, stored, tuple(polls))


def accounted(lab: Lab, *, before: float = math.inf, since: float = 0.0) -> Account:
    """The account of a lab, wherever its samples are."""
    every = lab.cloud.interval_s
    if lab.cloud.database:
        where = database.url(lab)
        return account(lab.sent_log, where, before=before, since=since, interval=every)
    found = witnessed(lab)
    return account_of_files(lab.sent_log, found, before=before, since=since, interval=every)


def account_of_files(
    log: Path,
    published: Sequence[Published],
    *,
    before: float = math.inf,
    since: float = 0.0,
    interval: float = POLL_INTERVAL_S,
) -> Account:
    """The same for a cloud whose notification agents publish to files."""
    wanted = [line for line in sent(log) if line.sent_at <= before]
    mine = (one for one in published if one.meter == NOTIFIED)
    stored = Counter(one.resource for one in mine if one.resource.startswith("lab-"))
    times: dict[tuple[str, str], list[float]] = {}
    for one in sorted(published, key=lambda item: item.timestamp):
        if one.meter in METERS and one.timestamp >= since:
            times.setdefault((one.meter, one.resource), []).append(one.timestamp)
    end = max((one.timestamp for one in published), default=0.0)
    polls = (judge(*key, found, end, interval) for key, found in sorted(times.items()))
    return _compared(wanted, stored, tuple(polls))


def _compared(wanted: list[Sent], stored: Counter[str], polls: tuple[Polls, ...]) -> Account:
    said = summarised(wanted)
    serials = {line.resource_id: line.serial for line in wanted}
    last = max(serials, default="")
    extra = {name for name in stored.keys() - serials.keys() if name < last}
    return Account(
        sent=len(wanted),
        sent_rate=round(said.rate, 2),
        sent_longest_gap_s=round(said.longest_gap_s, 3),
        stored=sum(count for name, count in stored.items() if name in serials),
        missing=tuple(serial for name, serial in serials.items() if name not in stored),
        twice=tuple(serial for name, serial in serials.items() if stored[name] > 1),
        not_in_log=tuple(sorted(extra)),
        polls=polls,
    )


def judge(meter: str, resource: str, times: list[float], end: float, interval: float) -> Polls:
    """Gaps over 1.5 intervals hold missed polls; under 0.5 the poll was doubled.

    The time from the last poll to ``end`` counts as a gap when it is too long
    to be a poll still to come.
    """
    gaps = [later - earlier for earlier, later in pairwise(times)]
    tail = end - times[-1]
    if tail > 2 * interval:
        gaps.append(tail)
    return Polls(
        meter,
        resource,
        len(times),
        longest_gap_s=round(max(gaps, default=0.0), 2),
        missed=sum(round(gap / interval) - 1 for gap in gaps if gap > _LATE * interval),
        doubled=sum(gap < _EARLY * interval for gap in gaps),
    )


def stored_of(database: str, meter: str) -> Counter[str]:
    """How many rows of that meter each notification has, by resource."""
    engine = sa.create_engine(database)
    with engine.connect() as connection:
        found = _stored(connection, meter)
    engine.dispose()
    return found


def _stored(connection: sa.Connection, meter: str = NOTIFIED) -> Counter[str]:
    """How many rows of a meter each notification has."""
    resource = _RESOURCE.c.resource_id
    rows = connection.execute(
        sa.select(resource, sa.func.count())
        .select_from(_JOINED)
        .where(_METER.c.name == meter, resource.like("lab-%"))
        .group_by(resource)
    )
    return Counter({str(name): int(count) for name, count in rows})


def _poll_times(connection: sa.Connection, since: float) -> dict[tuple[str, str], list[float]]:
    """The times of the polls of every meter and resource, in order."""
    name, resource, time = _METER.c.name, _RESOURCE.c.resource_id, _SAMPLE.c.timestamp
    rows = connection.execute(
        sa.select(name, resource, time)
        .select_from(_JOINED)
        .where(name.in_(METERS), time >= since)
        .order_by(name, resource, time)
    )
    plain = [(str(meter), str(target), float(when)) for meter, target, when in rows]
    return {
        key: [when for *_, when in group] for key, group in groupby(plain, key=lambda row: row[:2])
    }


def _last_stored(connection: sa.Connection) -> float:
    found = connection.execute(sa.select(sa.func.max(_SAMPLE.c.recorded_at))).scalar()
    return float(found or 0)
