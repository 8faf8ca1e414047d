"""The picture of an account: whole, alone, harmless, and saying the same as the figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceilift.account import Account, Key, Learned, Span, account
from ceilift.record import Reading
from ceilift.report.canvas import LIGHT, MOST_MARKS, Scale, shortened
from ceilift.report.picture import MOST_ROWS, draw
from ceilift.state import Sample

SVG = "{http://www.w3.org/2000/svg}"
START = 1_790_000_000.0
SPANS = (
    Span("database", START + 30, START + 33),
    Span("collector", START + 33, START + 40),
    Span("notification", START + 40, START + 48),
    Span("polling", START + 48, START + 110),
    Span("api", START + 110, START + 111),
)


def polled(
    series: int = 2, *, missing: Sequence[float] = (), extra: Sequence[float] = (), late: float = 0
) -> Account:
    """Series polled every 10 s for 150 s; the first one lacks some polls and has some too many."""
    keys: list[Key] = [(f"meter{number:03}", f"resource{number}") for number in range(series)]
    samples = []
    for number, key in enumerate(keys):
        due = [float(at) for at in range(0, 150, 10) if number or at not in missing]
        moments = [*due, *(extra if not number else ())]
        samples += [Sample(*key, START + at, START + at + late, f"{number}-{at}") for at in moments]
    learned = dict.fromkeys(keys, Learned(10.0, configured=True))
    return account(samples, learned, SPANS, since=START, until=START + 150)


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own


def texts(svg: str) -> list[str]:
    return [item.text or "" for item in parsed(svg).iter(f"{SVG}text")]


def looking(svg: str, look: str) -> list[ET.Element]:
    return [item for item in parsed(svg).iter() if look in item.get("class", "").split()]


def test_it_stands_alone_and_is_as_wide_as_promised() -> None:
    svg = draw(polled(), (), SPANS)

    assert parsed(svg).get("width") == "900"
    assert re.findall(r"(?:href|src|url\(|@import|<script|<image|<foreignObject)", svg) == []
    assert re.findall(r"https?://[^\"]*", svg) == ["http://www.w3.org/2000/svg"]
    assert "prefers-color-scheme:dark" in svg


def test_every_look_has_its_colours() -> None:
    readings = [Reading(START + at, f"q{at}", 1.0) for at in range(7)]
    svg = draw(polled(missing=(50, 60), extra=(82,), late=20), readings, SPANS)
    styled = set(re.findall(r"\.([a-z0-9-]+)\{", svg))

    used = {look for item in parsed(svg).iter() for look in item.get("class", "").split()}

    assert used <= styled
    assert {f"s-{name}" for name in LIGHT} <= styled


def test_what_was_lost_is_marked_and_said() -> None:
    found = polled(missing=(50, 60), extra=(82,))
    svg = draw(found, (), SPANS)

    assert (found.missed, found.doubled) == (2, 1)
    assert texts(svg)[0] == "2 polls missed, 1 doubled, longest gap 30.0 s"
    gaps = [item for item in looking(svg, "gap") if item.find(f"{SVG}title") is not None]
    assert len(gaps) == 1
    (tip,) = (item.findtext(f"{SVG}title") or "" for item in gaps)
    assert tip.startswith("2 missed in 30.0 s from ")
    assert tip.endswith(", polling")
    assert "2 missed, gap 30 s" in texts(svg)
    assert "1 doubled" in texts(svg)
    assert "every poll once" in texts(svg)
    assert len(looking(svg, "doubled")) == 3  # its mark, its figure, and the key


def test_late_polls_are_marked() -> None:
    svg = draw(polled(series=1, late=20), (), SPANS)

    assert len(looking(svg, "s-late")) == 15 + 1
    assert "15 late" in texts(svg)


def test_the_worst_come_first_and_the_others_are_told_as_numbers() -> None:
    some = polled(series=60, missing=(50, 60))
    worst = some.series[0]
    shuffled = Account(
        some.since, some.until, (*some.series[1:], worst), some.stages, (), some.sent_twice
    )
    svg = draw(shuffled, (), SPANS)

    shown = [text for text in texts(svg) if text.startswith("meter")]
    assert len(shown) == MOST_ROWS
    assert shown[0] == worst.meter
    assert f"{60 - MOST_ROWS} more series are not drawn: every poll once" in texts(svg)


def test_what_others_lost_is_added_up() -> None:
    every = polled(series=1, missing=(50,)).series * (MOST_ROWS + 5)
    svg = draw(Account(START, START + 150, every, (), (), 0), (), SPANS)

    assert "5 more series are not drawn: 5 missed, 0 doubled in all" in texts(svg)


def test_the_axis_counts_from_the_first_stage_and_tells_the_time() -> None:
    said = texts(draw(polled(), (), SPANS))

    assert said.count("0 s") == 2  # under the series, and under the backlog
    assert {"-30 s", "+30 s", "+60 s"} <= set(said)
    assert "14:13:50" in said  # 30 s after START, UTC
    assert "0 s" in texts(draw(polled(), (), ()))


def test_names_of_stages_never_overlap_and_all_stand_there() -> None:
    svg = draw(polled(), (), SPANS)
    names = {span.stage for span in SPANS}

    places = [
        (float(item.get("x", 0)), float(item.get("y", 0)), item.text or "")
        for item in parsed(svg).iter(f"{SVG}text")
        if item.text in names
    ]

    assert {name for *_, name in places} == names
    for x, y, name in places:
        for other_x, other_y, _ in places:
            if other_y == y and other_x > x:
                assert other_x >= x + len(name) * 7


def test_queues_that_held_something_have_a_line_each() -> None:
    readings = [
        Reading(START + 40 + at, queue, depth)
        for queue, depths in (("metering.sample", (0, 90, 3)), ("quiet", (0, 0, 0)))
        for at, depth in enumerate(depths)
    ]
    svg = draw(polled(), readings, SPANS)

    lines = [item.get("d", "") for item in looking(svg, "thick")]
    assert [line.count("L") for line in lines if "L" in line] == [2]  # three readings, one line
    assert "metering.sample (peak 90)" in texts(svg)
    assert not any("quiet" in text for text in texts(svg))


def test_only_the_fullest_queues_are_drawn() -> None:
    readings = [Reading(START + 50, f"queue{number:02}", number + 1.0) for number in range(20)]
    said = texts(draw(polled(), readings, SPANS))

    shown = [text for text in said if text.startswith("queue")]
    assert shown == [f"queue{number} (peak {number + 1})" for number in (19, 18, 17, 16, 15)]
    assert "and 15 more" in said


@pytest.mark.parametrize(
    ("readings", "words"),
    [((), "not measured"), ((Reading(START, "q", 0.0),), "no queue held anything")],
)
def test_an_empty_backlog_says_why(readings: tuple[Reading, ...], words: str) -> None:
    assert words in texts(draw(polled(), readings, SPANS))


def test_it_stays_small_enough_to_be_part_of_a_page() -> None:
    day = 86_400
    samples = [Sample("m", "r", START + at, None, "") for at in range(0, day, 10)]
    learned = {("m", "r"): Learned(10.0, configured=True)}
    one = account(samples, learned, (), since=START, until=START + day)
    readings = [Reading(START + at, "q", at % 7) for at in range(0, day, 2)]

    svg = draw(Account(START, START + day, one.series * 200, (), (), 0), readings, ())

    assert len(svg) < 300_000


MOMENTS = st.floats(START - 1e6, START + 1e6)
ANY_TEXT = st.text(st.characters(codec=None), max_size=40)


@given(
    keys=st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=4, unique=True),
    moments=st.lists(MOMENTS, max_size=12),
    spans=st.lists(st.tuples(ANY_TEXT, MOMENTS, st.floats(0, 1e5)), max_size=6),
    readings=st.lists(st.tuples(MOMENTS, ANY_TEXT, st.integers(0, 10**9)), max_size=12),
    length=st.floats(0, 2e6),
)
def test_whatever_the_account_holds_it_is_well_formed(
    keys: list[Key],
    moments: list[float],
    spans: list[tuple[str, float, float]],
    readings: list[tuple[float, str, int]],
    length: float,
) -> None:
    stages = tuple(Span(name, begin, begin + took) for name, begin, took in spans)
    samples = [Sample(*key, at, at + 99, "x") for key in keys for at in moments]
    learned = dict.fromkeys(keys, Learned(10.0, configured=False))
    found = account(samples, learned, stages, since=START, until=START + length)

    svg = draw(found, [Reading(*each) for each in readings], stages)

    heights = [float(item.get("y", 0)) for item in parsed(svg).iter()]
    assert max(heights) <= float(parsed(svg).get("height", 0))
    assert "nan" not in svg
    assert all(item.get("d", "M0 0") != "M" for item in parsed(svg).iter())
    svg.encode("utf-8")


@given(since=MOMENTS, length=st.floats(0, 1e8), offset=st.floats(-1e4, 1e4))
def test_the_axis_is_never_crowded(since: float, length: float, offset: float) -> None:
    scale = Scale(since, since + length, since + offset, 0, 100)

    marks = list(scale.marks())

    assert len(marks) <= MOST_MARKS + 1
    assert all(scale.since - 1 <= mark <= scale.until for mark in marks)


def test_names_are_shortened_in_the_middle() -> None:
    assert shortened("abc", 100, 10) == "abc"
    assert shortened("abcdefghijklmnop", 60, 10) == "abcd\u2026lmnop"
