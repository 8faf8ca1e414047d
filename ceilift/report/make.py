"""Makes the report of a run from its plan, its end and its timing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from ceilift.account import OUTSIDE
from ceilift.plan import ExpectedLoss, Plan
from ceilift.record import NodeStatus, Reading
from ceilift.report.data import (
    NOT_REACHED,
    Backlog,
    Ended,
    HostLine,
    Overhead,
    Report,
    StageLine,
    Timing,
)
from ceilift.report.picture import draw

ALLOWED_S = 20.0
ALLOWED_S_PER_TASK_RUN = 0.3
SCHEMA = 1
COLUMNS = 60
BARS = "▁▂▃▄▅▆▇█"


def make_report(plan: Plan, ended: Ended, timing: Timing) -> Report:
    """The report of a run that ended, well or not."""
    counts = Counter(node.status.value for node in ended.nodes)
    stages = tuple(_stage_line(stage.name, stage.expected_loss, ended) for stage in plan.stages)
    outside = _stage_line(OUTSIDE, ExpectedLoss(), ended) if ended.account else None
    return Report(
        headline=_headline(plan, ended, counts, timing),
        outcome=ended.outcome,
        cloud=plan.cloud,
        path=plan.path,
        plan_hash=plan.hash,
        releases=plan.releases,
        to=plan.to,
        hosts=tuple(_host_lines(ended)),
        counts=dict(sorted(counts.items())),
        nodes=ended.nodes,
        stages=stages,
        outside=outside,
        sent_twice=ended.account.sent_twice if ended.account else None,
        backlogs=tuple(_backlogs(ended.readings)),
        accepted=plan.request.accept,
        asides=ended.asides,
        overhead=_overhead(timing),
        next_command=ended.next_command,
        account=ended.account,
        restored=ended.restored,
        picture=draw(ended.account, ended.readings, ended.spans) if ended.account else "",
    )


def report_to_json(report: Report) -> dict[str, Any]:
    """The report as plain data for `--format json`, raw timestamps included, without picture."""
    data = asdict(report)
    del data["picture"]
    return {
        "schema": SCHEMA,
        **data,
        "overhead": {**asdict(report.overhead), "within": report.overhead.within},
    }


def sparkline(values: Sequence[float], columns: int = COLUMNS) -> str:
    """A picture of a series in one line; each column shows the greatest value of its share."""
    if not values:
        return ""
    width = min(columns, len(values))
    bounds = [index * len(values) // width for index in range(width + 1)]
    peaks = [max(values[start:end]) for start, end in pairwise(bounds)]
    top = max(peaks) or 1.0
    return "".join(BARS[round(peak / top * (len(BARS) - 1))] for peak in peaks)


def _headline(plan: Plan, ended: Ended, counts: Counter[str], timing: Timing) -> str:
    done, total = counts[NodeStatus.DONE.value], len(ended.nodes)
    way = f"{', '.join(plan.releases)} -> {plan.to}"
    took = duration(timing.ended - timing.begun)
    return f"{plan.cloud}: {way}: {ended.outcome}, {done} of {total} steps and gates in {took}"


def _host_lines(ended: Ended) -> Iterator[HostLine]:
    """What ran and runs; of a host that was not reached nobody knows, and that is no nothing."""
    old = {instance.key: instance.release or "" for instance in ended.before}
    new = {instance.key: instance.release or "" for instance in ended.now}
    for key in sorted(old.keys() | new.keys(), key=lambda key: (key[1], key[0], key[2])):
        component, host, unit = key
        now = NOT_REACHED if host in ended.unread else new.get(key, "")
        yield HostLine(host, component, unit, old.get(key, ""), now)


def _stage_line(name: str, expected: ExpectedLoss, ended: Ended) -> StageLine:
    times = [span.end - span.start for span in ended.spans if span.stage == name]
    seconds = round(sum(times), 1) if times else None
    losses = ended.account.stages if ended.account else ()
    loss = next((item for item in losses if item.stage == name), None)
    if loss is None:
        return StageLine(name, seconds, expected)
    return StageLine(
        stage=name,
        seconds=seconds,
        expected=expected,
        longest_gap_s=round(loss.longest_gap_s, 1),
        longest_gap_of=loss.longest_gap_of,
        missed=loss.missed,
        doubled=loss.doubled,
        late=loss.late,
        missed_most=loss.missed_most,
        doubled_most=loss.doubled_most,
    )


def _backlogs(readings: Sequence[Reading]) -> Iterator[Backlog]:
    first = min((reading.at for reading in readings), default=0.0)
    for queue in sorted({reading.subject for reading in readings}):
        own = sorted((item for item in readings if item.subject == queue), key=lambda r: r.at)
        depths = [int(reading.value) for reading in own]
        series = tuple((round(reading.at - first, 1), int(reading.value)) for reading in own)
        yield Backlog(queue, max(depths), depths[-1], sparkline(depths), series)


def _overhead(timing: Timing) -> Overhead:
    total = timing.ended - timing.begun
    return Overhead(
        seconds=round(max(0.0, total - timing.pending_s - timing.prefect_s), 1),
        allowed_s=round(ALLOWED_S + ALLOWED_S_PER_TASK_RUN * timing.task_runs, 1),
        total_s=round(total, 1),
        pending_s=round(timing.pending_s, 1),
        prefect_s=round(timing.prefect_s, 1),
        task_runs=timing.task_runs,
    )


def duration(seconds: float) -> str:
    """Seconds as a reader says them."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
