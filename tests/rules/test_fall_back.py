"""Whether a message goes to the same person elsewhere: the rule as a table, a row a case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channels.messages import ContentType, Route
from sequences.rules.fall_back import Elsewhere, other_way
from sequences.rules.policy import Decision, Facts, Hold, ReplyRule, Send, Skip, Stop, decide
from sequences.rules.reasons import Because, EndedBecause, Reason
from sequences.rules.steps import StepSettings, kinds_in
from sequences.rules.timing import Schedule

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(hours=24)
OPEN, CLOSED = ReplyRule(None), ReplyRule(DAY, last_interaction_at=NOW - 2 * DAY)
WITH_TEMPLATE = CLOSED._replace(after_24_hours="utility_template", has_utility_template=True)
MAIL, HOOK, PHONE = Elsewhere(7, "email", OPEN), Elsewhere(8, "webhook", OPEN), Elsewhere(9, "whatsapp", WITH_TEMPLATE)
STEP = StepSettings(1, Schedule(timedelta()), fall_back_to=("email", "webhook", "whatsapp"))
UPDATE = replace(STEP, content_type=ContentType.ACCOUNT_UPDATE)
FACTS = Facts(NOW, STEP, UTC, NOW - DAY, CLOSED, others=(MAIL, HOOK))

WAYS: list[tuple[StepSettings, tuple[Elsewhere, ...], tuple[int, Route] | None]] = [
    (STEP, (), None),  # nobody is linked
    (STEP, (HOOK, MAIL), (7, Route.MESSAGE)),  # the order is the message's, not the links'
    (replace(STEP, fall_back_to=("webhook",)), (MAIL, HOOK), (8, Route.MESSAGE)),
    (replace(STEP, fall_back_to=()), (MAIL, HOOK), None),  # nobody chose it
    (replace(STEP, fall_back_to=("sms",)), (MAIL, HOOK), None),  # not this kind
    (STEP, (replace(MAIL, may_be_written_to=False), HOOK), (8, Route.MESSAGE)),  # opted out there: the next one
    (STEP, (replace(MAIL, may_be_written_to=False),), None),
    (STEP, (replace(MAIL, reply_rule=CLOSED), HOOK), (8, Route.MESSAGE)),  # its window is closed, too
    (STEP, (PHONE,), None),  # an ordinary content type needs an open window
    (UPDATE, (PHONE,), (9, Route.UTILITY_TEMPLATE)),
    (STEP, (replace(MAIL, contact_id=5), MAIL), (5, Route.MESSAGE)),  # two of a kind: the first given
]


@pytest.mark.parametrize(("step", "others", "expected"), WAYS)
def test_where_else_a_message_goes(
    step: StepSettings, others: tuple[Elsewhere, ...], expected: tuple[int, Route] | None
) -> None:
    found = other_way(step, others, NOW)
    assert (found and (found[0].contact_id, found[1])) == expected


CLOSED_HERE, GONE_HERE = Reason.REPLY_WINDOW_CLOSED, Reason.CONTACT_GONE
OTHERWISE = replace(STEP, outside="hold")
DECISIONS: list[tuple[Facts, Decision]] = [
    (FACTS._replace(reply_rule=OPEN), Send(Route.MESSAGE)),  # here is first
    (FACTS, Send(Route.MESSAGE, 7, CLOSED_HERE)),
    (FACTS._replace(others=()), Skip(CLOSED_HERE)),
    (FACTS._replace(others=(), step=OTHERWISE), Hold(None, Because.REPLY_WINDOW_CLOSED)),
    (FACTS._replace(step=OTHERWISE), Send(Route.MESSAGE, 7, CLOSED_HERE)),  # elsewhere before the choice
    # The provider says it is closed, whatever we believe.
    (FACTS._replace(reply_rule=OPEN, refused=CLOSED_HERE), Send(Route.MESSAGE, 7, CLOSED_HERE)),
    # A wish is a wish: who opted out or blocked us here is followed nowhere.
    (FACTS._replace(has_opted_out=True), Stop(EndedBecause.OPTED_OUT, GONE_HERE)),
    (FACTS._replace(has_blocked=True), Stop(EndedBecause.BLOCKED, GONE_HERE)),
    # Gone without a wish.
    (FACTS._replace(reply_rule=OPEN, is_gone=True), Send(Route.MESSAGE, 7, GONE_HERE)),
    (FACTS._replace(is_gone=True, others=()), Stop(EndedBecause.CONTACT_GONE, GONE_HERE)),
    # A paused channel keeps its messages; where nobody is any more it does not matter.
    (FACTS._replace(is_channel_paused=True), Hold(None, Because.CHANNEL_PAUSED)),
    (FACTS._replace(is_channel_paused=True, is_gone=True), Send(Route.MESSAGE, 7, GONE_HERE)),
    (FACTS._replace(is_sequence_paused=True), Hold(None, Because.SEQUENCE_PAUSED)),
]


@pytest.mark.parametrize(("facts", "expected"), DECISIONS)
def test_what_becomes_of_a_message_that_may_go_elsewhere(facts: Facts, expected: Decision) -> None:
    assert decide(facts) == expected


@pytest.mark.parametrize(("stored", "kinds"), [("", ()), ("email", ("email",)), ("email,sms", ("email", "sms"))])
def test_kinds_are_kept_as_one_text(stored: str, kinds: tuple[str, ...]) -> None:
    assert kinds_in(stored) == kinds
