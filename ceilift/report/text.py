"""The report in Markdown: for the terminal, the Prefect UI and whoever was asleep."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence

from ceilift.record import NodeState, NodeStatus
from ceilift.report.data import Overhead, Report, StageLine
from ceilift.report.make import duration

NOT_DONE = (
    NodeStatus.FAILED,
    NodeStatus.PAUSED,
    NodeStatus.UNKNOWN,
    NodeStatus.RUNNING,
    NodeStatus.NOT_STARTED,
)
NOT_YET = "What was lost is accounted for by the run that finishes the upgrade."
SHOWN = 40  # rows of one table; the rest is counted


def report_to_markdown(report: Report, *, picture: bool = False) -> str:
    """The whole report as one Markdown text; with its picture in it for readers that show it."""
    parts = [
        f"# {report.headline}",
        f"Plan {report.plan_hash}, path {report.path}.",
        *_not_done(report),
        *_restored(report),
        *_hosts(report),
        *_stages(report),
        *(_picture(report) if picture else ()),
        *_backlogs(report),
        *_exceptions(report),
        _overhead(report.overhead),
        f"Next: `{report.next_command}`" if report.next_command else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _not_done(report: Report) -> Iterator[str]:
    """What failed, waits, is unknown or was not started, each with its last words."""
    counted = ", ".join(f"{count} {status}" for status, count in report.counts.items())
    yield f"Steps and gates: {counted or 'none'}."
    for status in NOT_DONE:
        found = [node for node in report.nodes if node.status is status]
        if found:
            lines = "\n".join(_limited(_node_line(node) for node in found))
            yield f"## {status.value.capitalize()}\n\n{lines}"


def _node_line(node: NodeState) -> str:
    words = f": {_cell(node.detail)}" if node.detail else ""
    place = f" on {node.host}" if node.host else ""
    return f"- {node.node}{place}{words}"


def _restored(report: Report) -> Iterator[str]:
    """What a restore of the database brought back and took, and where that still is."""
    if report.restored:
        lines = (
            f"- {one.node}: {one.status.value}{f', {_cell(one.detail)}' if one.detail else ''}"
            for one in report.restored
        )
        yield "## The database's restore\n\n" + "\n".join(lines)


def _hosts(report: Report) -> Iterator[str]:
    if report.hosts:
        rows = (
            (line.host, line.component, line.unit, line.before or "-", line.now or "-")
            for line in report.hosts
        )
        yield "## Releases\n\n" + _table(("host", "component", "unit", "before", "now"), rows)


def _stages(report: Report) -> Iterator[str]:
    """Loss per stage next to what the plan expected; per series, as the plan states it."""
    lines = [*report.stages, *([report.outside] if report.outside else [])]
    titles = ("stage", "time", "longest gap", "missed", "doubled", "late", "gap of")
    yield "## Stages, and what they cost\n\n" + _table(titles, map(_stage_row, lines))
    yield (
        "Missed and doubled: the most that any one meter and resource suffered, beside what the"
        " plan expected, then the sum over all. Late: stored more than one interval after it was"
        " measured. Planned losses: " + (_reasons(report) or "none") + "."
    )
    if report.account is None:
        yield NOT_YET if report.outcome != "done" else "Samples could not be accounted for."
    else:
        yield _accounted(report)


def _reasons(report: Report) -> str:
    return "; ".join(
        f"{line.stage}: {line.expected.why}" for line in report.stages if line.expected.why
    )


def _accounted(report: Report) -> str:
    account = report.account
    if account is None:
        return ""
    left_out = f"; {len(account.unaccounted)} too short to judge" if account.unaccounted else ""
    return (
        f"Accounted for {len(account.series)} series{left_out}: {account.missed} missed,"
        f" {account.doubled} doubled, {account.sent_twice} rows sent twice."
    )


def _stage_row(line: StageLine) -> tuple[str, ...]:
    expected = line.expected
    return (
        line.stage,
        "-" if line.seconds is None else duration(line.seconds),
        _gap(line.longest_gap_s, expected.longest_gap_s),
        _figure(line.missed_most, expected.missed, line.missed),
        _figure(line.doubled_most, expected.doubled, line.doubled),
        "-" if line.late is None else str(line.late),
        line.longest_gap_of or "-",
    )


def _gap(seconds: float | None, expected: float) -> str:
    """A stage without a planned pause has the interval itself as its longest gap."""
    planned = f" ({expected:g} s planned)" if expected else ""
    return ("-" if seconds is None else f"{seconds:g} s") + planned


def _figure(most: int | None, expected: int, total: int | None) -> str:
    return (
        f"- ({expected} planned)"
        if most is None
        else f"{most} ({expected} planned), {total} in all"
    )


def _picture(report: Report) -> Iterator[str]:
    """The picture inside the text itself: nothing has to be fetched from anywhere."""
    if report.picture:
        data = base64.b64encode(report.picture.encode()).decode()
        words = "when each series was polled, stage by stage, and what waited on the bus"
        yield f"## Picture\n\n![{words}](data:image/svg+xml;base64,{data})"


def _backlogs(report: Report) -> Iterator[str]:
    busy = [item for item in report.backlogs if item.peak]
    if busy:
        width = max(len(item.queue) for item in busy)
        lines = [
            f"{item.queue:{width}} {item.picture} peak {item.peak}, at the end {item.last}"
            for item in busy
        ]
        yield "## Backlog over time\n\n```\n" + "\n".join(lines) + "\n```"


def _exceptions(report: Report) -> Iterator[str]:
    if report.accepted:
        lines = (f"- {item.id}: {_cell(item.reason)}" for item in report.accepted)
        yield "## Findings accepted\n\n" + "\n".join(lines)
    if report.asides:
        lines = (
            f"- {item.host}, since {item.at}: {_cell(item.reason)}; open until seen at {item.to}"
            " or retired"
            for item in report.asides
        )
        yield "## Hosts set aside, still open\n\n" + "\n".join(lines)


def _overhead(found: Overhead) -> str:
    verdict = "within" if found.within else "above"
    return (
        f"Orchestration overhead: {found.seconds:g} s of {found.total_s:g} s, {verdict} the"
        f" {found.allowed_s:g} s allowed for {found.task_runs} task runs; Prefect's own start:"
        f" {found.prefect_s:g} s, apart."
    )


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = [f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}"]
    body = _limited(f"| {' | '.join(map(_cell, row))} |" for row in rows)
    return "\n".join([*head, *body])


def _limited(lines: Iterable[str]) -> list[str]:
    found = list(lines)
    hidden = len(found) - SHOWN
    return found if hidden <= 0 else [*found[:SHOWN], f"... and {hidden} more (`--format json`)"]


def _cell(text: str) -> str:
    """One line that does not end a table's cell."""
    return " ".join(text.replace("|", "\\|").split())
