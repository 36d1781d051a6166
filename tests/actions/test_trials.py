"""A test obeys the rules, says what happened, and leaves no trace in what counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.events import Echo, MessageReceipt, ReceiptKind
from channels.messages import Answer, DoorResult, HttpCall, Lost, Unreached
from channels.models import Channel, Contact
from channels.sandbox import show_messages
from channels.transports import Doors, HttpDoor, LocalDoor
from channels.transports.addresses import AddressRules
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.refusals import Conflict
from sequences.actions.carry_out_trial import carry_out_trial, finish_lost_trials, forget_trials
from sequences.actions.housekeeping import keep_house
from sequences.actions.receipts import receive
from sequences.actions.request_trial import MOST_AT_ONCE, request_trial
from sequences.models import (
    Delivery,
    EarlyReceipt,
    SentPart,
    Sequence,
    Step,
    Subscription,
    Trial,
    TrialPart,
    TrialPartState,
    TrialState,
)
from tests.actions.cast import a_page
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow, a_workspace
from tests.doubles.graph import GraphDouble
from tests.engine import MONDAY_NOON, Clock, texts_shown_to

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def doors() -> Iterator[Doors]:
    opened = Doors(
        http=HttpDoor(allow=AddressRules(is_open=True), timeout=5.0),
        local=LocalDoor(lambda batch: show_messages(batch, now=MONDAY_NOON)),
    )
    yield opened
    opened.close()


class BrokenLine:
    """The way out, as it breaks: every call comes back with the same result."""

    def __init__(self, result: DoorResult) -> None:
        self.result = result
        self.calls: list[object] = []
        self._waiting: list[object] = []

    @property
    def in_flight(self) -> int:
        return len(self._waiting)

    def start(self, ticket: object, call: object) -> None:
        self.calls.append(call)
        self._waiting.append(ticket)

    def poll(self, timeout: float) -> list[tuple[object, DoorResult]]:
        answers = [(ticket, self.result) for ticket in self._waiting]
        self._waiting = []
        return answers


def asked(sequence: Sequence, contact: Contact, *, step: Step | None = None, token: str = "a" * 16) -> Trial:
    return request_trial(sequence, step, contact, token=token, now=MONDAY_NOON, actor=SYSTEM)[0]


def lea_of(channel: Channel | None = None, **fields) -> Contact:
    return a_contact(channel, **{"first_name": "Léa", "last_interaction_at": MONDAY_NOON, **fields})


def outcome(trial: Trial) -> list[tuple[str, str]]:
    return list(trial.parts.order_by("place").values_list("state", "reason"))


def messenger(workspace=None) -> Channel:
    credentials = {"page_access_token": "token", "app_secret": "secret", "verify_token": "v"}
    return a_channel(workspace, "messenger", credentials, settings={"page_id": "1"})


def test_the_whole_sequence_goes_at_once_whatever_its_countdowns_say(doors: Doors):
    lea = lea_of()
    hello = a_sub_flow(lea.workspace, 'Hello {{ first_name|default:"you" }}')
    steps: list[dict[str, Any]] = [
        {"sub_flow": hello},
        {"delay_amount": 9, "delay_unit": "days"},
        {"is_enabled": False},
    ]
    trial = asked(a_sequence(lea.workspace, steps, state="draft"), lea)
    assert carry_out_trial(trial.pk, doors, Clock())
    assert texts_shown_to(lea) == ["Hello Léa", "Hello!"]
    assert outcome(trial) == [("sent", ""), ("sent", "")]
    trial.refresh_from_db()
    assert trial.state == TrialState.DONE


def test_one_message_alone_may_be_one_that_is_switched_off(doors: Doors):
    lea = lea_of()
    sequence = a_sequence(lea.workspace, [{}, {"sub_flow": a_sub_flow(lea.workspace, "Off"), "is_enabled": False}])
    trial = asked(sequence, lea, step=sequence.steps.get(is_enabled=False))
    carry_out_trial(trial.pk, doors, Clock())
    assert texts_shown_to(lea) == ["Off"]


def test_it_moves_no_counters_and_makes_nobody_a_subscriber(doors: Doors):
    lea = lea_of()
    trial = asked(a_sequence(lea.workspace, [{}, {}]), lea)
    carry_out_trial(trial.pk, doors, Clock())
    assert [model.objects.count() for model in (Subscription, Delivery, SentPart)] == [0, 0, 0]


def test_actions_and_pauses_are_left_out_and_said(doors: Doors):
    lea = lea_of()
    blocks = [
        {"type": "action", "action": "add_tag", "tag": "vip"},
        {"type": "pause", "seconds": 60},
        {"type": "text", "text": "Hi"},
    ]
    trial = asked(a_sequence(lea.workspace, [{"sub_flow": a_sub_flow(lea.workspace, blocks=blocks)}]), lea)
    carry_out_trial(trial.pk, doors, Clock())
    assert outcome(trial) == [("left_out", "test_action"), ("left_out", "test_pause"), ("sent", "")]
    assert Contact.objects.get(pk=lea.pk).tags == []


@pytest.mark.parametrize(
    ("person", "channel", "step", "expected"),
    [
        ({"last_interaction_at": MONDAY_NOON - timedelta(hours=25)}, {}, {}, "reply_window_closed"),
        ({"last_interaction_at": None}, {}, {"outside_reply_window": "hold"}, "reply_window_closed"),
        ({"last_interaction_at": None}, {}, {"outside_reply_window": "stop"}, "reply_window_closed"),
        # A content type needs a template after 24 hours on such a channel, and the sub-flow has none.
        (
            {"last_interaction_at": None},
            {"settings": {"after_24_hours": "utility_template"}},
            {"content_type": "account_update"},
            "no_utility_template",
        ),
        ({"opted_out_at": MONDAY_NOON}, {}, {}, "opted_out"),
        ({"blocked_at": MONDAY_NOON}, {}, {}, "blocked"),
        ({}, {"state": "paused"}, {}, "channel_paused"),
        ({}, {"trouble_rounds": 2, "trouble_until": MONDAY_NOON + timedelta(seconds=9)}, {}, "channel_trouble"),
    ],
)
def test_what_may_not_go_does_not_go_and_says_why(doors: Doors, person, channel, step, expected):
    lea = lea_of(a_channel(**channel), **person)
    trial = asked(a_sequence(lea.workspace, [step]), lea)
    carry_out_trial(trial.pk, doors, Clock())
    assert outcome(trial) == [("not_sent", expected)]
    assert texts_shown_to(lea) == []


def test_exactly_24_hours_is_still_inside(doors: Doors):
    lea = lea_of(last_interaction_at=MONDAY_NOON - timedelta(hours=24))
    trial = asked(a_sequence(lea.workspace), lea)
    carry_out_trial(trial.pk, doors, Clock())
    assert outcome(trial) == [("sent", "")]


def test_what_cannot_be_filled_in_fails_and_the_next_message_goes(doors: Doors):
    lea = lea_of(first_name="")
    bad = a_sub_flow(lea.workspace, "{{ first_name }}")
    trial = asked(a_sequence(lea.workspace, [{"sub_flow": bad}, {}]), lea)
    carry_out_trial(trial.pk, doors, Clock())
    assert outcome(trial) == [("failed", "rendering_failed"), ("sent", "")]


def test_a_click_heard_twice_is_one_test(doors: Doors):
    lea = lea_of()
    sequence = a_sequence(lea.workspace)
    one, is_new = request_trial(sequence, None, lea, token="t" * 16, now=MONDAY_NOON, actor=SYSTEM)
    other, is_new_too = request_trial(sequence, None, lea, token="t" * 16, now=MONDAY_NOON, actor=SYSTEM)
    assert (one.pk, is_new, is_new_too) == (other.pk, True, False)
    assert [carry_out_trial(one.pk, doors, Clock()) for _ in range(2)] == [True, False]
    assert texts_shown_to(lea) == ["Hello!"]


def test_the_channels_speed_counts_it(doors: Doors):
    lea = lea_of(a_channel(tokens=5, tokens_at=MONDAY_NOON))
    trial = asked(a_sequence(lea.workspace, [{}, {}]), lea)
    carry_out_trial(trial.pk, doors, Clock())
    assert Channel.objects.get(pk=lea.channel_id).tokens == 3


def test_many_tests_at_once_are_refused(doors: Doors):
    lea = lea_of()
    sequence = a_sequence(lea.workspace)
    for number in range(MOST_AT_ONCE):
        asked(sequence, lea, token=f"token{number:08}")
    with pytest.raises(Conflict, match="too_many_tests"):
        asked(sequence, lea, token="onemore0000")
    elsewhere = lea_of(a_channel(a_workspace()))
    asked(a_sequence(elsewhere.workspace), elsewhere)


@pytest.mark.postgresql  # SQLite has one writer at a time
def test_who_ask_at_the_same_moment_are_counted_one_after_the_other():
    lea = lea_of()
    sequence = a_sequence(lea.workspace)
    with CaptureQueriesContext(connection) as asked_of_it:
        asked(sequence, lea)
    statements = [one["sql"] for one in asked_of_it if "workspace" in one["sql"] or "trial" in one["sql"]]
    locked = next(place for place, sql in enumerate(statements) if "FOR NO KEY UPDATE" in sql)
    counted = next(place for place, sql in enumerate(statements) if "COUNT(" in sql)
    assert locked < counted


def test_an_archived_sequence_is_not_tested(doors: Doors):
    lea = lea_of()
    with pytest.raises(Conflict, match="archived_not_tested"):
        asked(a_sequence(lea.workspace, state="archived"), lea)


@pytest.mark.parametrize(
    ("result", "state", "reason"),
    [
        (Lost("reset"), "unknown", "outcome_unknown"),
        (Unreached("refused", is_refused=True), "failed", "channel_trouble"),
        (Answer(400, body=b'{"error": {"code": 100, "message": "no"}}'), "failed", "content_rejected"),
        (
            Answer(400, body=b'{"error": {"code": 10, "error_subcode": 2018278, "message": "outside"}}'),
            "failed",
            "reply_window_closed",
        ),
        (Answer(401, body=b'{"error": {"code": 190, "message": "token"}}'), "failed", "credentials_refused"),
    ],
)
def test_the_provider_says_no_in_words_and_nothing_is_repeated(result, state, reason):
    lea = lea_of(messenger())
    blocks = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    trial = asked(a_sequence(lea.workspace, [{"sub_flow": a_sub_flow(lea.workspace, blocks=blocks)}]), lea)
    line = BrokenLine(result)
    carry_out_trial(trial.pk, line, Clock())  # type: ignore[arg-type]
    assert outcome(trial) == [(state, reason), ("not_sent", "test_stopped")]
    assert len(line.calls) == 1
    channel = Channel.objects.get(pk=lea.channel_id)
    assert (channel.state, channel.failing, channel.trouble_rounds) == ("active", [], 0)


def test_its_echo_and_its_receipts_touch_no_delivery(doors: Doors):
    """The key that a test carries is nobody's delivery, however the numbers fall."""
    with GraphDouble() as graph:
        graph.rules.knows_everybody = True
        channel = a_page(graph)
        lea = lea_of(channel)
        sequence = a_sequence(lea.workspace)
        trial = asked(sequence, lea)
        carry_out_trial(trial.pk, doors, Clock())
    part = TrialPart.objects.get()
    assert (part.state, part.reason) == ("sent", "")
    subscription = Subscription.objects.create(
        workspace=lea.workspace,
        sequence=sequence,
        contact=lea,
        channel=channel,
        subscribed_at=MONDAY_NOON,
        countdown_started_at=MONDAY_NOON,
    )
    delivery = Delivery.objects.create(
        pk=trial.pk,
        workspace=lea.workspace,
        subscription=subscription,
        step=sequence.steps.get(),
        contact=lea,
        channel=channel,
        state="unknown",
        due_at=MONDAY_NOON,
        decided_at=MONDAY_NOON,
    )
    key = f"test-{trial.pk}.0"
    echo = Echo(lea.address, MONDAY_NOON, part.provider_message_id, key)
    read = MessageReceipt(lea.address, MONDAY_NOON, ReceiptKind.READ, part.provider_message_id)
    receive(channel, [echo, read], {lea.address: lea}, now=MONDAY_NOON)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.read_at) == ("unknown", None)
    assert not SentPart.objects.exists()
    assert EarlyReceipt.objects.count() <= 1


def test_what_was_leaving_when_the_worker_died_stays_in_doubt(doors: Doors):
    lea = lea_of()
    trial = asked(a_sequence(lea.workspace), lea)
    Trial.objects.filter(pk=trial.pk).update(state=TrialState.RUNNING)
    step = trial.sequence.steps.get()
    for place, state in enumerate([TrialPartState.SENT, TrialPartState.SENDING, TrialPartState.WAITING]):
        TrialPart.objects.create(workspace=lea.workspace, trial=trial, step=step, place=place, state=state)
    keep_house(now=MONDAY_NOON + timedelta(minutes=4))
    assert [state for state, _ in outcome(trial)] == ["sent", "sending", "waiting"]
    keep_house(now=MONDAY_NOON + timedelta(minutes=5))
    assert outcome(trial) == [("sent", ""), ("unknown", "outcome_unknown"), ("not_sent", "test_stopped")]
    assert not carry_out_trial(trial.pk, doors, Clock())
    assert texts_shown_to(lea) == []


def test_a_test_that_no_worker_took_up_in_time_never_goes(doors: Doors):
    lea = lea_of()
    trial = asked(a_sequence(lea.workspace), lea)
    clock = Clock()
    later = clock.forward(minutes=5)
    assert not carry_out_trial(trial.pk, doors, clock)
    assert finish_lost_trials(now=later) == 1
    assert texts_shown_to(lea) == []


def test_old_tests_are_dropped(doors: Doors):
    lea = lea_of()
    asked(a_sequence(lea.workspace), lea)
    assert forget_trials(now=MONDAY_NOON + timedelta(days=29)) == 0
    assert forget_trials(now=MONDAY_NOON + timedelta(days=30)) > 0
    assert not Trial.objects.exists()


def test_the_call_that_leaves_is_the_engines_own(doors: Doors):
    """Route, content type and notification type travel as they would in earnest."""
    lea = lea_of(last_interaction_at=None)
    step = {"content_type": "account_update", "notification_type": "no_push"}
    trial = asked(a_sequence(lea.workspace, [step]), lea)
    line = BrokenLine(Answer(200, body=b"sandbox-1"))
    carry_out_trial(trial.pk, line, Clock())  # type: ignore[arg-type]
    [call] = line.calls
    assert not isinstance(call, HttpCall)
    assert [str(getattr(call, name)) for name in ("route", "content_type", "notification_type")] == [
        "message_tag",
        "account_update",
        "no_push",
    ]
