"""The accountant: which samples were due, which came, which came twice, and in which stage.

The interval of a series is learned before the upgrade; every stretch after that is judged by it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from math import floor
from statistics import median

from ceilift.account.losses import (
    UNCHANGED,
    Account,
    Changed,
    Gap,
    Key,
    Learned,
    SeriesAccount,
    Span,
    StageLoss,
)
from ceilift.state import Sample

MISSED_ABOVE = 1.5  # intervals between two events
DOUBLED_BELOW = 0.5
SQUEEZED_WITHIN = 1.25  # an event between two that are one interval apart is one too many
NEARER_BY = 0.1  # intervals: of two close events the earlier is the regular one, unless by more
TOLERANCE = 1.25  # how far a median may lie above the configured interval
ONE_POLL_S = 0.001  # samples of one poll share its timestamp (ceilometer/agent/manager.py, 8.1.5)
FEWEST_EVENTS = 3
JITTER = 0.25
OUTSIDE = "outside"


def learn(samples: Iterable[Sample], configured: Collection[float] = ()) -> dict[Key, Learned]:
    """The interval of each periodic series with at least three events, from before the upgrade.

    The smallest configured interval (seconds) that explains the median is taken (a median below
    it means doubled polls, which must not become the norm); without one, the median itself. A
    series most of whose events do not keep that interval (notifications) is left out.
    """
    found: dict[Key, Learned] = {}
    for key, rows in sorted(_by_series(samples).items()):
        if len(times := _events(rows)) >= FEWEST_EVENTS:
            learned = _learned(times, configured)
            if _keeps(times, learned.interval_s):
                found[key] = learned
    return found


def account(
    samples: Iterable[Sample],
    intervals: Mapping[Key, Learned],
    spans: Sequence[Span],
    *,
    since: float,
    until: float,
    changed: Changed = UNCHANGED,
) -> Account:
    """Judge every series between `since` and `until` (epoch seconds).

    `changed` are the meters that came and went: a series of a new one is due from its first sample
    on, one of a meter that went up to its last.

    Advised: three intervals before the first step to three after the last gate. A series in
    `intervals` with no sample at all is one long gap. What happens outside every span is
    counted under the stage `outside`.
    """
    inside = [sample for sample in samples if since <= sample.timestamp <= until]
    rows, frame = _by_series(inside), _Frame(tuple(spans), since, until)
    known = {**_come(rows, intervals, changed), **intervals}
    series = tuple(
        _series_account(key, rows.get(key, []), learned, _due(frame, key, rows, changed))
        for key, learned in sorted(known.items())
    )
    return Account(
        since=since,
        until=until,
        series=series,
        stages=_stage_losses(series, frame),
        unaccounted=tuple(sorted(set(rows) - set(known))),
        sent_twice=sent_twice(inside),
    )


def _come(
    rows: Mapping[Key, list[Sample]], intervals: Mapping[Key, Learned], changed: Changed
) -> dict[Key, Learned]:
    new = (key for key in rows if key not in intervals and key[0] in changed.new)
    return {key: Learned(changed.new[key[0]], configured=True) for key in new}


def _due(frame: _Frame, key: Key, rows: Mapping[Key, list[Sample]], changed: Changed) -> _Frame:
    """The time in which a series is due: the whole one, unless its meter came or went."""
    times = [row.timestamp for row in rows.get(key, [])]
    if times and key[0] in changed.new:
        return replace(frame, since=min(times))
    if times and key[0] in changed.removed:
        return replace(frame, until=max(times))
    return frame


def sent_twice(samples: Iterable[Sample]) -> int:
    """Rows whose message id was stored before; rows without an id cannot be told."""
    ids = [sample.message_id for sample in samples if sample.message_id]
    return len(ids) - len(set(ids))


@dataclass(frozen=True, slots=True)
class _Frame:
    """The accounted time and the stages in it."""

    spans: tuple[Span, ...]
    since: float
    until: float

    def stage(self, start: float, end: float) -> str:
        """The stage that overlaps [start, end] the longest (the first of equals)."""
        best, longest = OUTSIDE, -1.0
        for span in self.spans:
            overlap = min(span.end, end) - max(span.start, start)
            if overlap >= 0 and overlap > longest:
                best, longest = span.stage, overlap
        return best

    def stretches(self, times: Sequence[float]) -> Iterator[tuple[float, float]]:
        """Neighbouring events; the edges of the accounted time are the outermost ones."""
        return pairwise((self.since, *times, self.until))


def _learned(times: Sequence[float], configured: Collection[float]) -> Learned:
    middle = median(later - earlier for earlier, later in pairwise(times))
    fitting = [value for value in configured if value * TOLERANCE >= middle]
    return Learned(min(fitting, default=middle), configured=bool(fitting))


def _keeps(times: Sequence[float], interval: float) -> bool:
    """Whether half the gaps, doubled events left out, are an interval to within a quarter.

    Agents on a busy machine poll a few seconds early or late; notifications come at random.
    """
    regular = sorted(set(times) - set(_doubles(times, interval)))
    gaps = [later - earlier for earlier, later in pairwise(regular)]
    kept = [gap for gap in gaps if abs(gap - interval) <= JITTER * interval]
    return len(kept) >= len(gaps) / 2 > 0


def _by_series(samples: Iterable[Sample]) -> dict[Key, list[Sample]]:
    found: dict[Key, list[Sample]] = defaultdict(list)
    for sample in samples:
        found[sample.meter, sample.resource].append(sample)
    return found


def _once(rows: Iterable[Sample]) -> list[Sample]:
    """Each message once, in order of time: what was sent twice was still polled once."""
    kept: dict[object, Sample] = {}
    for index, row in enumerate(sorted(rows, key=lambda item: item.timestamp)):
        kept.setdefault(row.message_id or index, row)
    return list(kept.values())


def _events(rows: Iterable[Sample]) -> tuple[float, ...]:
    """Timestamps of the polls: samples of one poll are one event."""
    times: list[float] = []
    for row in _once(rows):
        if not times or row.timestamp - times[-1] > ONE_POLL_S:
            times.append(row.timestamp)
    return tuple(times)


def _series_account(key: Key, rows: list[Sample], learned: Learned, frame: _Frame) -> SeriesAccount:
    times = _events(rows)
    return SeriesAccount(
        meter=key[0],
        resource=key[1],
        interval_s=learned.interval_s,
        configured=learned.configured,
        timestamps=times,
        gaps=tuple(_gaps(times, learned.interval_s, frame)),
        doubles=tuple(_doubles(times, learned.interval_s)),
        late=tuple(row.timestamp for row in _once(rows) if _is_late(row, learned.interval_s)),
        sent_twice=sent_twice(rows),
        longest_gap_s=max(end - start for start, end in frame.stretches(times)),
    )


def _is_late(row: Sample, interval: float) -> bool:
    return row.recorded_at is not None and row.recorded_at - row.timestamp > interval


def _gaps(times: Sequence[float], interval: float, frame: _Frame) -> Iterator[Gap]:
    for index, (start, end) in enumerate(frame.stretches(times)):
        at_edge = index in {0, len(times)}
        missed = (_missed_at_edge if at_edge else _missed_between)((end - start) / interval)
        if missed > 0:
            yield Gap(start, end, missed, frame.stage(start, end))


def _missed_between(intervals: float) -> int:
    return floor(intervals + 0.5) - 1 if intervals > MISSED_ABOVE else 0


def _missed_at_edge(intervals: float) -> int:
    """Events due before the edge, with half an interval of grace."""
    return max(0, floor(intervals - 0.5))


def _doubles(times: Sequence[float], interval: float) -> Iterator[float]:
    """Events too soon after the last regular one, or squeezed between two regular ones."""
    regular = float("-inf")
    for moment, following in zip_longest(times, times[1:], fillvalue=float("inf")):
        soon = moment - regular < DOUBLED_BELOW * interval
        if soon or _is_squeezed(regular, moment, following, interval):
            yield moment
        else:
            regular = moment


def _is_squeezed(regular: float, moment: float, following: float, interval: float) -> bool:
    """Whether `moment` is one too many between two regular ones.

    Of two events less than half an interval apart one is; which one, their distances from where
    the next poll was due tell, and where these are much the same, it is the later: a copy.
    """
    if following - regular > SQUEEZED_WITHIN * interval:
        return False
    due = regular + interval
    nearer_by = abs(moment - due) - abs(following - due)
    return following - moment >= DOUBLED_BELOW * interval or nearer_by > NEARER_BY * interval


def _stage_losses(series: Sequence[SeriesAccount], frame: _Frame) -> tuple[StageLoss, ...]:
    longest = _longest_gaps(series, frame)
    missed = [Counter(gap.stage for gap in item.gaps for _ in range(gap.missed)) for item in series]
    doubled = [Counter(frame.stage(at, at) for at in item.doubles) for item in series]
    late = [Counter(frame.stage(at, at) for at in item.late) for item in series]

    def loss(stage: str) -> StageLoss:
        return StageLoss(
            stage,
            *longest.get(stage, (0.0, "")),
            missed=sum(counts[stage] for counts in missed),
            doubled=sum(counts[stage] for counts in doubled),
            late=sum(counts[stage] for counts in late),
            missed_most=max((counts[stage] for counts in missed), default=0),
            doubled_most=max((counts[stage] for counts in doubled), default=0),
        )

    names = dict.fromkeys([*(span.stage for span in frame.spans), OUTSIDE])
    return tuple(loss(stage) for stage in names)


def _longest_gaps(series: Sequence[SeriesAccount], frame: _Frame) -> dict[str, tuple[float, str]]:
    longest: dict[str, tuple[float, str]] = {}
    for item in series:
        of = f"{item.meter} of {item.resource}"
        for start, end in frame.stretches(item.timestamps):
            stage = frame.stage(start, end)
            longest[stage] = max(longest.get(stage, (0.0, "")), (end - start, of))
    return longest
