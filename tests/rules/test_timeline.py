"""The preview's rule: what would happen, message after message."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from channels.messages import ContentType, Route
from sequences.rules.policy import ReplyRule
from sequences.rules.reasons import Reason
from sequences.rules.steps import StepSettings
from sequences.rules.timeline import Entry, Outcome, PlannedStep, timeline
from sequences.rules.timing import Schedule

PARIS = ZoneInfo("Europe/Paris")
NO_RULE = ReplyRule(length=None)
WEEKDAYS = 0b0011111
HOUR = timedelta(hours=1)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of June 2026 on the clock of Paris; 2026-06-01 is a Monday."""
    return datetime(2026, 6, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


def a_step(delay: timedelta = timedelta(), window: tuple[int, int] | None = None, **more) -> StepSettings:
    start, end = (time(window[0]), time(window[1])) if window else (None, None)
    schedule = Schedule(delay, start, end, more.pop("weekdays", 0b1111111))
    return StepSettings(id=1, schedule=schedule, **more)


def run(*steps: StepSettings, since: datetime, rule: ReplyRule = NO_RULE) -> tuple[Entry, ...]:
    return timeline([PlannedStep(index, step, rule) for index, step in enumerate(steps)], since, PARIS)


@pytest.mark.parametrize(
    ("step", "subscribed_at", "sends_at"),
    [
        (a_step(), at(1, 20), at(1, 20)),  # immediately, at any time
        (a_step(2 * HOUR), at(1, 20), at(1, 22)),  # feedback 2 hours after they talked
        (a_step(2 * HOUR, (9, 18)), at(1, 18), at(2, 9)),  # due at 20:00: kept until tomorrow morning 09:00
        (a_step(HOUR, (9, 18)), at(1, 16, 59), at(1, 17, 59)),  # the last minute is inside
        (a_step(HOUR, (9, 18)), at(1, 17), at(2, 9)),  # the end is not inside
        (a_step(HOUR, (9, 18), weekdays=WEEKDAYS), at(5, 19), at(8, 9)),  # due Friday 20:00: Monday 09:00
        (a_step(HOUR, weekdays=WEEKDAYS), at(6, 10), at(8, 0)),  # any time, weekend off: Monday 00:00
    ],
)
def test_the_articles_examples(step: StepSettings, subscribed_at: datetime, sends_at: datetime) -> None:
    (entry,) = run(step, since=subscribed_at)
    assert (entry.sends_at, entry.outcome, entry.route) == (sends_at, Outcome.SEND, Route.MESSAGE)
    assert entry.countdown_starts_at == subscribed_at
    assert entry.is_held == (sends_at != subscribed_at + step.schedule.delay)


def test_a_held_message_pushes_all_that_follow() -> None:
    first, second, third = run(a_step(window=(9, 18)), a_step(2 * HOUR), a_step(24 * HOUR), since=at(1, 20))
    assert (first.sends_at, first.is_held) == (at(2, 9), True)
    assert (second.countdown_starts_at, second.sends_at) == (at(2, 9), at(2, 11))
    assert third.sends_at == at(3, 11)


CLOSED = ReplyRule(timedelta(hours=24), "utility_template", at(1, 8))


@pytest.mark.parametrize(
    ("choice", "outcome", "next_outcome", "next_at"),
    [
        ("skip", Outcome.SKIP, Outcome.SKIP, at(3, 11)),  # the sequence goes on from the moment of the decision
        ("hold", Outcome.HOLD, Outcome.NOT_REACHED, None),  # nobody knows when they write
        ("stop", Outcome.STOP, Outcome.NOT_REACHED, None),  # there is nothing after the end
    ],
)
def test_where_no_route_remains_the_steps_own_choice_applies(choice, outcome, next_outcome, next_at) -> None:
    first, second = run(a_step(48 * HOUR, outside=choice), a_step(HOUR), since=at(1, 10), rule=CLOSED)
    assert (first.outcome, first.route, first.reason) == (outcome, None, Reason.REPLY_WINDOW_CLOSED)
    assert first.sends_at == at(3, 10)
    assert (second.outcome, second.sends_at) == (next_outcome, next_at)


@pytest.mark.parametrize(
    ("after", "route", "reason"),
    [
        ("utility_template", None, Reason.NO_UTILITY_TEMPLATE),
        ("message_tag", Route.MESSAGE_TAG, None),
        ("never", None, Reason.REPLY_WINDOW_CLOSED),
    ],
)
def test_after_24_hours_the_channels_setting_decides(after, route, reason) -> None:
    rule = ReplyRule(timedelta(hours=24), after, at(1, 8))
    step = a_step(timedelta(hours=22, seconds=1), content_type=ContentType.ACCOUNT_UPDATE)
    (entry,) = run(step, since=at(1, 10), rule=rule)
    assert (entry.route, entry.reason) == (route, reason)


def test_to_somebody_who_is_gone_nothing_is_sent() -> None:
    """Whatever the reply window says; the decision falls when the first message would have gone."""
    steps = [PlannedStep(index, a_step(HOUR), CLOSED) for index in (3, 4)]
    first, second = timeline(steps, at(1, 10), PARIS, is_contact_gone=True)
    assert (first.index, first.outcome, first.route, first.reason) == (3, Outcome.STOP, None, Reason.CONTACT_GONE)
    assert first.sends_at == at(1, 11)
    assert second == Entry(4, Outcome.NOT_REACHED)


def test_exactly_24_hours_is_still_inside() -> None:
    (entry,) = run(a_step(22 * HOUR), since=at(1, 10), rule=CLOSED)
    assert entry.route == Route.MESSAGE


def test_a_step_that_is_switched_off_is_no_part_of_it() -> None:
    entries = run(a_step(HOUR, is_open=False), a_step(HOUR), since=at(1, 10))
    assert [(entry.index, entry.sends_at) for entry in entries] == [(1, at(1, 11))]


def test_without_steps_nothing_happens() -> None:
    assert run(since=at(1, 10)) == ()
