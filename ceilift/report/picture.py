"""The account as a picture: when each series was polled, in which stage, and what waited meanwhile.

From top to bottom: the figures, the stages, a line of time for each of the worst series, the same
axis again under the backlog of the queues.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby

from ceilift.account import Account, SeriesAccount, Span
from ceilift.record import Reading
from ceilift.report.canvas import (
    QUEUES,
    WIDTH,
    Scale,
    clock,
    curve,
    day,
    diamond,
    document,
    fitting,
    path,
    rect,
    ring,
    safe,
    shortened,
    ticks,
    width_of,
    words,
)

Depths = dict[str, dict[float, float]]

MOST_ROWS = 24
LEFT, RIGHT, EDGE = 228.0, 758.0, 16.0
ROW, TICK, MARK = 30.0, 12.0, 5.0
DEPTH = 110.0  # of the backlog's part
LANE = 15.0
ACROSS = 3  # names of queues in one line
AXIS = 38.0
COUNTED_PX = 12.0  # a gap narrower than that has no room for its figure


def draw(account: Account, readings: Sequence[Reading], spans: Sequence[Span]) -> str:
    """One SVG that stands alone, 900 points wide, for light and dark.

    `readings` are depths of queues (messages), `spans` the stages in order of time. Zero of the
    axis is the start of the first stage; without stages it is where the account begins. At most
    MOST_ROWS series are drawn, the worst first; what the others lost is told as a number.
    """
    start = min((span.start for span in spans), default=account.since)
    scale = Scale(account.since, account.until, start, LEFT, RIGHT)
    series = sorted(account.series, key=_badness)
    names = list(_lanes(spans, scale))
    top = 96.0 + LANE * (1 + max((lane for *_, lane in names), default=0))
    rows = series[:MOST_ROWS]
    end = top + ROW * max(len(rows), 1) + 4
    queues = _depths(readings)
    named = LANE * -(-min(max(len(queues), 1), QUEUES + 1) // ACROSS)
    queues_top = end + AXIS + 18 * (len(series) > MOST_ROWS) + 48 + named
    parts = [
        *_heading(account),
        *_bands(spans, scale, top - 6, end),
        *_names(names, top),
        *_axis(scale, top - 2, end),
        *(part for at, item in enumerate(rows) for part in _row(item, scale, top + ROW * at)),
        "" if rows else words(EDGE, top + 20, "no polled series", look="quiet"),
        *_others(series[MOST_ROWS:], end + AXIS + 14),
        words(
            EDGE, queues_top - 18 - named, "Messages that waited on the bus", 14, look="ink strong"
        ),
        *_queue_names(queues, queues_top - 14, measured=bool(readings)),
        *_bands(spans, scale, queues_top, queues_top + DEPTH, bar=0),
        *_axis(scale, queues_top, queues_top + DEPTH),
        *_backlog(queues, scale, queues_top + DEPTH),
    ]
    return document(queues_top + DEPTH + AXIS + 8, parts, _figures(account))


def _badness(item: SeriesAccount) -> tuple[float | str, ...]:
    lost = (-item.missed, -len(item.doubles), -item.sent_twice, -len(item.late))
    return (*lost, -item.longest_gap_s, item.meter, item.resource)


def _figures(account: Account) -> str:
    longest = max((item.longest_gap_s for item in account.series), default=0.0)
    figures = f"{account.missed} polls missed, {account.doubled} doubled"
    return f"{figures}, longest gap {longest:.1f} s"


def _heading(account: Account) -> Iterator[str]:
    yield words(EDGE, 30, _figures(account), 18, look="ink strong")
    late = sum(len(item.late) for item in account.series)
    when = f"{day(account.since)} {clock(account.since)} to {clock(account.until)} UTC"
    counted = f"{len(account.series)} series, {account.sent_twice} rows sent twice, {late} late"
    yield words(EDGE, 50, f"{when}; {counted}", 12.5, look="quiet")
    yield from _legend(70)


def _legend(y: float) -> Iterator[str]:
    names, middle = ("poll", "polls missed in a gap", "doubled", "late"), y - 4
    widths = (44 + width_of(name, 12) for name in names[:-1])
    places = tuple(accumulate(widths, initial=EDGE))
    poll, gap, doubled, late = places
    yield ticks((poll, poll + 6, poll + 12), middle - TICK / 2, TICK, "poll")
    yield rect(gap, middle - 7, 14, 14, "missed gap s-missed")
    yield diamond(doubled + 7, middle, MARK, "doubled")
    yield ring(late + 7, middle, MARK - 1, "late")
    for name, x in zip(names, places, strict=True):
        yield words(x + 20, y, name, look="quiet")


def _lanes(spans: Sequence[Span], scale: Scale) -> Iterator[tuple[Span, float, int]]:
    """Each stage with the place of its name and the line it stands in: names never overlap.

    A name stands above all later ones that begin within it, so that no stroke from a name to its
    stage crosses another name.
    """
    later: list[tuple[float, int]] = []
    for span in sorted(spans, key=lambda item: item.start, reverse=True):
        x = scale.x(span.start)
        end = x + width_of(span.stage, 12) + 12
        lane = max((other + 1 for begin, other in later if begin < end), default=0)
        later.append((x, lane))
        yield span, x, lane


def _names(names: Sequence[tuple[Span, float, int]], top: float) -> Iterator[str]:
    for span, x, lane in names:
        y = top - 14 - LANE * lane
        yield path(f"M{x:g} {y - 9:g}V{top - 10:g}", "thin s-quiet")
        yield words(x + 4, y, span.stage, look="ink strong")


def _bands(
    spans: Sequence[Span], scale: Scale, top: float, bottom: float, bar: float = 4
) -> Iterator[str]:
    for number, span in enumerate(sorted(spans, key=lambda item: item.start)):
        x, look = scale.x(span.start), "other" if number % 2 else "band"
        width = max(scale.x(span.end) - x, 1.5)
        tip = f"{span.stage}: {span.end - span.start:.0f} s from {clock(span.start)}"
        yield rect(x, top, width, bottom - top, f"ink {look}", tip)
        yield rect(x, top - bar, width, bar, "ink bar") if bar else ""


def _axis(scale: Scale, top: float, bottom: float) -> Iterator[str]:
    """Round seconds since the start, with the time of day below."""
    moments = list(scale.marks())
    yield ticks(map(scale.x, moments), top, bottom - top, "line")
    yield path(f"M{LEFT:g} {bottom:g}H{RIGHT:g}", "thin s-quiet")
    for moment in moments:
        x = scale.x(moment)
        yield words(x, bottom + 16, scale.seconds(moment), 11.5, side="middle")
        yield words(x, bottom + 30, clock(moment), 11, look="quiet", side="middle")


def _row(item: SeriesAccount, scale: Scale, y: float) -> Iterator[str]:
    middle = y + ROW / 2
    yield f"<g><title>{safe(f'{item.meter} of {item.resource}')}</title>"
    yield words(EDGE, middle - 2, shortened(item.meter, LEFT - 26, 12), 12)
    yield words(EDGE, middle + 11, shortened(item.resource, LEFT - 26, 11), 11, look="quiet")
    yield path(f"M{LEFT:g} {middle:g}H{RIGHT:g}", "thin s-line")
    yield from _gaps(item, scale, middle)
    yield ticks(map(scale.x, item.timestamps), middle - TICK / 2, TICK, "poll")
    yield from (diamond(scale.x(at), middle, MARK, "doubled") for at in item.doubles)
    yield from (ring(scale.x(at), middle, MARK - 1, "late") for at in item.late)
    yield from _row_figures(item, middle)
    yield "</g>"


def _gaps(item: SeriesAccount, scale: Scale, middle: float) -> Iterator[str]:
    for gap in item.gaps:
        x, end = scale.x(gap.start), scale.x(gap.end)
        tip = f"{gap.missed} missed in {gap.seconds:.1f} s from {clock(gap.start)}, {gap.stage}"
        yield rect(x, middle - 8, max(end - x, 2), 16, "missed gap s-missed", tip)
        if end - x >= COUNTED_PX:
            number = str(gap.missed)
            yield words((x + end) / 2, middle + 4, number, 12, look="missed strong", side="middle")


def _row_figures(item: SeriesAccount, middle: float) -> Iterator[str]:
    """What this series lost, in words: the colours are not all there is to go by."""
    extra = [(len(item.doubles), "doubled"), (item.sent_twice, "twice"), (len(item.late), "late")]
    second = ", ".join(f"{count} {name}" for count, name in extra if count)
    x = RIGHT + 10
    if item.missed:
        first = f"{item.missed} missed, gap {item.longest_gap_s:.0f} s"
        y = middle - 2 if second else middle + 4
        yield words(x, y, first, fitting(first, WIDTH - x - 8, 11.5), look="missed strong")
    if second:
        y = middle + 11 if item.missed else middle + 4
        look = "doubled strong" if item.doubles else "late strong"
        yield words(x, y, second, fitting(second, WIDTH - x - 8, 11.5), look=look)
    if not (item.missed or second):
        yield words(x, middle + 4, "every poll once", 11.5, look="quiet")


def _others(others: Sequence[SeriesAccount], y: float) -> Iterator[str]:
    """What the series that are not drawn lost, as numbers."""
    if not others:
        return
    missed, doubled = sum(o.missed for o in others), sum(len(o.doubles) for o in others)
    lost = f"{missed} missed, {doubled} doubled in all" if missed or doubled else "every poll once"
    yield words(EDGE, y, f"{len(others)} more series are not drawn: {lost}", 12, look="quiet")


def _backlog(queues: Depths, scale: Scale, bottom: float) -> Iterator[str]:
    """One line for each queue that held anything, those with the highest peaks."""
    shown = list(queues.values())[:QUEUES]
    peak = max((max(depths.values()) for depths in shown), default=0.0)
    for depth in sorted({0.0, peak}):
        y = bottom - (DEPTH - 8) * (depth > 0)
        yield words(LEFT - 8, y + 4, f"{depth:g}", 11, look="quiet", side="end")
        yield path(f"M{LEFT:g} {y:g}H{RIGHT:g}", "thin s-line") if depth else ""
    for number, depths in enumerate(shown):
        yield curve(_points(depths, scale, bottom, (DEPTH - 8) / peak), f"s-queue{number}")


def _depths(readings: Sequence[Reading]) -> Depths:
    """Depth by moment for each queue that was not always empty, the highest peak first."""
    found: Depths = {}
    for item in sorted(readings, key=lambda reading: reading.at):
        found.setdefault(item.subject, {})[item.at] = item.value
    peaks = {queue: max(depths.values()) for queue, depths in found.items()}
    return {queue: found[queue] for queue in sorted(found, key=lambda q: -peaks[q]) if peaks[queue]}


def _points(
    depths: dict[float, float], scale: Scale, bottom: float, per_message: float
) -> list[tuple[float, float]]:
    """One point for each place of the picture, the deepest of those that share it."""
    inside = [(at, depth) for at, depth in depths.items() if scale.since <= at <= scale.until]
    by_place = groupby(inside, key=lambda one: round(scale.x(one[0])))
    return [
        (x, round(bottom - per_message * max(depth for _, depth in group), 1))
        for x, group in by_place
    ]


def _queue_names(queues: Depths, bottom: float, *, measured: bool) -> Iterator[str]:
    """The key to the lines, ACROSS in each line of text, the last one at `bottom`."""
    if not queues:
        nothing = "no queue held anything" if measured else "not measured"
        yield words(EDGE, bottom, nothing, look="quiet")
        return
    cells = list(queues.items())[: QUEUES + 1]
    width, lines = (WIDTH - 2 * EDGE) / ACROSS, -(-len(cells) // ACROSS)
    for number, (queue, depths) in enumerate(cells):
        line, column = divmod(number, ACROSS)
        x, y = EDGE + width * column, bottom - LANE * (lines - 1 - line)
        if number == QUEUES:
            yield words(x, y, f"and {len(queues) - QUEUES} more", look="quiet")
            return
        peak = f" (peak {max(depths.values()):g})"
        yield path(f"M{x:g} {y - 4:g}h16", f"thick s-queue{number}")
        room = width - 30 - width_of(peak, 12)
        yield words(x + 21, y, shortened(queue, room, 12) + peak)
