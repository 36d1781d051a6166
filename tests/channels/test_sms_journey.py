"""A number by webhook and the real engine: reports, STOP and START."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from channels.models import Channel, Contact
from sequences.actions.undelivered import match_failures
from tests.actions.cast import delivery_of, enter, states_of, subscription_of
from tests.actions.conftest import clock, engine
from tests.builders import a_channel, a_contact, a_sequence
from tests.channels.calling_webhooks import in_process
from tests.doubles.twilio import CREDENTIALS, OURS, TwilioDouble
from tests.engine import Clock, Engine

__all__ = ["clock", "engine"]
pytestmark = pytest.mark.django_db

ANN, BOB = "+33612345678", "+33687654321"
STEPS = [{}, {"delay_unit": "hours", "delay_amount": 1}]


@pytest.fixture
def twilio(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[TwilioDouble]:
    monkeypatch.setattr("channels.webhooks.views.timezone", SimpleNamespace(now=clock))
    with TwilioDouble(in_process) as double:
        yield double


@pytest.fixture
def number(twilio: TwilioDouble) -> Channel:
    settings = {"base_url": twilio.base_url, "from": OURS, "sends_per_second": 1000}
    return a_channel(kind="sms", credentials=CREDENTIALS, settings=settings)


def test_reports_out_of_order_then_stop_and_start(
    number: Channel, twilio: TwilioDouble, engine: Engine, clock: Clock
) -> None:
    ann, sequence = a_contact(number, ANN), a_sequence(number.workspace, STEPS)
    enter(sequence, ann, now=clock())
    engine.settle()
    [sent] = twilio.accepted
    for status in ("delivered", "sent", "queued", "delivered"):
        assert twilio.report(sent, status) == 200
    assert states_of(ann) == [("delivered", "")]
    webhook = sent["StatusCallback"].partition("?")[0]
    assert twilio.says(webhook, ANN, "Stop") == 200
    ann.refresh_from_db()
    assert (ann.opted_out_at, subscription_of(ann).ended_because) == (clock(), "opted_out")
    clock.forward(minutes=1)
    assert twilio.says(webhook, ANN, "Hello again") == 200
    assert not Contact.objects.get(pk=ann.pk).is_available  # only START lifts it
    assert twilio.says(webhook, ANN, "START") == 200
    assert Contact.objects.get(pk=ann.pk).is_available
    enter(sequence, ann, now=clock())
    engine.settle()
    assert len(twilio.accepted) == 2


def test_who_stopped_at_twilio_and_who_was_not_reached(
    number: Channel, twilio: TwilioDouble, engine: Engine, clock: Clock
) -> None:
    ann, bob = a_contact(number, ANN), a_contact(number, BOB)
    twilio.stopped.add(ANN)
    enter(a_sequence(number.workspace, STEPS), ann, bob, now=clock())
    engine.settle()
    assert (subscription_of(ann).ended_because, Contact.objects.get(pk=ann.pk).opted_out_at) == ("opted_out", clock())
    [sent] = twilio.accepted
    assert twilio.report(sent, "undelivered", ErrorCode="30003") == 200
    assert (delivery_of(bob).state, delivery_of(bob).reason) == ("failed", "contact_unreachable")
    engine.travel(hours=1)
    assert twilio.report(twilio.accepted[-1], "undelivered", ErrorCode="30003") == 200
    bob.refresh_from_db()
    assert bob.blocked_at is not None  # the second in a row


def test_a_message_in_doubt_is_settled_by_its_report_and_never_sent_again(
    number: Channel, twilio: TwilioDouble, engine: Engine, clock: Clock
) -> None:
    ann = a_contact(number, ANN)
    enter(a_sequence(number.workspace), ann, now=clock())
    twilio.fault("reset", times=1)
    engine.settle()
    [sent] = twilio.accepted
    assert states_of(ann) == [("unknown", "outcome_unknown")]
    assert (twilio.report(sent, "sent"), twilio.report(sent, "delivered")) == (200, 200)
    match_failures(now=clock())
    assert states_of(ann) == [("delivered", "")]
    assert len(twilio.accepted) == 1


def test_a_limit_waits_as_long_as_twilio_says(
    number: Channel, twilio: TwilioDouble, engine: Engine, clock: Clock
) -> None:
    ann = a_contact(number, ANN)
    enter(a_sequence(number.workspace), ann, now=clock())
    twilio.limited_for = 90
    engine.settle()
    twilio.limited_for = None
    engine.travel(seconds=89)
    assert twilio.accepted == []
    engine.travel(seconds=2)
    assert (delivery_of(ann).state, delivery_of(ann).attempts) == ("sent", 1)
