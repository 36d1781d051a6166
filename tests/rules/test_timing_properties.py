"""What holds for every instant, schedule and zone, without knowing the answer."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from sequences.rules.timing import ALL_DAYS, Schedule, due, first_open, is_open, why_closed
from sequences.rules.zones import is_valid_zone

NAMES = sorted(filter(is_valid_zone, available_timezones()))

# from before the first standard times to as far as anybody plans
instants = st.datetimes(datetime(1850, 1, 1), datetime(2150, 1, 1), timezones=st.just(UTC))
offsets = st.integers(-899, 899).map(lambda minutes: timezone(timedelta(minutes=minutes)))
zones = st.one_of(st.sampled_from(NAMES).map(ZoneInfo), offsets)
windows = st.one_of(
    st.just((None, None)), st.tuples(st.times(), st.times()).filter(lambda window: window[0] != window[1])
)
delays = st.timedeltas(timedelta(), timedelta(days=365))


def build_schedule(delay: timedelta, window: tuple[time | None, time | None], weekdays: int) -> Schedule:
    return Schedule(delay, window[0], window[1], weekdays)


schedules = st.builds(build_schedule, delays, windows, st.integers(1, ALL_DAYS))
many = settings(max_examples=400, deadline=None, database=None)


@many
@given(instants, schedules, zones)
def test_the_answer_is_open_and_never_early(instant: datetime, schedule: Schedule, zone: tzinfo) -> None:
    found = first_open(instant, schedule, zone)
    assert found >= instant
    assert found.tzinfo is UTC
    assert is_open(found, schedule, zone)
    assert (found == instant) == is_open(instant, schedule, zone)


@many
@given(instants, schedules, zones)
def test_asking_again_gives_the_same_answer(instant: datetime, schedule: Schedule, zone: tzinfo) -> None:
    found = first_open(instant, schedule, zone)
    assert first_open(found, schedule, zone) == found


@many
@given(instants, st.timedeltas(timedelta(), timedelta(days=10)), schedules, zones)
def test_who_is_ready_later_never_goes_earlier(
    instant: datetime, later_by: timedelta, schedule: Schedule, zone: tzinfo
) -> None:
    assert first_open(instant, schedule, zone) <= first_open(instant + later_by, schedule, zone)


@many
@given(instants, st.floats(0, 1, exclude_max=True), schedules, zones)
def test_all_that_lies_before_the_answer_is_closed(
    instant: datetime, share: float, schedule: Schedule, zone: tzinfo
) -> None:
    found = first_open(instant, schedule, zone)
    before = instant + share * (found - instant)
    assert before >= found or not is_open(before, schedule, zone)


@many
@given(instants, schedules, zones)
def test_it_waits_two_weeks_and_a_day_at_most(instant: datetime, schedule: Schedule, zone: tzinfo) -> None:
    assert first_open(instant, schedule, zone) - instant <= timedelta(days=15)


@many
@given(instants, schedules, zones, st.none() | instants)
def test_a_wait_has_its_word(
    starts_at: datetime, schedule: Schedule, zone: tzinfo, not_before: datetime | None
) -> None:
    found = due(starts_at, schedule, zone, not_before=not_before)
    earliest = max(starts_at + schedule.delay, not_before or starts_at)
    assert found.countdown_ends_at == starts_at + schedule.delay
    assert found.at == first_open(earliest, schedule, zone)
    assert found.is_held == (found.at > found.countdown_ends_at)
    assert found.because == ("countdown" if found.at == earliest else why_closed(earliest, schedule, zone))


@many
@given(instants, zones, st.integers(1, ALL_DAYS), st.times(time(0, 1), time(23, 59)))
def test_any_time_is_the_two_halves_of_the_day_together(
    instant: datetime, zone: tzinfo, weekdays: int, noon: time
) -> None:
    halves = [Schedule(timedelta(), window[0], window[1], weekdays) for window in ((time(), noon), (noon, time()))]
    whole = Schedule(timedelta(), weekdays=weekdays)
    assert first_open(instant, whole, zone) == min(first_open(instant, half, zone) for half in halves)
