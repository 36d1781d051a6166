"""The time rule agrees with a walk along the contact's clock, on fresh random cases every run.

A failure prints its whole case; put it into test_timing_cases.py before mending the rule.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from sequences.rules.timing import Schedule, first_open, is_open
from tests.rules.oracle import Window, first_open_by_walking, reads_open

CASES_OF_EACH_KIND = {"ordinary days": 3_000, "clock change nights": 6_500, "fixed offsets": 1_000}
PARTS = 5

FROM, UNTIL = datetime(2000, 1, 1, tzinfo=UTC), datetime(2037, 12, 1, tzinfo=UTC)
# odd offsets, odd summer times, changes at midnight, skipped and moved days, Ramadan breaks, and plain ones
ZONES = [
    "Africa/Cairo", "Africa/Casablanca", "Africa/El_Aaiun", "America/Asuncion", "America/Caracas", "America/Havana",
    "America/Los_Angeles", "America/New_York", "America/Nuuk", "America/Santiago", "America/Sao_Paulo",
    "America/Scoresbysund", "America/St_Johns", "Antarctica/Troll", "Asia/Amman", "Asia/Beirut", "Asia/Gaza",
    "Asia/Hebron", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Pyongyang", "Asia/Tehran", "Asia/Tokyo", "Atlantic/Azores",
    "Australia/Adelaide", "Australia/Eucla", "Australia/Lord_Howe", "Australia/Sydney", "Europe/Dublin",
    "Europe/London", "Europe/Paris", "Pacific/Apia", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Fakaofo",
    "Pacific/Kiritimati", "Pacific/Marquesas", "Pacific/Norfolk", "UTC",
]  # fmt: skip


class Case(NamedTuple):
    instant: datetime
    window: Window
    weekdays: frozenset[int]
    zone: tzinfo


@cache
def clock_changes() -> list[tuple[ZoneInfo, datetime]]:
    """Each noon (UTC) before a change of a zone's offset."""
    changes = []
    for zone in map(ZoneInfo, ZONES):
        noon = FROM + timedelta(hours=12)
        while noon < UNTIL:
            tomorrow = noon + timedelta(days=1)
            if noon.astimezone(zone).utcoffset() != tomorrow.astimezone(zone).utcoffset():
                changes.append((zone, noon))
            noon = tomorrow
    return changes


def some_moment(rng: random.Random, base: datetime, within: timedelta) -> datetime:
    moment = base + rng.random() * within
    precision = rng.choice(("microsecond", "second", "minute", "quarter"))
    if precision == "microsecond":
        return moment
    if precision == "second":
        return moment.replace(microsecond=0)
    minute = moment.minute if precision == "minute" else moment.minute // 15 * 15
    return moment.replace(microsecond=0, second=0, minute=minute)


def some_window(rng: random.Random) -> Window:
    """Any time, or one that starts anywhere but mostly at night, short or long, a third of them over midnight."""
    if rng.random() < 0.15:
        return None
    grain = rng.choice((1, 5, 15, 30))
    start = rng.choice((rng.randrange(1440), rng.randrange(240), rng.randrange(1320, 1680))) % 1440 // grain * grain
    length = rng.choice((rng.randint(1, 1439), rng.randint(1, 60), 30, 60, 540))
    end = (start + length) % 1440
    return time(*divmod(start, 60)), time(*divmod(end, 60))


def some_weekdays(rng: random.Random) -> frozenset[int]:
    all_days = range(7)
    return frozenset(rng.choice((all_days, range(5), [rng.choice(all_days)], rng.sample(all_days, rng.randint(1, 7)))))


def ordinary_day(rng: random.Random) -> Case:
    instant = some_moment(rng, FROM, UNTIL - FROM)
    return Case(instant, some_window(rng), some_weekdays(rng), ZoneInfo(rng.choice(ZONES)))


def clock_change_night(rng: random.Random) -> Case:
    zone, noon = rng.choice(clock_changes())
    before = timedelta(days=rng.choice((0, 0, 0, 1, 7)))
    return Case(some_moment(rng, noon - before, timedelta(hours=36)), some_window(rng), some_weekdays(rng), zone)


def fixed_offset(rng: random.Random) -> Case:
    offset = timezone(timedelta(minutes=rng.choice((rng.randint(-899, 899), rng.randrange(-720, 841, 15)))))
    return Case(some_moment(rng, FROM, UNTIL - FROM), some_window(rng), some_weekdays(rng), offset)


KINDS: dict[str, Callable[[random.Random], Case]] = {
    "ordinary days": ordinary_day,
    "clock change nights": clock_change_night,
    "fixed offsets": fixed_offset,
}


def schedule_of(case: Case) -> Schedule:
    start, end = case.window or (None, None)
    return Schedule(timedelta(), start, end, sum(1 << day for day in case.weekdays))


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("kind", KINDS)
def test_the_rule_agrees_with_a_walk_along_the_clock(kind: str, part: int) -> None:
    seed = random.SystemRandom().getrandbits(32)
    rng = random.Random(seed)
    for number in range(CASES_OF_EACH_KIND[kind] // PARTS):
        case = KINDS[kind](rng)
        found = first_open(case.instant, schedule_of(case), case.zone)
        walked = first_open_by_walking(*case)
        assert found == walked, f"seed {seed}, case {number}: {case!r}: the rule says {found}, the walk {walked}"
        open_at_once = is_open(case.instant, schedule_of(case), case.zone)
        assert open_at_once == reads_open(*case), f"seed {seed}, case {number}: {case!r}"


@pytest.mark.parametrize(
    ("zone", "base"),
    [
        # offsets of -0:44:30, +0:19:32 and +0:09:21, and the moments at which they ended
        ("Africa/Monrovia", datetime(1972, 1, 6, 18, tzinfo=UTC)),
        ("Europe/Amsterdam", datetime(1937, 6, 30, 18, tzinfo=UTC)),
        ("Europe/Paris", datetime(1911, 3, 10, 18, tzinfo=UTC)),
    ],
)
def test_offsets_and_windows_with_seconds_agree_with_a_walk_by_seconds(zone: str, base: datetime) -> None:
    seed = random.SystemRandom().getrandbits(32)
    rng = random.Random(seed)
    for number in range(60):
        instant = some_moment(rng, base, timedelta(hours=8))
        opens = instant.astimezone(ZoneInfo(zone)).replace(microsecond=0) + timedelta(
            seconds=rng.randint(-1_800, 3_600)
        )
        closes = opens + timedelta(seconds=rng.randint(1_801, 40_000))
        case = Case(instant, (opens.time(), closes.time()), frozenset(range(7)), ZoneInfo(zone))
        found = first_open(case.instant, schedule_of(case), case.zone)
        walked = first_open_by_walking(*case, step=timedelta(seconds=1))
        assert found == walked, f"seed {seed}, case {number}: {case!r}: the rule says {found}, the walk {walked}"


def test_at_least_ten_thousand_cases_are_tried() -> None:
    assert sum(count // PARTS * PARTS for count in CASES_OF_EACH_KIND.values()) >= 10_000
