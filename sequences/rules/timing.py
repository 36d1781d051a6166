"""When a message goes: the first instant at or after the end of its countdown at which its send window is open.

An instant is open if the wall clock that the contact reads at that instant lies inside the window of an allowed opening
day. Everything about clock changes follows from this one sentence (product rule 2.5): see `first_open`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import NamedTuple

ALL_DAYS: int = 0b1111111
"""Weekdays are a bit mask in one integer; bit 0 is Monday."""

COUNTDOWN = "countdown"
OUTSIDE_WINDOW = "outside_window"
WEEKDAY_CLOSED = "weekday_closed"

_WEEKDAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MIDNIGHT = time()
_NO_WAIT = timedelta()
_DAY = timedelta(days=1)
# A clock that changes and changes back within one stride would be missed. The shortest such pair in the IANA database
# is just under 4 days (Africa/Freetown 1939), just under 7 since 2000 (read 2026-11-22, releases 2025b and 2026).
_STRIDE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The timing half of a step's settings: wait `delay`, then send inside [start, end) on the allowed weekdays.

    Both ends None: any time. End earlier than start: the window crosses midnight and belongs to the day it opened on.
    Raises ValueError for a negative delay, one end alone, start = end, ends with a zone, or a mask outside 1..127.
    """

    delay: timedelta
    window_start: time | None = None
    window_end: time | None = None
    weekdays: int = ALL_DAYS

    def __post_init__(self) -> None:
        if self.delay < _NO_WAIT:
            raise ValueError("the delay of a schedule is never negative")
        if not 1 <= self.weekdays <= ALL_DAYS:
            raise ValueError("a schedule has 1 to 7 weekdays")
        if self.window_start is None and self.window_end is None:
            return
        if self.window_start is None or self.window_end is None:
            raise ValueError("a send window has both a start and an end, or neither")
        if self.window_start.tzinfo is not None or self.window_end.tzinfo is not None:
            raise ValueError("a send window is read on the contact's clock and carries no zone of its own")
        if self.window_start == self.window_end:
            raise ValueError("a send window does not start when it ends")

    @property
    def is_always_open(self) -> bool:
        """At any time, on any day: no clock need be read."""
        return self.window_start is None and self.weekdays == ALL_DAYS

    @property
    def open_for(self) -> timedelta:
        """How long a day's window is open on a clock that does not change."""
        if self.window_start is None or self.window_end is None:
            return _DAY
        start, end = (datetime.combine(date.min, at) for at in (self.window_start, self.window_end))
        return (end - start) % _DAY


class Due(NamedTuple):
    """When a message goes, and the `next_because` word for what it waits for until then."""

    countdown_ends_at: datetime
    at: datetime
    because: str

    @property
    def is_held(self) -> bool:
        """Whether it goes later than its countdown alone would let it."""
        return self.at > self.countdown_ends_at


def due(countdown_starts_at: datetime, schedule: Schedule, zone: tzinfo, *, not_before: datetime | None = None) -> Due:
    """The first open instant once `delay` of elapsed time has passed, and not before `not_before`.

    `because` says why the window holds it; "countdown" when it does not, whichever of the two moments it then is.
    """
    countdown_ends_at = _in_utc(countdown_starts_at) + schedule.delay
    earliest = countdown_ends_at if not_before is None else max(countdown_ends_at, _in_utc(not_before))
    at = first_open(earliest, schedule, zone)
    because = COUNTDOWN if at == earliest else why_closed(earliest, schedule, zone)
    return Due(countdown_ends_at, at, because)


def first_open(instant: datetime, schedule: Schedule, zone: tzinfo) -> datetime:
    """The first open instant at or after `instant`, in UTC; `instant` itself, to the microsecond, when it is open.

    On a clock that never changes the answer is plain calendar arithmetic. So we ask that, and where the contact's clock
    changes before the answer is reached, we go to the instant of the change and ask again: gaps, repeated hours and
    skipped days need no cases of their own. Raises ValueError for a naive instant, OverflowError within about two weeks
    of the ends of Python's calendar (years 1 and 9999).
    """
    at = _in_utc(instant)
    if schedule.is_always_open:
        return at
    while True:
        wait = _wait_on_unchanging_clock(at.astimezone(zone), schedule)
        if not wait:
            return at
        change = _first_clock_change(at, at + wait, zone)
        if change is None:
            return at + wait
        at = change


def is_open(instant: datetime, schedule: Schedule, zone: tzinfo) -> bool:
    """Whether a message may go at this very instant."""
    return schedule.is_always_open or not _wait_on_unchanging_clock(_in_utc(instant).astimezone(zone), schedule)


def why_closed(instant: datetime, schedule: Schedule, zone: tzinfo) -> str:
    """The word for a closed instant: its opening day is not allowed, or it is and the hour lies outside the window."""
    wall = _in_utc(instant).astimezone(zone)
    start, end = schedule.window_start, schedule.window_end
    belongs_to_yesterday = start is not None and end is not None and wall.time() < end < start
    opening_weekday = (wall.weekday() - belongs_to_yesterday) % 7
    return OUTSIDE_WINDOW if schedule.weekdays >> opening_weekday & 1 else WEEKDAY_CLOSED


def weekday_mask(names: Iterable[str]) -> int:
    """The mask of "mon".."sun", in any order; raises ValueError for any other word."""
    chosen = set(names)
    if unknown := chosen.difference(_WEEKDAY_NAMES):
        raise ValueError(f"not a weekday: {sorted(unknown)}")
    return sum(1 << day for day, name in enumerate(_WEEKDAY_NAMES) if name in chosen)


def weekday_names(mask: int) -> list[str]:
    """The weekdays of a mask, Monday first."""
    return [name for day, name in enumerate(_WEEKDAY_NAMES) if mask >> day & 1]


def _in_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant without a zone is no instant")
    return instant.astimezone(UTC)


def _wait_on_unchanging_clock(wall: datetime, schedule: Schedule) -> timedelta:
    """How long until the window is open if the clock ran on as it runs at `wall`; zero when it is open now."""
    mask, weekday, clock = schedule.weekdays, wall.weekday(), wall.time()
    start, end = schedule.window_start, schedule.window_end
    is_allowed_today = mask >> weekday & 1
    if start is None or end is None:
        if is_allowed_today:
            return _NO_WAIT
        start = _MIDNIGHT
    elif start < end:
        if is_allowed_today and start <= clock < end:
            return _NO_WAIT
    elif (is_allowed_today and clock >= start) or (clock < end and mask >> (weekday - 1) % 7 & 1):
        return _NO_WAIT
    days = 0 if is_allowed_today and clock < start else _days_to_next(mask, weekday)
    hours, minutes, seconds = start.hour - clock.hour, start.minute - clock.minute, start.second - clock.second
    return timedelta(days, hours * 3600 + minutes * 60 + seconds, start.microsecond - clock.microsecond)


def _days_to_next(mask: int, weekday: int) -> int:
    """Days from a weekday to the next allowed one after it, 1..7: the lowest bit of the mask turned to tomorrow."""
    turned = mask >> weekday + 1 | mask << 6 - weekday
    return (turned & -turned).bit_length()


def _first_clock_change(after: datetime, until: datetime, zone: tzinfo) -> datetime | None:
    """The first instant in (after, until] at which the zone's offset changes: a whole second, as all IANA's are."""
    if isinstance(zone, timezone):
        return None
    offset = after.astimezone(zone).utcoffset()
    while after < until:
        probe = min(after + _STRIDE, until)
        if probe.astimezone(zone).utcoffset() != offset:
            return _bisect_clock_change(after, probe, zone)
        after = probe
    return None


def _bisect_clock_change(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The whole second at which the offset stops being what it is at `before`; at `after` it is another one."""
    offset = before.astimezone(zone).utcoffset()
    start = before.replace(microsecond=0)
    low, high = 0, int((after - start).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if (start + timedelta(seconds=middle)).astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return start + timedelta(seconds=high)
