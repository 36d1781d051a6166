"""The worked cases of the time rule, and corners that they leave out, as tables."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sequences.rules.timing import ALL_DAYS, Schedule, first_open, is_open, weekday_mask, weekday_names

CASES = json.loads((Path(__file__).parent.parent / "cases" / "timing.json").read_text(encoding="utf-8"))["cases"]


def schedule(window: str, days: str = "") -> Schedule:
    """ "22:00-02:00" and "fri sat"; empty means any time, every day."""
    mask = weekday_mask(days.split()) if days else ALL_DAYS
    if not window:
        return Schedule(timedelta(), weekdays=mask)
    start, end = window.split("-")
    return Schedule(timedelta(), time.fromisoformat(start), time.fromisoformat(end), mask)


def schedule_of(case: dict[str, Any]) -> Schedule:
    window = f"{case['window_start']}-{case['window_end']}" if case["window_start"] else ""
    return schedule(window, " ".join(weekday_names(sum(1 << day for day in case["weekdays"]))))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_message_goes_at_the_first_open_instant(case: dict[str, Any]) -> None:
    zone = ZoneInfo(case["zone"])
    goes_at = first_open(datetime.fromisoformat(case["countdown_end"]), schedule_of(case), zone)
    assert goes_at == datetime.fromisoformat(case["expected_utc"])
    assert goes_at.tzinfo is UTC
    assert goes_at.astimezone(zone).isoformat() == case["expected_local"]


def test_all_worked_cases_are_read() -> None:
    assert len(CASES) >= 36


CORNERS = [
    # a window with seconds opens and closes on them
    ("Europe/Paris", "09:00:30-09:00:45", "", "2026-11-23T08:00:10Z", "2026-11-23T08:00:30Z"),
    ("Europe/Paris", "09:00:30-09:00:45", "", "2026-11-23T08:00:44.999999Z", "2026-11-23T08:00:44.999999Z"),
    ("Europe/Paris", "09:00:30-09:00:45", "", "2026-11-23T08:00:45Z", "2026-11-24T08:00:30Z"),
    # a held message goes on the second, whatever fraction the countdown ended on
    ("Europe/Paris", "09:00-18:00", "", "2026-11-23T07:59:59.999999Z", "2026-11-23T08:00:00Z"),
    # one microsecond before the clock changes is still before it
    ("Europe/Paris", "03:00-04:00", "", "2026-03-29T00:59:59.999999Z", "2026-03-29T01:00:00Z"),
    # both passes of 02:00-02:30 count, and 02:30 of the first pass is closed
    ("Europe/Paris", "02:00-02:30", "", "2026-10-24T23:00:00Z", "2026-10-25T00:00:00Z"),
    ("Europe/Paris", "02:00-02:30", "", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"),
    ("Europe/Paris", "02:00-02:30", "", "2026-10-25T01:30:00Z", "2026-10-26T01:00:00Z"),
    # the second pass is open although the window closed in the first: 01:30-02:10 and 02:05 read twice
    ("Europe/Paris", "01:30-02:10", "", "2026-10-25T00:10:00Z", "2026-10-25T01:00:00Z"),
    # Cuba falls back from 01:00 to 00:00: Sunday's window 00:00-00:30 opens twice
    ("America/Havana", "00:00-00:30", "sun", "2025-11-02T04:30:00Z", "2025-11-02T05:00:00Z"),
    # Brazil fell back from Sunday 00:00 to Saturday 23:00: Saturday goes on, and its last hour opens twice
    ("America/Sao_Paulo", "", "sat", "2018-02-18T02:30:00Z", "2018-02-18T02:30:00Z"),
    ("America/Sao_Paulo", "23:00-23:20", "sat", "2018-02-18T01:20:00Z", "2018-02-18T02:00:00Z"),
    # half an hour of summer time only: 02:15 does not exist, so the window opens at 02:30
    ("Australia/Lord_Howe", "02:15-04:00", "", "2026-10-03T12:00:00Z", "2026-10-03T15:30:00Z"),
    # a window wholly inside the gap of the only allowed weekday: a week later
    ("Europe/Paris", "02:10-02:50", "sun", "2026-03-28T12:00:00Z", "2026-04-05T00:10:00Z"),
    # a window over midnight whose opening falls into the gap at midnight opens at the end of the gap
    ("America/Santiago", "00:30-00:10", "sun", "2026-09-06T03:30:00Z", "2026-09-06T04:00:00Z"),
    # Samoa left out Friday 30 December 2011: Friday's night window is still read on Saturday morning
    ("Pacific/Apia", "22:00-02:00", "fri", "2011-12-30T09:00:00Z", "2011-12-30T10:00:00Z"),
    # Kwajalein left out Saturday 21 August 1993
    ("Pacific/Kwajalein", "09:00-10:00", "sat", "1993-08-21T00:00:00Z", "1993-08-27T21:00:00Z"),
    # offsets with seconds, before zones were standard
    ("Africa/Monrovia", "09:00-10:00", "", "1960-06-01T00:00:00Z", "1960-06-01T09:44:30Z"),
    # a summer time of one week: the wait begins before it and would end after it, but the hour comes round within it
    ("America/Boa_Vista", "23:30-23:45", "sat", "2000-10-08T03:50:00Z", "2000-10-15T02:30:00Z"),
    # a leap day in the far east, where it is over first, and in the far west
    ("Etc/GMT-14", "", "thu", "2028-02-29T12:00:00Z", "2028-03-01T10:00:00Z"),
    ("Etc/GMT+12", "", "tue", "2028-02-29T11:59:00Z", "2028-02-29T12:00:00Z"),
    # the far past and the far future are only dates
    ("Europe/Paris", "09:00-18:00", "mon", "0002-01-01T00:00:00Z", "0002-01-07T08:50:39Z"),
    ("Europe/Paris", "09:00-18:00", "mon", "9998-12-24T00:00:00Z", "9998-12-28T08:00:00Z"),
]


@pytest.mark.parametrize(("zone", "window", "days", "countdown_ends_at", "goes_at"), CORNERS)
def test_corners(zone: str, window: str, days: str, countdown_ends_at: str, goes_at: str) -> None:
    found = first_open(datetime.fromisoformat(countdown_ends_at), schedule(window, days), ZoneInfo(zone))
    assert found == datetime.fromisoformat(goes_at)
    assert is_open(found, schedule(window, days), ZoneInfo(zone))


def test_any_zone_of_the_instant_gives_the_same_answer_in_utc() -> None:
    in_new_york = datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/New_York"), fold=1)
    found = first_open(in_new_york, schedule(""), ZoneInfo("Europe/Paris"))
    assert (found, found.tzinfo) == (datetime(2026, 11, 1, 6, 30, tzinfo=UTC), UTC)


def test_a_fixed_offset_is_a_zone_too() -> None:
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    found = first_open(datetime(2026, 11, 23, 3, 0, tzinfo=UTC), schedule("09:00-18:00"), kathmandu)
    assert found == datetime(2026, 11, 23, 3, 15, tzinfo=UTC)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        first_open(datetime(2026, 11, 23), schedule(""), UTC)


def test_the_end_of_the_calendar_is_named() -> None:
    with pytest.raises(OverflowError):
        first_open(datetime(9999, 12, 31, 20, tzinfo=UTC), schedule("09:00-18:00"), UTC)
