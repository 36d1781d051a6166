"""A bot from its first word to its last, by webhook and the real engine."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from channels.actions.check_connection import Verdict
from channels.actions.register_webhook import register_webhook
from channels.models import Channel, Contact
from sequencer.workspaces.actor import SYSTEM
from sequences.models import Sequence
from sequences.rules.payloads import encode
from tests.actions.cast import delivery_of, enter, states_of, subscription_of, texts
from tests.actions.conftest import clock, engine
from tests.builders import a_channel, a_contact, a_sequence
from tests.channels.calling_webhooks import in_process
from tests.doubles.telegram import CREDENTIALS, TelegramDouble, member, message, tap
from tests.engine import Clock, Engine

__all__ = ["clock", "engine"]
pytestmark = pytest.mark.django_db

ANN = 3527065


@pytest.fixture
def telegram(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramDouble]:
    monkeypatch.setattr("channels.webhooks.views.timezone", SimpleNamespace(now=clock))
    with TelegramDouble(in_process) as double:
        double.chats[str(ANN)] = "member"
        yield double


@pytest.fixture
def bot(telegram: TelegramDouble, clock: Clock) -> Channel:
    settings = {"base_url": telegram.base_url, "sends_per_second": 10_000}
    bot = a_channel(kind="telegram", credentials=CREDENTIALS, settings=settings)
    assert register_webhook(bot, now=clock(), actor=SYSTEM).verdict is Verdict.CONNECTED
    assert telegram.webhook["url"].endswith(f"/webhooks/telegram/{bot.public_id}/")
    return bot


def hello(bot: Channel) -> Sequence:
    later = {"delay_unit": "hours", "delay_amount": 1, "notification_type": "silent_push"}
    first, second = texts(bot.workspace, "Hello", "Still there?")
    return a_sequence(bot.workspace, [first, {**second, **later}])


def test_from_start_to_a_block_and_back(bot: Channel, telegram: TelegramDouble, engine: Engine, clock: Clock) -> None:
    sequence, seconds = hello(bot), int(clock().timestamp())
    start = {"update_id": 1, "message": message(ANN, seconds, "/start")}
    tapped = {
        "update_id": 2,
        "callback_query": tap(ANN, encode({"action": "subscribe", "sequence": sequence.public_id})),
    }
    assert [telegram.tell(update) for update in (start, tapped, tapped, start)] == [200] * 4
    ann = Contact.objects.get()
    assert (ann.address, ann.full_name, ann.language) == (str(ANN), "Ann Lee", "fr")
    assert telegram.answered[0] == {"method": "answerCallbackQuery", "callback_query_id": "4382bfdwdsb323b2d9"}
    engine.settle()
    engine.travel(hours=1)
    assert [(sent["text"], sent.get("disable_notification")) for sent in telegram.accepted] == [
        ("Hello", None),
        ("Still there?", True),
    ]
    assert states_of(ann) == [("sent", ""), ("sent", "")]
    again, seconds = enter(hello(bot), ann, now=clock())[0], int(clock().timestamp())
    telegram.tell({"update_id": 3, "my_chat_member": member(ANN, seconds + 1, "kicked")})
    again.refresh_from_db()
    assert (again.state, again.ended_because) == ("stopped", "blocked")
    telegram.tell({"update_id": 4, "message": message(ANN, seconds - 1, "late")})
    ann.refresh_from_db()
    assert ann.blocked_at is not None  # what was said before lifts no block
    clock.forward(seconds=5)
    telegram.tell({"update_id": 5, "message": message(ANN, seconds + 4, "/start")})
    telegram.tell({"update_id": 3, "my_chat_member": member(ANN, seconds + 1, "kicked")})
    telegram.tell({"update_id": 6, "my_chat_member": member(ANN, seconds + 2, "kicked")})  # older than the word
    ann.refresh_from_db()
    assert ann.blocked_at is None


def test_a_refused_person_ends_and_a_moved_group_is_tried_anew_at_its_new_address(
    bot: Channel, telegram: TelegramDouble, engine: Engine, clock: Clock
) -> None:
    telegram.chats |= {str(ANN): "kicked", "-4": "moved -1004", "-1004": "member"}
    ann, group = a_contact(bot, str(ANN)), a_contact(bot, "-4")
    enter(hello(bot), ann, group, now=clock())
    engine.settle()
    assert subscription_of(ann).ended_because == "blocked"
    group.refresh_from_db()
    delivery = delivery_of(group)
    assert (group.address, delivery.state, delivery.attempts) == ("-1004", "sent", 2)
    assert [sent["chat_id"] for sent in telegram.accepted] == ["-1004"]


def test_a_limit_lets_the_channel_wait_as_long_as_telegram_says(
    bot: Channel, telegram: TelegramDouble, engine: Engine, clock: Clock
) -> None:
    ann = a_contact(bot, str(ANN))
    enter(hello(bot), ann, now=clock())
    telegram.limited_for = 30
    engine.settle()
    telegram.limited_for = None
    engine.travel(seconds=29)
    assert telegram.accepted == []
    engine.travel(seconds=2)
    assert (delivery_of(ann).state, delivery_of(ann).attempts) == ("sent", 1)
