"""Quarters of an hour since 1970: what databases count by, because a day of any zone consists of whole ones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

SECONDS = 900
# Beyond them a calendar has no day.
_EDGE = timedelta(days=2)


def slot_of(moment: datetime) -> int:
    return int(moment.timestamp()) // SECONDS


def day_of(slot: int, zone: tzinfo) -> date:
    """The day that the wall clock of `zone` shows in that quarter of an hour."""
    return datetime.fromtimestamp(slot * SECONDS, UTC).astimezone(zone).date()


def slots_of(first: date, last: date) -> tuple[int, int]:
    """The first and the last slot that any zone may count to one of these days."""
    begin = max(first, date.min + _EDGE) - _EDGE
    end = min(last, date.max - _EDGE) + _EDGE
    return slot_of(datetime.combine(begin, time.min, UTC)), slot_of(datetime.combine(end, time.min, UTC))
