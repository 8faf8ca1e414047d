"""What a picture is drawn with: a scale of time, shapes, text, and colours for light and dark.

An SVG that stands alone: no script, no font, no image from elsewhere. Colours are given to classes
twice, the second time for readers who prefer dark; a viewer that knows no such preference shows the
light ones on their own light ground.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

WIDTH = 900
PER_CHARACTER = 0.6  # of the size of the type, in the widest of the usual fonts
MOST_MARKS = 7  # on the axis of time
NICE_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

LIGHT = {
    "ground": "#fcfcfb",
    "ink": "#1c1c1a",
    "quiet": "#63625d",
    "line": "#dddcd6",
    "poll": "#2a78d6",
    "missed": "#c62f2f",
    "doubled": "#6b3fc4",
    "late": "#a86e00",
    "queue0": "#2a78d6",
    "queue1": "#d9541e",
    "queue2": "#12905f",
    "queue3": "#b98200",
    "queue4": "#c94f83",
}
DARK = {
    "ground": "#1b1b19",
    "ink": "#f2f1ec",
    "quiet": "#b3b2aa",
    "line": "#3a3935",
    "poll": "#5a9ff0",
    "missed": "#f0706c",
    "doubled": "#ad95f5",
    "late": "#e0a63a",
    "queue0": "#5a9ff0",
    "queue1": "#f0834f",
    "queue2": "#35c48d",
    "queue3": "#e0b13a",
    "queue4": "#ec86b0",
}
QUEUES = sum(name.startswith("queue") for name in LIGHT)
FIXED = (
    "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif}"
    ".band{fill-opacity:.055}.other{fill-opacity:.13}.bar{fill-opacity:.45}"
    ".gap{fill-opacity:.2;stroke-width:1}.open{fill-opacity:0;stroke-width:2}"
    ".thin{fill:none;stroke-width:1}.thick{fill:none;stroke-width:2;stroke-linejoin:round}"
    ".strong{font-weight:600}"
)


@dataclass(frozen=True, slots=True)
class Scale:
    """Where moments (epoch seconds) lie between two edges of the picture, `zero` at `start`."""

    since: float
    until: float
    start: float
    left: float
    right: float

    def x(self, moment: float) -> float:
        """The place of a moment; what lies outside is put on the edge."""
        share = (moment - self.since) / max(self.until - self.since, 1e-9)
        return round(self.left + min(max(share, 0.0), 1.0) * (self.right - self.left), 1)

    def marks(self) -> Iterator[float]:
        """The moments of round seconds since the start, at most MOST_MARKS."""
        needed = (self.until - self.since) / MOST_MARKS
        days = -(-needed // NICE_S[-1]) * NICE_S[-1]
        step = next((nice for nice in NICE_S if nice >= needed), days)
        number = -((self.start - self.since) // step)
        while (moment := self.start + number * step) <= self.until:
            yield moment
            number += 1

    def seconds(self, moment: float) -> str:
        """How long after the start it is, as the axis says it."""
        after = round(moment - self.start)
        return f"{after:+} s" if after else "0 s"


def document(height: float, parts: Iterable[str], title: str) -> str:
    """The whole SVG. `title` is what is read out where it cannot be seen."""
    style = f"{FIXED}{_colours(LIGHT)}@media(prefers-color-scheme:dark){{{_colours(DARK)}}}"
    box = f'width="{WIDTH}" height="{height:g}" viewBox="0 0 {WIDTH} {height:g}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img">'
        f"<title>{safe(title)}</title><style>{style}</style>"
        f"{rect(0, 0, WIDTH, height, 'ground')}{''.join(parts)}</svg>\n"
    )


def safe(text: str) -> str:
    """Text as XML holds it; a character XML cannot hold becomes a question mark."""
    return escape(NO_XML.sub("?", text))


def shortened(text: str, width: float, size: float) -> str:
    """The text as far as it fits, with its middle left out: both ends tell things apart."""
    room = max(int(width / (size * PER_CHARACTER)), 3)
    if len(text) <= room:
        return text
    head = (room - 1) // 2
    return f"{text[:head]}\u2026{text[len(text) - (room - 1 - head) :]}"


def width_of(text: str, size: float) -> float:
    """About how wide the text is."""
    return len(text) * size * PER_CHARACTER


def fitting(text: str, width: float, size: float) -> float:
    """The size of type, `size` at most, in which the whole text fits."""
    return min(size, round(width / max(width_of(text, 1), 1), 1))


def words(
    x: float, y: float, text: str, size: float = 12, *, look: str = "ink", side: str = "start"
) -> str:
    """One line of text, its baseline at `y`."""
    anchor = "" if side == "start" else f' text-anchor="{side}"'
    return (
        f'<text class="{look}" x="{x:g}" y="{y:g}" font-size="{size:g}"{anchor}>{safe(text)}</text>'
    )


def rect(x: float, y: float, width: float, height: float, look: str, tip: str = "") -> str:
    """A box; `tip` is shown by a browser when it is pointed at."""
    shape = f'<rect class="{look}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
    return f"{shape}><title>{safe(tip)}</title></rect>" if tip else f"{shape}/>"


def path(steps: str, look: str) -> str:
    """A line or shape; nothing where it has no steps."""
    return f'<path class="{look}" d="{steps}"/>' if steps else ""


def ticks(places: Iterable[float], y: float, height: float, look: str) -> str:
    """Upright lines; those that would share one point of the picture are one."""
    each = dict.fromkeys(round(place) for place in places)
    return path("".join(f"M{place}.5 {y:g}v{height:g}" for place in each), f"thin s-{look}")


def diamond(x: float, y: float, size: float, look: str) -> str:
    """A filled square on its corner."""
    return path(
        f"M{x:g} {y - size:g}l{size:g} {size:g}l-{size:g} {size:g}l-{size:g}-{size:g}z", look
    )


def ring(x: float, y: float, size: float, look: str) -> str:
    """An open circle."""
    return f'<circle class="open s-{look}" cx="{x:g}" cy="{y:g}" r="{size:g}"/>'


def curve(points: Sequence[tuple[float, float]], look: str) -> str:
    """A line through points; one point alone is a short stroke, none is nothing."""
    places = "L".join(f"{x:g} {y:g}" for x, y in points)
    end = "h1" if len(points) == 1 else ""
    return path(f"M{places}{end}" if points else "", f"thick {look}")


def clock(moment: float) -> str:
    """The time of day in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%H:%M:%S")


def day(moment: float) -> str:
    """The date in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def _colours(colours: Mapping[str, str]) -> str:
    return "".join(f".{name}{{fill:{c}}}.s-{name}{{stroke:{c}}}" for name, c in colours.items())
