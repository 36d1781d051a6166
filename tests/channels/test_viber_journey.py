"""A bot by webhook and the real engine: receipts of several devices, people who leave and come back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest

from channels.models import Channel, Contact
from sequences.rules.payloads import encode
from tests.actions.cast import delivery_of, enter, states_of, subscription_of
from tests.actions.conftest import clock, engine
from tests.builders import a_channel, a_contact, a_sequence
from tests.channels.calling_webhooks import in_process
from tests.doubles.viber import CREDENTIALS, ViberDouble, event, message, subscribed
from tests.engine import Clock, Engine

__all__ = ["clock", "engine"]
pytestmark = pytest.mark.django_db

ANN = "01234567890A="
HOUR = {"delay_unit": "hours", "delay_amount": 1}


@pytest.fixture
def viber(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[ViberDouble]:
    monkeypatch.setattr("channels.webhooks.views.timezone", SimpleNamespace(now=clock))
    monkeypatch.setattr("channels.webhooks.views.enqueue_profiles", lambda contact_ids: None)
    with ViberDouble(in_process) as double:
        yield double


@pytest.fixture
def bot(viber: ViberDouble) -> Channel:
    settings = {"base_url": viber.base_url, "sender_name": "The Shop", "sends_per_second": 1000}
    bot = a_channel(kind="viber", credentials=CREDENTIALS, settings=settings)
    viber.webhook = f"/webhooks/viber/{bot.public_id}/"
    return bot


def test_from_a_word_to_leaving_and_back(bot: Channel, viber: ViberDouble, engine: Engine, clock: Clock) -> None:
    sequence = a_sequence(bot.workspace, [{}, HOUR])
    tapped = "tap:" + encode({"action": "subscribe", "sequence": sequence.public_id})
    assert viber.tell(event("webhook", clock())) == 200
    assert viber.tell(message(ANN, clock(), tapped)) == 200
    engine.settle()
    ann, [sent] = Contact.objects.get(), viber.accepted
    assert (ann.first_name, ann.language, sent["receiver"]) == ("Ann", "fr", ANN)
    token = sent["message_token"]
    for kind in ("seen", "delivered", "delivered", "seen"):  # once per device, in any order
        assert viber.tell(event(kind, clock(), token, user_id=ANN)) == 200
    assert states_of(ann) == [("read", "")]
    left_at = clock() + timedelta(seconds=1)
    clock.forward(seconds=2)
    viber.tell(event("unsubscribed", left_at, 1, user_id=ANN))
    assert (subscription_of(ann).state, subscription_of(ann).ended_because) == ("stopped", "blocked")
    clock.forward(seconds=2)
    viber.tell(message(ANN, clock(), "I am back"))
    viber.tell(event("unsubscribed", left_at, 2, user_id=ANN))  # an older one
    ann.refresh_from_db()
    assert ann.blocked_at is None


def test_who_is_not_subscribed_opted_out_until_they_subscribe(
    bot: Channel, viber: ViberDouble, engine: Engine, clock: Clock
) -> None:
    ann = a_contact(bot, ANN)
    enter(a_sequence(bot.workspace), ann, now=clock())
    engine.settle()
    assert subscription_of(ann).ended_because == "opted_out"
    clock.forward(seconds=2)
    viber.tell(subscribed(ANN, clock()))
    ann.refresh_from_db()
    assert (ann.opted_out_at, ann.is_available) == (None, True)


def test_a_hundred_without_an_answer_wait_for_that_person_alone(
    bot: Channel, viber: ViberDouble, engine: Engine, clock: Clock
) -> None:
    ann, bob = a_contact(bot, ANN), a_contact(bot, "bob=")
    viber.people |= {ANN, "bob="}
    viber.unanswered[ANN] = 100
    enter(a_sequence(bot.workspace), ann, bob, now=clock())
    engine.settle()
    assert (delivery_of(ann).state, delivery_of(bob).state) == ("waiting", "sent")
    viber.tell(message(ANN, clock(), "Yes?"))
    engine.travel(minutes=59)
    assert delivery_of(ann).state == "waiting"
    engine.travel(minutes=2)
    assert (delivery_of(ann).state, delivery_of(ann).attempts) == ("sent", 1)


def test_what_failed_later_is_said(bot: Channel, viber: ViberDouble, engine: Engine, clock: Clock) -> None:
    ann = a_contact(bot, ANN)
    viber.people.add(ANN)
    enter(a_sequence(bot.workspace), ann, now=clock())
    engine.settle()
    viber.tell(event("failed", clock(), viber.accepted[0]["message_token"], user_id=ANN, desc="failure"))
    assert states_of(ann) == [("failed", "content_rejected")]
