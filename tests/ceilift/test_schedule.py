"""Windows open by the wall clock of their place, whatever clocks and calendars do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ceilift.schedule import Opening, Window, open_now, opens_next

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
BERLIN = ZoneInfo("Europe/Berlin")

moments = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)).map(  # noqa: DTZ001 - next line
    lambda found: found.replace(tzinfo=UTC)
)


def window(**given: object) -> Window:
    return Window.model_validate({"name": "nights", "duration_min": 180, **given})


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Windows that open once on some days, at any time, up to a day long."""
    hour, minute = draw(st.integers(0, 23)), draw(st.integers(0, 59))
    days = draw(st.sampled_from(["*", "1", "1-5", "0,6"]))
    names = {"*": "", "1": ";BYDAY=MO", "1-5": ";BYDAY=MO,TU,WE,TH,FR", "0,6": ";BYDAY=SU,SA"}
    rule = f"FREQ=DAILY{names[days]};BYHOUR={hour};BYMINUTE={minute};BYSECOND=0"
    when = {"cron": f"{minute} {hour} * * {days}"} if draw(st.booleans()) else {"rrule": rule}
    length = draw(st.integers(1, 24 * 60))
    first = draw(st.dates(date(2025, 1, 1), date(2027, 12, 1)))
    dark = [f"{first}/{first + timedelta(days=draw(st.integers(0, 3)))}"]
    return window(
        **when,
        duration_min=length,
        cutoff_min=draw(st.integers(0, length - 1)),
        time_zone=draw(st.sampled_from(ZONES)),
        blackout=dark if draw(st.booleans()) else [],
    )


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@given(windows(), moments)
def test_an_opening_holds_its_start_and_not_its_end(nights: Window, moment: datetime) -> None:
    found = nights.opens_after(moment)

    assert found is not None
    assert moment < found.start < found.end
    at_start = nights.open_at(found.start)
    assert at_start is not None
    assert at_start.end >= found.end
    later = nights.open_at(found.end)
    assert later is None or later.end > found.end


@given(windows(), moments)
def test_it_lasts_as_long_as_it_says_unless_a_blackout_cuts_it(
    nights: Window, moment: datetime
) -> None:
    found = nights.opens_after(moment)

    assert found is not None
    length = timedelta(minutes=nights.duration_min)
    assert found.end - found.start <= length
    if not nights.blackout:
        assert found.end - found.start == length
    assert found.end - found.cutoff == timedelta(minutes=nights.cutoff_min)


@given(windows(), moments)
def test_nothing_is_open_on_a_day_of_blackout(nights: Window, moment: datetime) -> None:
    found = nights.open_at(moment)
    day = moment.astimezone(nights.zone).date()

    if any(days.first <= day <= days.last for days in nights.blackout):
        assert found is None
    if found is not None:
        assert found.start <= moment < found.end


@given(windows(), moments)
def test_it_opens_at_its_hour_by_the_wall_clock_of_its_zone(
    nights: Window, moment: datetime
) -> None:
    start = next(nights.openings(moment, moment + timedelta(days=40))).start
    local = start.astimezone(nights.zone)
    minute, hour = _asked(nights)

    skipped = local.replace(tzinfo=None) != local.replace(hour=hour, minute=minute, tzinfo=None)
    if skipped:  # only where clocks were changed on that day, or a blackout ended
        day = local.replace(hour=0, minute=0)
        changed = (day + timedelta(days=1)).utcoffset() != (day - timedelta(days=1)).utcoffset()
        assert changed or local.replace(tzinfo=None).time() == datetime.min.time()


def _asked(nights: Window) -> tuple[int, int]:
    if nights.cron:
        minute, hour = nights.cron.split()[:2]
        return int(minute), int(hour)
    parts = dict(part.split("=") for part in (nights.rrule or "").split(";"))
    return int(parts["BYMINUTE"]), int(parts["BYHOUR"])


@pytest.mark.parametrize(
    "when", [{"cron": "30 2 * * *"}, {"rrule": "FREQ=DAILY;BYHOUR=2;BYMINUTE=30"}]
)
def test_a_start_that_clocks_skip_still_opens_that_night_once(when: dict[str, str]) -> None:
    nights = window(**when, duration_min=60, time_zone="Europe/Berlin")

    found = list(nights.openings(at("2026-03-29T00:00"), at("2026-03-29T23:00")))

    assert len(found) == 1
    assert found[0].start in (at("2026-03-29T03:00"), at("2026-03-29T03:30"))
    assert found[0].end - found[0].start == timedelta(hours=1)


@pytest.mark.parametrize(
    "when", [{"cron": "30 2 * * *"}, {"rrule": "FREQ=DAILY;BYHOUR=2;BYMINUTE=30"}]
)
def test_a_start_that_comes_twice_opens_once(when: dict[str, str]) -> None:
    nights = window(**when, duration_min=30, time_zone="Europe/Berlin")

    found = list(nights.openings(at("2026-10-25T00:00"), at("2026-10-25T23:00")))

    assert [one.start for one in found] == [at("2026-10-25T02:30")]


def test_a_window_over_midnight_is_open_on_both_days() -> None:
    nights = window(cron="0 22 * * FRI", time_zone="Europe/Berlin", duration_min=360)

    evening, morning = (
        nights.open_at(at("2026-12-04T23:59")),
        nights.open_at(at("2026-12-05T03:59")),
    )

    assert (
        evening
        == morning
        == Opening("nights", at("2026-12-04T22:00"), at("2026-12-05T04:00"), at("2026-12-05T04:00"))
    )
    assert nights.open_at(at("2026-12-05T04:00")) is None


def test_a_blackout_ends_a_window_at_midnight_and_lets_it_go_on_after() -> None:
    nights = window(cron="0 22 * * *", time_zone="Europe/Berlin", blackout=["2026-12-24"])

    found = list(nights.openings(at("2026-12-23T12:00"), at("2026-12-25T12:00")))

    spans = [(one.start, one.end) for one in found]
    assert spans == [
        (at("2026-12-23T22:00"), at("2026-12-24T00:00")),
        (at("2026-12-25T00:00"), at("2026-12-25T01:00")),
    ]


def test_a_rule_may_say_when_it_begins() -> None:
    second = window(rrule="DTSTART:20261201T220000\nRRULE:FREQ=WEEKLY;INTERVAL=2", time_zone="UTC")

    found = [
        one.start.isoformat()
        for one in second.openings(at("2026-11-01T00:00"), at("2026-12-31T00:00"))
    ]

    assert found == [
        "2026-12-01T22:00:00+00:00",
        "2026-12-15T22:00:00+00:00",
        "2026-12-29T22:00:00+00:00",
    ]


def test_a_rule_that_is_over_opens_no_more() -> None:
    past = window(rrule="DTSTART:20250101T220000\nRRULE:FREQ=DAILY;COUNT=3")

    assert past.opens_after(at("2026-01-01T00:00")) is None
    assert opens_next((past,), at("2026-01-01T00:00")) is None


def test_of_several_open_windows_the_one_that_admits_longest_counts() -> None:
    early = window(name="early", cron="0 1 * * *", duration_min=60)
    long = window(name="long", cron="0 0 * * *", duration_min=180, cutoff_min=30)
    moment = datetime(2026, 12, 1, 1, 30, tzinfo=UTC)

    found, following = open_now((early, long), moment), opens_next((early, long), moment)

    assert found is not None
    assert found.window == "long"
    assert following is not None
    assert (following.window, following.start.hour) == ("long", 0)
    assert open_now((early, long), moment.replace(hour=4)) is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "exactly one of cron, rrule"),
        ({"cron": "0 1 * * *", "rrule": "FREQ=DAILY"}, "exactly one of cron, rrule"),
        ({"cron": "0 1 * *"}, "five fields"),
        ({"cron": "0 25 * * *"}, "no cron line: bad hour"),
        ({"cron": "0 0 30 2 *"}, "no cron line"),
        ({"rrule": "FREQ=NEVER"}, "no recurrence rule"),
        ({"rrule": "FREQ=SECONDLY"}, "use one of FREQ=YEARLY"),
        ({"rrule": "DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY"}, "the zone as time_zone"),
        ({"cron": "0 1 * * *", "time_zone": "Mars/Olympus"}, "no time zone"),
        ({"cron": "0 1 * * *", "duration_min": 0}, "greater than or equal to 1"),
        ({"cron": "0 1 * * *", "cutoff_min": 180}, "leaves nothing"),
        ({"cron": "0 1 * * *", "blackout": ["24.12.2026"]}, "is no day"),
        ({"cron": "0 1 * * *", "blackout": ["2027-01-02/2026-12-24"]}, "ends before it begins"),
        ({"cron": "0 1 * * *", "name": "any-time"}, "take another name"),
    ],
)
def test_a_faulty_window_is_refused_in_words(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        window(**given)
