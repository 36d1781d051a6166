"""Product rule 3: whether a message goes. The table of all outcomes, then the order of the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import product
from typing import Any

import pytest

from channels.messages import ContentType, Route
from sequences.rules.policy import Decision, Facts, Hold, ReplyRule, Reschedule, Send, Skip, Stop, decide
from sequences.rules.reasons import Because, EndedBecause, Reason
from sequences.rules.steps import StepSettings
from sequences.rules.timing import Schedule, weekday_mask
from tests.outcome_table import CHOICES, CONTENT_TYPES, SETTINGS, WROTE, expected_outcome

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday
AT_ONCE = Schedule(timedelta(0))
MORNINGS = Schedule(timedelta(0), time(8), time(11))
STEP = StepSettings(1, AT_ONCE)
OPEN = ReplyRule(timedelta(hours=24), "never", NOON)
CLOSED = ReplyRule(timedelta(hours=24), "never", None)


def facts(**changes: Any) -> Facts:
    return Facts(NOON, STEP, UTC, NOON, OPEN)._replace(**changes)


MEANING: dict[str, Decision] = {
    "message": Send(Route.MESSAGE),
    "utility_template": Send(Route.UTILITY_TEMPLATE),
    "message_tag": Send(Route.MESSAGE_TAG),
    "skip reply_window_closed": Skip(Reason.REPLY_WINDOW_CLOSED),
    "skip no_utility_template": Skip(Reason.NO_UTILITY_TEMPLATE),
    "hold reply_window_closed": Hold(None, Because.REPLY_WINDOW_CLOSED),
    "hold no_utility_template": Hold(None, Because.REPLY_WINDOW_CLOSED),
    "stop reply_window_closed": Stop(EndedBecause.STOPPED_BY_STEP, Reason.REPLY_WINDOW_CLOSED),
    "stop no_utility_template": Stop(EndedBecause.STOPPED_BY_STEP, Reason.NO_UTILITY_TEMPLATE),
}


@pytest.mark.parametrize(
    ("content_type", "wrote", "setting", "choice"), list(product(CONTENT_TYPES, WROTE, SETTINGS, CHOICES))
)
def test_every_outcome_of_the_reply_window(content_type: str, wrote: str, setting: str, choice: str) -> None:
    ago, (after, has_template) = WROTE[wrote], SETTINGS[setting]
    rule = ReplyRule(timedelta(hours=24), after, None if ago is None else NOON - ago, has_template)
    step = replace(STEP, content_type=ContentType(content_type), outside=choice)
    expected = MEANING[expected_outcome(content_type, wrote, setting, choice)]
    assert decide(facts(step=step, reply_rule=rule)) == expected


def test_the_table_has_all_its_rows() -> None:
    assert len(CONTENT_TYPES) * len(WROTE) * len(SETTINGS) * len(CHOICES) == 4 * 4 * 4 * 3


@pytest.mark.parametrize("content_type", list(ContentType))
@pytest.mark.parametrize("after", ["utility_template", "message_tag", "never"])
def test_a_channel_without_the_rule_always_sends_a_plain_message(content_type: ContentType, after: str) -> None:
    rule = ReplyRule(None, after, None, has_utility_template=True)
    assert decide(facts(step=replace(STEP, content_type=content_type), reply_rule=rule)) == Send(Route.MESSAGE)


# Everything that can stand against a message, in the order in which it counts; each beats all behind it.
LATER = NOON + timedelta(hours=1)
OBSTACLES: list[tuple[str, dict[str, object], type]] = [
    ("0: the moment is later now", {"not_before_at": LATER}, Reschedule),
    ("1: the sequence is over", {"is_sequence_over": True}, Stop),
    ("1: the sequence is paused", {"is_sequence_paused": True}, Hold),
    ("2: they opted out", {"has_opted_out": True}, Stop),
    ("2: they blocked us", {"has_blocked": True}, Stop),
    ("3: outside the window", {"step": replace(STEP, schedule=MORNINGS)}, Hold),
    ("4: the channel is paused", {"is_channel_paused": True}, Hold),
    ("5: the reply window is closed", {"reply_rule": CLOSED}, Skip),
]


@pytest.mark.parametrize("first", range(len(OBSTACLES)), ids=[name for name, _, _ in OBSTACLES])
def test_an_earlier_rule_wins_over_all_later_ones(first: int) -> None:
    """Rule 3 needs a countdown that ended inside the window; then rule 0 alone does not put the row back."""
    began = {"countdown_started_at": NOON.replace(hour=9)}
    alone = decide(facts(**began, **OBSTACLES[first][1]))
    assert isinstance(alone, OBSTACLES[first][2])
    together: dict[str, object] = {}
    for _, change, _ in OBSTACLES[first:]:
        together.update(change)
    decided = decide(facts(**began, **together))
    if first == 0:  # the window of rule 3 moves the recomputed moment further still
        assert isinstance(decided, Reschedule)
    else:
        assert decided == alone


def test_who_opted_out_is_told_from_who_blocked() -> None:
    assert decide(facts(has_opted_out=True)) == Stop(EndedBecause.OPTED_OUT, Reason.CONTACT_GONE)
    assert decide(facts(has_blocked=True)) == Stop(EndedBecause.BLOCKED, Reason.CONTACT_GONE)
    assert decide(facts(is_sequence_over=True)) == Stop(EndedBecause.SEQUENCE_ARCHIVED)


def test_a_late_worker_holds_to_the_next_opening() -> None:
    """Due at 10:00, decided at noon, the window was from 8 to 11: tomorrow at 8, on a day that is open."""
    late = facts(step=replace(STEP, schedule=MORNINGS), countdown_started_at=NOON.replace(hour=10))
    assert decide(late) == Hold(datetime(2026, 11, 24, 8, tzinfo=UTC), Because.OUTSIDE_WINDOW)
    mondays = Schedule(timedelta(0), weekdays=weekday_mask(["mon"]))
    tuesday = facts(step=replace(STEP, schedule=mondays), now=NOON + timedelta(days=1))
    assert decide(tuesday) == Hold(datetime(2026, 11, 30, tzinfo=UTC), Because.WEEKDAY_CLOSED)


def test_an_edit_never_makes_a_message_early() -> None:
    longer = replace(STEP, schedule=Schedule(timedelta(hours=2)))
    decided = decide(facts(step=longer))
    assert isinstance(decided, Reschedule)
    assert decided.due.at == NOON + timedelta(hours=2)


def test_a_begun_sub_flow_waits_for_its_pause_only() -> None:
    begun = facts(step=replace(STEP, schedule=MORNINGS), has_begun=True, not_before_at=LATER)
    assert isinstance(decide(begun), Reschedule)
    assert decide(begun._replace(now=LATER)) == Send(Route.MESSAGE)


def test_a_held_message_waits_without_a_moment() -> None:
    """Only an event ends it: the reply, the resumed channel, the resumed sequence."""
    assert decide(facts(is_channel_paused=True)) == Hold(None, Because.CHANNEL_PAUSED)
    assert decide(facts(is_sequence_paused=True)) == Hold(None, Because.SEQUENCE_PAUSED)
    held = facts(step=replace(STEP, outside="hold"), reply_rule=CLOSED)
    assert decide(held) == Hold(None, Because.REPLY_WINDOW_CLOSED)
