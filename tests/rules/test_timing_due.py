"""A countdown is elapsed time; what follows it is the window; and a wait always has its word."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from sequences.rules.timing import ALL_DAYS, Due, Schedule, due, weekday_mask, weekday_names, why_closed

PARIS = ZoneInfo("Europe/Paris")
TOKYO = ZoneInfo("Asia/Tokyo")
OFFICE_HOURS = (time(9), time(18))
NIGHT = (time(22), time(2))
WORKDAYS = weekday_mask(["mon", "tue", "wed", "thu", "fri"])
MONDAY_NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)  # 12:00 in Paris, 20:00 in Tokyo
TWO_HOURS = timedelta(hours=2)


def test_a_step_without_delay_is_due_at_once() -> None:
    assert due(MONDAY_NOON, Schedule(timedelta()), PARIS) == Due(MONDAY_NOON, MONDAY_NOON, "countdown")


def test_a_countdown_that_ends_inside_the_window_is_not_held() -> None:
    found = due(MONDAY_NOON, Schedule(TWO_HOURS, *OFFICE_HOURS), PARIS)
    assert found == Due(MONDAY_NOON + TWO_HOURS, MONDAY_NOON + TWO_HOURS, "countdown")
    assert not found.is_held


def test_the_same_step_is_held_overnight_in_tokyo() -> None:
    found = due(MONDAY_NOON, Schedule(TWO_HOURS, *OFFICE_HOURS), TOKYO)
    assert found == Due(MONDAY_NOON + TWO_HOURS, datetime(2026, 11, 24, 0, tzinfo=UTC), "outside_window")
    assert found.is_held


def test_a_closed_weekday_is_named() -> None:
    found = due(MONDAY_NOON, Schedule(timedelta(days=5), *OFFICE_HOURS, WORKDAYS), PARIS)
    assert found.at == datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert found.because == "weekday_closed"


def test_a_day_is_24_hours_also_when_the_clock_changes() -> None:
    saturday_noon = datetime(2026, 10, 24, 12, tzinfo=PARIS)
    found = due(saturday_noon, Schedule(timedelta(days=1)), PARIS)
    assert found.at == datetime(2026, 10, 25, 10, tzinfo=UTC)  # 11:00 in Paris
    assert found.at.tzinfo is UTC


def test_not_before_moves_the_moment_and_not_the_end_of_the_countdown() -> None:
    later = MONDAY_NOON + timedelta(hours=3)
    found = due(MONDAY_NOON, Schedule(TWO_HOURS, *OFFICE_HOURS), PARIS, not_before=later)
    assert found == Due(MONDAY_NOON + TWO_HOURS, later, "countdown")
    assert found.is_held


def test_not_before_counts_only_when_it_is_later() -> None:
    found = due(MONDAY_NOON, Schedule(TWO_HOURS), PARIS, not_before=MONDAY_NOON)
    assert found == Due(MONDAY_NOON + TWO_HOURS, MONDAY_NOON + TWO_HOURS, "countdown")


def test_not_before_outside_the_window_waits_for_the_next_opening() -> None:
    evening = datetime(2026, 11, 23, 19, tzinfo=UTC)
    found = due(MONDAY_NOON, Schedule(TWO_HOURS, *OFFICE_HOURS), PARIS, not_before=evening)
    assert found == Due(MONDAY_NOON + TWO_HOURS, datetime(2026, 11, 24, 8, tzinfo=UTC), "outside_window")


WHY = [
    # an allowed day, before and after its window
    (OFFICE_HOURS, "mon tue wed thu fri", "2026-11-23T07:00", "outside_window"),
    (OFFICE_HOURS, "mon tue wed thu fri", "2026-11-27T20:00", "outside_window"),
    # a closed day, also at an hour that would be inside
    (OFFICE_HOURS, "mon tue wed thu fri", "2026-11-28T12:00", "weekday_closed"),
    (OFFICE_HOURS, "mon tue wed thu fri", "2026-11-28T20:00", "weekday_closed"),
    # any time
    (None, "mon", "2026-11-24T00:00", "weekday_closed"),
    # over midnight: what is before the end belongs to the day before
    (NIGHT, "fri", "2026-11-27T01:00", "weekday_closed"),
    (NIGHT, "fri", "2026-11-27T12:00", "outside_window"),
    (NIGHT, "fri", "2026-11-28T02:00", "weekday_closed"),
    (NIGHT, "sun", "2026-11-23T12:00", "weekday_closed"),
    # up to midnight: no instant is before 00:00, so every instant belongs to its own day
    ((time(18), time(0)), "mon", "2026-11-24T00:00", "weekday_closed"),
]


@pytest.mark.parametrize(("window", "days", "wall", "why"), WHY)
def test_a_closed_instant_has_a_reason(window: tuple[time, time] | None, days: str, wall: str, why: str) -> None:
    start, end = window or (None, None)
    schedule = Schedule(timedelta(), start, end, weekday_mask(days.split()))
    assert why_closed(datetime.fromisoformat(wall).replace(tzinfo=PARIS), schedule, PARIS) == why


REFUSED = [
    ((time(9), time(9)), ALL_DAYS, timedelta(), "does not start when it ends"),
    ((time(9), None), ALL_DAYS, timedelta(), "both a start and an end"),
    ((None, time(9)), ALL_DAYS, timedelta(), "both a start and an end"),
    ((time(9, tzinfo=UTC), time(10)), ALL_DAYS, timedelta(), "no zone of its own"),
    ((None, None), 0, timedelta(), "1 to 7 weekdays"),
    ((None, None), 128, timedelta(), "1 to 7 weekdays"),
    ((None, None), ALL_DAYS, timedelta(seconds=-1), "never negative"),
]


@pytest.mark.parametrize(("window", "weekdays", "delay", "sentence"), REFUSED)
def test_an_impossible_schedule_is_refused(
    window: tuple[time | None, time | None], weekdays: int, delay: timedelta, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        Schedule(delay, *window, weekdays)


def test_weekdays_go_into_one_integer_and_come_back() -> None:
    for mask in range(ALL_DAYS + 1):
        assert weekday_mask(weekday_names(mask)) == mask
    assert weekday_mask(["sun", "mon", "sun"]) == 0b1000001
    assert weekday_names(0b1000001) == ["mon", "sun"]


def test_an_unknown_weekday_is_named() -> None:
    with pytest.raises(ValueError, match="'monday'"):
        weekday_mask(["mon", "monday"])
