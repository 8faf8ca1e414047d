"""Maintenance windows: when a cloud may be changed, by the wall clock of the window's place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from dateutil.rrule import rrule, rruleset, rrulestr
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

ANY_TIME = "any-time"
FIRST_DAY = datetime(2020, 1, 1)  # noqa: DTZ001 - by the wall clock; where Prefect's rrules start
HORIZON = timedelta(days=400)  # a yearly window opens within it
COARSE = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")


@dataclass(frozen=True, slots=True)
class Opening:
    """One time that a window is open: from `start`, up to and without `end` (both in UTC).

    What begins must be expected to end before `cutoff`, and nothing begins behind it.
    """

    window: str
    start: datetime
    end: datetime
    cutoff: datetime


@dataclass(frozen=True, slots=True)
class Days:
    """Days on which nothing may be changed: from the first to the last, both included."""

    first: date
    last: date


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        msg = f"there is no time zone {name!r}: use a name like Europe/Berlin, or UTC"
        raise ValueError(msg) from None
    return name


def _cron(text: str) -> str:
    if len(text.split()) != 5:  # noqa: PLR2004 - minute, hour, day, month, day of the week
        raise ValueError("a cron line has five fields: minute, hour, day, month, day of the week")
    try:
        CronSim(text, FIRST_DAY)
    except CronSimError as error:
        msg = f"{text!r} is no cron line: {str(error).lower()}"
        raise ValueError(msg) from None
    return text


def _rrule(text: str) -> str:
    try:
        _rules(text)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        msg = f"{text!r} is no recurrence rule (RFC 5545): {error}"
        raise ValueError(msg) from None
    kept = text.upper()
    if not any(f"FREQ={name}" in kept for name in COARSE):
        msg = f"use one of FREQ={', FREQ='.join(COARSE)}"
        raise ValueError(msg)
    if "TZID" in kept or "Z" in kept.partition("DTSTART")[2].partition("\n")[0]:
        raise ValueError("give DTSTART by the wall clock, and the zone as time_zone")
    return text


def _rules(text: str) -> rrule | rruleset:
    return rrulestr(text, dtstart=None if "DTSTART" in text.upper() else FIRST_DAY)


def _days(value: object) -> object:
    """Days from 2026-12-24, or from 2026-12-24/2027-01-02."""
    if isinstance(value, Days):
        return value
    first, slash, last = str(value).partition("/")
    try:
        found = Days(date.fromisoformat(first), date.fromisoformat(last if slash else first))
    except ValueError:
        msg = f"{value} is no day: write 2026-12-24, or 2026-12-24/2027-01-02 for several"
        raise ValueError(msg) from None
    if found.last < found.first:
        msg = f"{value} ends before it begins"
        raise ValueError(msg)
    return found


class Window(BaseModel):
    """A time that comes again, in which a cloud may be changed.

    It opens by a cron line or a recurrence rule (RFC 5545), by the wall clock of `time_zone`, and
    is open for `duration_min` minutes, however clocks change meanwhile. On days of `blackout`
    (that zone's) it is closed from midnight to midnight. `cutoff_min` minutes before its end
    everything must have come to a safe point.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")
    cron: Annotated[str, AfterValidator(_cron)] | None = None
    rrule: Annotated[str, AfterValidator(_rrule)] | None = None
    duration_min: int = Field(ge=1, le=7 * 24 * 60)
    time_zone: Annotated[str, AfterValidator(_time_zone)] = "UTC"
    cutoff_min: int = Field(default=0, ge=0)
    blackout: tuple[Annotated[Days, BeforeValidator(_days)], ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Window:
        if (self.cron is None) == (self.rrule is None):
            raise ValueError("give exactly one of cron, rrule")
        if self.cutoff_min >= self.duration_min:
            raise ValueError("cutoff_min leaves nothing of the window: make it smaller")
        if self.name == ANY_TIME:
            msg = f"{ANY_TIME!r} is what says that no window is kept to: take another name"
            raise ValueError(msg)
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose clocks and days count."""
        return ZoneInfo(self.time_zone)

    def openings(self, since: datetime, until: datetime) -> Iterator[Opening]:
        """The openings that end after `since` and start before `until`, by their starts.

        A blackout shortens an opening, or splits it.
        """
        length = timedelta(minutes=self.duration_min)
        for start in self._starts(since - length, until):
            for opening in self._lit(start, start + length):
                if opening.end > since and opening.start < until:
                    yield opening

    def open_at(self, moment: datetime) -> Opening | None:
        """The opening at that moment (the one that ends last, should several overlap)."""
        found = self.openings(moment, moment + timedelta(microseconds=1))
        return max(found, key=lambda one: one.end, default=None)

    def opens_after(self, moment: datetime) -> Opening | None:
        """The first opening that starts after that moment; None within a good year."""
        found = self.openings(moment, moment + HORIZON)
        return next((one for one in found if one.start > moment), None)

    def _starts(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """The scheduled starts in UTC, from `since` on and before `until`."""
        # A wall clock may be set back meanwhile: begin a day early, and drop what is too early.
        for start in self._wall_clock(since - timedelta(days=1)):
            if start >= until:
                return
            if start >= since:
                yield start

    def _wall_clock(self, since: datetime) -> Iterator[datetime]:
        local = since.astimezone(self.zone)
        if self.cron is not None:
            yield from (found.astimezone(UTC) for found in CronSim(self.cron, local))
            return
        for naive in _rules(self.rrule or "").xafter(local.replace(tzinfo=None), inc=True):
            # A time that clocks skip is taken as it would be without their change.
            yield naive.replace(tzinfo=self.zone).astimezone(UTC)

    def _lit(self, start: datetime, end: datetime) -> Iterator[Opening]:
        """What blackout leaves of an opening."""
        for dark, light in _dark(self.blackout, self.zone, start, end):
            if dark > start:
                yield self._opening(start, min(dark, end))
            start = max(start, light)
        if start < end:
            yield self._opening(start, end)

    def _opening(self, start: datetime, end: datetime) -> Opening:
        return Opening(self.name, start, end, end - timedelta(minutes=self.cutoff_min))


def _dark(
    blackout: tuple[Days, ...], zone: ZoneInfo, start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """The blackouts that touch the time between, from midnight to midnight, in UTC."""
    spans = (
        (_midnight(days.first, zone), _midnight(days.last + timedelta(days=1), zone))
        for days in blackout
    )
    return sorted(span for span in spans if span[0] < end and span[1] > start)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def open_now(windows: tuple[Window, ...], moment: datetime) -> Opening | None:
    """The opening, of any of these windows, that admits the longest at that moment."""
    found = [opening for one in windows if (opening := one.open_at(moment)) is not None]
    return max(found, key=lambda one: one.cutoff, default=None)


def opens_next(windows: tuple[Window, ...], moment: datetime) -> Opening | None:
    """The next opening of any of these windows after that moment."""
    found = [opening for one in windows if (opening := one.opens_after(moment)) is not None]
    return min(found, key=lambda one: one.start, default=None)
