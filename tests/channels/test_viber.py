"""What Viber is sent, and what each of its answers and posts means for us (docs/providers/viber.md)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels.backends import backend_for
from channels.backends.questions import Profile
from channels.content import Audio, Button, Buttons, File, Image, Message, QuickReplies, QuickReply, Text, Video
from channels.errors import (
    ChannelError,
    ChannelMisconfigured,
    ChannelTrouble,
    ContactBusy,
    ContactGone,
    ContactUnreachable,
    MessageRejected,
    OutcomeUnknown,
    TemporaryFailure,
)
from channels.events import Blocked, Consent, Event, Introduction, MessageReceipt, ReceiptKind, Undelivered
from channels.messages import Account, Answer, HttpCall, InboundEvent, InboundKind, Outgoing, Receipt, Recipient
from channels.webhooks import WEBHOOKS, Call
from tests.doubles.viber import CREDENTIALS, TOKEN, event, message, subscribed

viber = backend_for("viber")
ANN = "01234567890A="
ACCOUNT = Account(CREDENTIALS, {"sender_name": "The Shop"}, 3, "https://shop.example/webhooks/viber/x/")
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
LOOK = {"TextSize": "regular", "Columns": 6, "Rows": 1, "Silent": True}


def built(content: Message, account: Account = ACCOUNT) -> HttpCall:
    call = viber.build(Outgoing(content, key="7.0"), Recipient(ANN), account)
    assert isinstance(call, HttpCall)
    return call


def keyboard(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"Type": "keyboard", "DefaultHeight": False, "Buttons": [{**button, **LOOK} for button in buttons]}


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (Text("Bonjour"), {"type": "text", "text": "Bonjour"}),
        (
            Image("https://e.com/a.png", "Look"),
            {"type": "picture", "text": "Look", "media": "https://e.com/a.png"},
        ),
        (
            Buttons("Shop?", (Button("Open", url="https://e.com/"), Button("No", payload="NO"))),
            {
                "type": "text",
                "text": "Shop?",
                "min_api_version": 6,
                "keyboard": keyboard(
                    {"ActionType": "open-url", "ActionBody": "https://e.com/", "Text": "Open"},
                    {"ActionType": "reply", "ActionBody": "tap:NO", "Text": "No"},
                ),
            },
        ),
        (
            QuickReplies("Size?", (QuickReply("S", "s"),)),
            {
                "type": "text",
                "text": "Size?",
                "min_api_version": 6,
                "keyboard": keyboard({"ActionType": "reply", "ActionBody": "tap:s", "Text": "S"}),
            },
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_content_is_written_as_viber_wants_it(content: Message, fields: dict[str, Any]) -> None:
    call = built(content)
    assert (call.method, call.url) == ("POST", "https://chatapi.viber.com/pa/send_message")
    assert ("X-Viber-Auth-Token", TOKEN) in call.headers
    shared = {"receiver": ANN, "min_api_version": 1, "sender": {"name": "The Shop"}, "tracking_data": "7.0"}
    assert json.loads(call.body) == {**shared, **fields}


def test_a_sender_may_have_a_picture() -> None:
    account = Account(CREDENTIALS, {"sender_name": "x" * 40, "sender_avatar": "https://e.com/a.png"})
    assert json.loads(built(Text("hi"), account).body)["sender"] == {"name": "x" * 28, "avatar": "https://e.com/a.png"}


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (Text("x" * 7000), []),
        (Text("x" * 7001), ["text_too_long:7000"]),
        (Image("https://e.com/a.png", "x" * 513), ["caption_too_long:512"]),
        (Video("https://e.com/a.mp4"), ["unsupported"]),
        (Audio("https://e.com/a.mp3"), ["unsupported"]),
        (File("https://e.com/a.pdf"), ["unsupported"]),
        (Buttons("hi", (Button("Yes", payload="Y"),) * 25), ["buttons_count:24"]),
    ],
)
def test_what_viber_cannot_express_is_named(content: Message, problems: list[str]) -> None:
    assert viber.problems(content) == problems


def answered(body: Any, http: int = 200, **headers: str) -> Answer:
    return Answer(http, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def read(answer: Answer) -> Receipt:
    return viber.read(answer, Outgoing(Text("hi"), key="7.0"))


@pytest.mark.parametrize(
    ("token", "known_as"),
    [
        (b"4987381194038857789", "4987381194038857789"),  # a float would end in ...7600
        (b'"4987381194038857789"', "4987381194038857789"),
        (b"4.98e18", ""),
        (b"null", ""),
    ],
)
def test_a_token_of_64_bits_is_kept_to_the_last_digit(token: bytes, known_as: str) -> None:
    body = b'{"status": 0, "status_message": "ok", "message_token": ' + token + b', "chat_hostname": "SN-CHAT-01"}'
    assert read(answered(body)) == Receipt(known_as)


REFUSED = (1, 3, 4, 13, 14, 16, 17, 18, 19, 20)
ROWS: list[tuple[int, type[ChannelError], str]] = [
    *((status, MessageRejected, "") for status in REFUSED),
    (2, ChannelMisconfigured, "credentials_refused"),
    (15, ChannelMisconfigured, "credentials_refused"),
    (5, ContactGone, "contact_gone"),
    (6, ContactGone, "opted_out"),
    *((status, ChannelMisconfigured, "account_restricted") for status in (7, 8, 9, 10)),
    (11, ContactUnreachable, ""),
    (12, ContactBusy, ""),
    (99, TemporaryFailure, ""),
    (777, TemporaryFailure, ""),
    (-1, TemporaryFailure, ""),
]


@pytest.mark.parametrize(("status", "expected", "because"), ROWS)
@pytest.mark.parametrize("http", [200, 400])
def test_the_status_inside_decides_whatever_http_says(
    status: int, expected: type[ChannelError], because: str, http: int
) -> None:
    with pytest.raises(ChannelError) as caught:
        read(answered({"status": status, "status_message": "错误"}, http))
    assert (type(caught.value), getattr(caught.value, "because", "")) == (expected, because)
    assert f"Viber {status}" in caught.value.detail


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (answered({"message": "who?"}, 401), ChannelMisconfigured),
        (answered({"status": 0}, 429), ChannelTrouble),
        (answered({"status": 0}, 500), ChannelTrouble),
        (answered({"status": "0"}), OutcomeUnknown),
        (answered({"status": True}), OutcomeUnknown),
        (answered({"status": 0.0}), OutcomeUnknown),
        (answered({}), OutcomeUnknown),
    ],
)
def test_odd_answers(answer: Answer, expected: type[ChannelError]) -> None:
    with pytest.raises(ChannelError) as caught:
        read(answer)
    assert type(caught.value) is expected


def test_too_many_to_one_person_waits_an_hour_for_that_person() -> None:
    with pytest.raises(ContactBusy) as caught:
        read(answered({"status": 12}))
    assert caught.value.wait == timedelta(hours=1)


def parsed(told: dict[str, Any]) -> list[Event]:
    return list(WEBHOOKS["viber"].parse(Call(json.dumps(told).encode()), ACCOUNT))


INTRODUCED = Introduction(ANN, AT, Profile("Ann", language="fr"))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            message(ANN, AT, "Hi", 7),
            [InboundEvent(ANN, AT, InboundKind.MESSAGE, "Hi", key=f"message 7 {ANN}"), INTRODUCED],
        ),
        (
            message(ANN, AT, "tap:seq1:x", 8),
            [InboundEvent(ANN, AT, InboundKind.BUTTON, payload="seq1:x", key=f"message 8 {ANN}"), INTRODUCED],
        ),
        (
            subscribed(ANN, AT, 9),
            [
                InboundEvent(ANN, AT, InboundKind.OTHER, key=f"subscribed 9 {ANN}"),
                Consent(ANN, AT, is_given=True, key=f"subscribed 9 {ANN} yes"),
                INTRODUCED,
            ],
        ),
        (event("unsubscribed", AT, 4, user_id=ANN), [Blocked(ANN, AT, f"unsubscribed 4 {ANN}")]),
        (
            event("delivered", AT, 4987381194038857789, user_id=ANN),
            [MessageReceipt(ANN, AT, ReceiptKind.DELIVERED, "4987381194038857789")],
        ),
        (event("seen", AT, 5, user_id=ANN), [MessageReceipt(ANN, AT, ReceiptKind.READ, "5")]),
        (event("conversation_started", AT, 5, user={"id": ANN}), []),
        (event("client_status", AT, 5, user_id=ANN), []),
        (event("webhook", AT), []),
        (event("delivered", AT, None, user_id=ANN), []),
        (event("seen", AT, 5, user_id=None), []),
        ({**message(ANN, AT), "timestamp": None}, []),
        ({**message(ANN, AT), "sender": None}, []),
    ],
)
def test_what_each_event_means(told: dict[str, Any], expected: list[Event]) -> None:
    assert parsed(told) == expected


def test_what_was_taken_and_did_not_arrive() -> None:
    [failed] = parsed(event("failed", AT, 5, user_id=ANN, desc="no device"))
    assert isinstance(failed, Undelivered)
    assert (failed.provider_message_id, type(failed.error)) == ("5", MessageRejected)


def test_registering_names_our_address_and_what_we_listen_to() -> None:
    ask = viber.register_webhook(ACCOUNT)
    assert ask is not None
    assert ask.call.url.endswith("/pa/set_webhook")
    assert json.loads(ask.call.body) == {
        "url": "https://shop.example/webhooks/viber/x/",
        "event_types": ["delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started", "message"],
        "send_name": True,
    }
    with pytest.raises(MessageRejected):
        ask.parse(answered({"status": 1, "status_message": "invalidUrl"}))
