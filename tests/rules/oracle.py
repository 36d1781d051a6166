"""The definition of an open instant taken literally: walk on in small steps and read the contact's clock at each.

Shares nothing with the rule: it takes plain values, lists the openings that could hold a wall-clock reading as
intervals between two dated readings, and knows nothing of clock changes. Exact as long as the zone's offsets and
changes and the window's ends are all multiples of `step`; offsets have been whole minutes everywhere since 1972.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

ONE_DAY = timedelta(days=1)
ONE_MINUTE = timedelta(minutes=1)
FAR_ENOUGH = timedelta(days=15)

Window = tuple[time, time] | None
Opening = tuple[datetime, datetime]


def openings_around(day: date, window: Window, weekdays: frozenset[int]) -> list[Opening]:
    """The openings of the day before and of the day itself, as far as their weekdays are allowed."""
    openings = []
    for opening_day in (day - ONE_DAY, day):
        if opening_day.weekday() not in weekdays:
            continue
        start, end = window if window is not None else (time(0, 0), time(0, 0))
        closing_day = opening_day if end > start else opening_day + ONE_DAY
        openings.append((datetime.combine(opening_day, start), datetime.combine(closing_day, end)))
    return openings


def reads_open(instant: datetime, window: Window, weekdays: frozenset[int], zone: tzinfo) -> bool:
    """Whether the wall clock, as read at this instant, lies inside the window of an allowed opening day."""
    reading = instant.astimezone(zone).replace(tzinfo=None)
    return any(start <= reading < end for start, end in openings_around(reading.date(), window, weekdays))


def first_open_by_walking(
    instant: datetime, window: Window, weekdays: frozenset[int], zone: tzinfo, step: timedelta = ONE_MINUTE
) -> datetime:
    """The instant itself, else the first whole step after it, that reads open."""
    if reads_open(instant, window, weekdays, zone):
        return instant
    midnight = instant.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + ((instant - midnight) // step + 1) * step
    day, openings = date.min, list[Opening]()
    while at - instant < FAR_ENOUGH:
        reading = at.astimezone(zone).replace(tzinfo=None)
        if reading.date() != day:
            day = reading.date()
            openings = openings_around(day, window, weekdays)
        for start, end in openings:
            if start <= reading < end:
                return at
        at += step
    raise AssertionError(f"nothing opens within {FAR_ENOUGH} of {instant} in {zone}: {window}, {sorted(weekdays)}")
