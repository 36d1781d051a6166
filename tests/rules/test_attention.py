"""What the first page warns of, and in which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sequences.rules.attention import Alarm, ChannelSeen, Seen, alerts, is_rising

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WELL = Seen(now=NOW)
PAGE = ChannelSeen(1, "Page")


def alarms(seen: Seen) -> list[Alarm]:
    return [alert.alarm for alert in alerts(seen)]


def test_all_is_well_says_nothing() -> None:
    assert alerts(replace(WELL, channels=(PAGE,), failed_last_hour=4, failed_before=100)) == []


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (replace(WELL, channels=(replace(PAGE, is_paused=True),)), Alarm.CHANNEL_PAUSED),
        # trouble is a moment: over when the moment is over
        (replace(WELL, channels=(replace(PAGE, trouble_until=NOW + timedelta(seconds=1)),)), Alarm.CHANNEL_TROUBLE),
        (replace(WELL, channels=(replace(PAGE, trouble_until=NOW),)), None),
        (replace(WELL, channels=(replace(PAGE, oldest_due_at=NOW - timedelta(minutes=3)),)), Alarm.LATE),
        (replace(WELL, channels=(replace(PAGE, oldest_due_at=NOW - timedelta(minutes=2)),)), None),  # about to leave
        # a paused channel's people are not late: the pause is what is wrong
        (
            replace(WELL, channels=(replace(PAGE, is_paused=True, oldest_due_at=NOW - timedelta(days=1)),)),
            Alarm.CHANNEL_PAUSED,
        ),
        (replace(WELL, failed_last_hour=5), Alarm.RISING),
        (replace(WELL, unknown=1), Alarm.UNKNOWN),
    ],
)
def test_each_trouble_rings_its_own_alarm(seen: Seen, expected: Alarm | None) -> None:
    assert alarms(seen) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("last_hour", "before", "expected"),
    [
        (4, 0, False),  # too few to run for
        (5, 0, True),
        (9, 69, False),  # three times the hourly mean of 3: not above it
        (10, 69, True),
        (50, 2300, False),  # a bad day, but no worse than before
    ],
)
def test_failures_rise_when_the_last_hour_stands_out(last_hour: int, before: int, expected: bool) -> None:
    assert is_rising(last_hour, before) is expected


def test_the_gravest_comes_first() -> None:
    late = replace(PAGE, id=2, oldest_due_at=NOW - timedelta(hours=1))
    seen = Seen(NOW, (late, replace(PAGE, is_paused=True)), failed_last_hour=9, unknown=2)
    assert alarms(seen) == [Alarm.CHANNEL_PAUSED, Alarm.LATE, Alarm.RISING, Alarm.UNKNOWN]
