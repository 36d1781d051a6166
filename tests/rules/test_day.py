"""The day in figures: in its own zone, each message once for each thing that is true of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sequences.rules.day import Coming, coming, day_of

PARIS = ZoneInfo("Europe/Paris")
MIDNIGHT = datetime(2026, 3, 2, tzinfo=PARIS)


def test_the_day_begins_at_midnight_of_its_own_zone() -> None:
    before, first = datetime(2026, 3, 1, 22, 59, tzinfo=UTC), datetime(2026, 3, 1, 23, 0, tzinfo=UTC)
    day = day_of([("sent", before), ("sent", first)], [before, first], start=MIDNIGHT)
    assert dict(day.totals) == {"sent": 1, "wrote": 1}
    assert dict(day.hours[0]) == {"sent": 1, "wrote": 1}


def test_who_read_a_message_got_it_and_what_was_got_was_sent() -> None:
    at = MIDNIGHT + timedelta(hours=9)
    states = ["sent", "delivered", "read", "skipped", "failed", "unknown", "waiting", "sending"]
    day = day_of([(state, at) for state in states], [], start=MIDNIGHT)
    assert dict(day.totals) == {"sent": 3, "delivered": 2, "read": 1, "skipped": 1, "failed": 1, "unknown": 1}


def test_what_comes_is_counted_once_where_it_comes_first() -> None:
    now = MIDNIGHT + timedelta(hours=12)
    moments = [
        now - timedelta(days=1),  # late
        now,  # due
        now + timedelta(hours=1),  # within an hour, to the second
        MIDNIGHT + timedelta(hours=23),  # later today
        MIDNIGHT + timedelta(days=1),  # tomorrow begins at midnight
    ]
    found = coming([(7, at) for at in moments], now=now, midnight=MIDNIGHT + timedelta(days=1))
    assert found == {7: Coming(due=2, within_hour=1, today=1, this_week=1)}
    assert found[7].total == len(moments)


def test_an_hour_that_crosses_midnight_counts_as_the_next_hour() -> None:
    now = MIDNIGHT - timedelta(minutes=30)
    assert coming([(7, MIDNIGHT)], now=now, midnight=MIDNIGHT) == {7: Coming(within_hour=1)}
