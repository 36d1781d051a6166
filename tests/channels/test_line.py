"""What LINE is sent, and what each of its answers and posts means for us (docs/providers/line.md)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from channels.backends import backend_for
from channels.backends.questions import Profile
from channels.content import Audio, Button, Buttons, File, Image, Message, QuickReplies, QuickReply, Text, Video
from channels.errors import (
    ChannelError,
    ChannelMisconfigured,
    ChannelTrouble,
    ContactGone,
    MessageRejected,
    OutcomeUnknown,
    TemporaryFailure,
)
from channels.events import Blocked, Consent, Event
from channels.messages import (
    Account,
    Answer,
    HttpCall,
    InboundEvent,
    InboundKind,
    NotificationType,
    Outgoing,
    Receipt,
    Recipient,
)
from channels.webhooks import WEBHOOKS, Call
from tests.doubles.line import CREDENTIALS, event, message, post_of, postback

line = backend_for("line")
ANN = "U206d25c2ea6bd87c17655609a1c37cb8"
ACCOUNT = Account(CREDENTIALS, {}, channel_id=3, webhook_url="https://shop.example/webhooks/line/x/")
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def built(content: Message, key: str = "7.0", to: str = ANN, account: Account = ACCOUNT, **how: Any) -> HttpCall:
    call = line.build(Outgoing(content, key=key, **how), Recipient(to), account)
    assert isinstance(call, HttpCall)
    return call


@pytest.mark.parametrize(
    ("content", "messages"),
    [
        (Text("Bonjour"), [{"type": "text", "text": "Bonjour"}]),
        (
            Image("https://e.com/a.png", "Look"),
            [
                {
                    "type": "image",
                    "originalContentUrl": "https://e.com/a.png",
                    "previewImageUrl": "https://e.com/a.png",
                },
                {"type": "text", "text": "Look"},
            ],
        ),
        (
            Buttons("Shop?", (Button("Open", url="https://e.com/"), Button("No", payload="NO"))),
            [
                {
                    "type": "template",
                    "altText": "Shop?",
                    "template": {
                        "type": "buttons",
                        "text": "Shop?",
                        "actions": [
                            {"type": "uri", "label": "Open", "uri": "https://e.com/"},
                            {"type": "postback", "label": "No", "data": "NO", "displayText": "No"},
                        ],
                    },
                }
            ],
        ),
        (
            QuickReplies("Size?", (QuickReply("S", "s"),)),
            [
                {
                    "type": "text",
                    "text": "Size?",
                    "quickReply": {
                        "items": [
                            {
                                "type": "action",
                                "action": {"type": "postback", "label": "S", "data": "s", "displayText": "S"},
                            }
                        ]
                    },
                }
            ],
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_content_is_one_push(content: Message, messages: list[dict[str, Any]]) -> None:
    call = built(content)
    assert (call.method, call.url) == ("POST", "https://api.line.me/v2/bot/message/push")
    assert json.loads(call.body) == {"to": ANN, "messages": messages}
    assert {("Authorization", "Bearer line-token"), ("Content-Type", "application/json")} <= set(call.headers)


@pytest.mark.parametrize("kind", [NotificationType.SILENT_PUSH, NotificationType.NO_PUSH])
def test_whatever_is_not_regular_disables_the_notification(kind: NotificationType) -> None:
    assert json.loads(built(Text("hi"), notification_type=kind).body)["notificationDisabled"] is True


def test_the_stable_id_is_a_uuid_and_the_same_only_for_the_same_part_and_person() -> None:
    def key(**more: Any) -> UUID:
        return UUID(dict(built(Text("hi"), **more).headers)["X-Line-Retry-Key"])

    other = Account(CREDENTIALS, {}, channel_id=4)
    assert key() == key(account=Account({"channel_access_token": "a new one"}, {}, channel_id=3))
    assert len({key(), key(key="7.1"), key(key="8.0"), key(to="U1"), key(account=other)}) == 5


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (Text("😀" * 2500), []),  # UTF-16 units
        (Text("😀" * 2501), ["text_too_long:5000"]),
        (Image("http://e.com/a.png"), ["url_invalid"]),
        (Image("nonsense"), ["url_invalid"]),
        (Buttons("x" * 161, (Button("Yes", payload="Y"),)), ["text_too_long:160"]),
        (Buttons("hi", (Button("Yes", payload="Y"),) * 5), ["buttons_count:4"]),
        (Buttons("hi", (Button("x" * 21, payload="x" * 301),)), ["label_too_long:20", "payload_too_long:300"]),
        (QuickReplies("hi", (QuickReply("Yes", "Y"),) * 14), ["quick_replies_count:13"]),
        (Video("https://e.com/a.mp4"), ["unsupported"]),
        (Audio("https://e.com/a.mp3"), ["unsupported"]),
        (File("https://e.com/a.pdf"), ["unsupported"]),
    ],
)  # fmt: skip
def test_what_line_cannot_express_is_named(content: Message, problems: list[str]) -> None:
    assert line.problems(content) == problems


def answered(status: int, body: Any, **headers: str) -> Answer:
    return Answer(status, headers, json.dumps(body).encode())


def read(answer: Answer) -> Receipt:
    return line.read(answer, Outgoing(Text("hi"), key="7.0"))


SENT = {"sentMessages": [{"id": "461230966842064897", "quoteToken": "q"}]}
AGAIN = {"message": "The retry key is already accepted"}


@pytest.mark.parametrize(
    ("answer", "known_as"),
    [
        (answered(200, SENT), "461230966842064897"),
        (answered(200, {}), ""),  # an older LINE
        (answered(409, {**AGAIN, **SENT}), "461230966842064897"),
        (answered(409, AGAIN, **{"x-line-accepted-request-id": "123e4567"}), ""),
    ],
)
def test_taken_now_or_before_is_a_receipt(answer: Answer, known_as: str) -> None:
    assert read(answer) == Receipt(known_as)


TO_WRONG = {"message": "The property, 'to', in the request body is invalid (line: -, column: -)"}


@pytest.mark.parametrize(
    ("answer", "expected", "because"),
    [
        (answered(400, {"message": "The request body has 1 error(s)", "details": []}), MessageRejected, ""),
        (answered(400, {"message": "Invalid reply token"}), MessageRejected, ""),
        (answered(400, TO_WRONG), ContactGone, "contact_gone"),
        (answered(403, TO_WRONG), ContactGone, "contact_gone"),
        (answered(400, {"message": "…", "details": [{"message": "…", "property": "to"}]}), ContactGone, "contact_gone"),
        (answered(400, {"message": "Failed to send messages"}), ContactGone, "contact_gone"),
        (answered(401, {"message": "Authentication failed"}), ChannelMisconfigured, "credentials_refused"),
        (answered(403, {"message": "Not available for your account"}), ChannelMisconfigured, "account_restricted"),
        (answered(403, {"message": "Failed to send messages"}), ChannelMisconfigured, "account_restricted"),
        (answered(404, {"message": "Not found"}), MessageRejected, ""),
        (answered(409, {"message": "Conflict"}), MessageRejected, ""),
        (answered(413, {"message": "Request exceeds the max size"}), MessageRejected, ""),
        (answered(429, {"message": "The API rate limit has been exceeded."}), ChannelTrouble, ""),
        (answered(500, {"message": "Internal server error"}), TemporaryFailure, ""),
        (answered(503, {"message": "エラー"}), TemporaryFailure, ""),
        (answered(200, {"message": "An error all the same"}), OutcomeUnknown, ""),
        (answered(200, {"novelty": 1}), OutcomeUnknown, ""),
        (answered(409, {"novelty": 1}), ChannelTrouble, ""),
    ],
)
def test_each_row_has_its_consequence(answer: Answer, expected: type[ChannelError], because: str) -> None:
    with pytest.raises(ChannelError) as caught:
        read(answer)
    assert (type(caught.value), getattr(caught.value, "because", "")) == (expected, because)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"date": "Mon, 30 Nov 2026 14:00:00 GMT"}, timedelta(hours=1)),  # 23:00 in Tokyo
        ({"date": "Mon, 30 Nov 2026 16:00:00 GMT"}, timedelta(days=1)),  # December there: asked again every day
        ({"date": "Thu, 31 Dec 2026 14:30:00 GMT"}, timedelta(minutes=30)),
        ({"date": "Thu, 31 Dec 2026 14:30:00 GMT", "retry-after": "9"}, timedelta(seconds=9)),
        ({}, None),
    ],
)
def test_the_monthly_limit_waits_for_the_month_of_tokyo(headers: dict[str, str], wait: timedelta | None) -> None:
    with pytest.raises(ChannelTrouble) as caught:
        read(answered(429, {"message": "You have reached your monthly limit."}, **headers))
    assert caught.value.wait == wait


def parsed(*events: Any) -> list[Event]:
    return list(WEBHOOKS["line"].parse(Call(post_of(*events)), ACCOUNT))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (message(ANN, AT, "Hi", "01A"), [InboundEvent(ANN, AT, InboundKind.MESSAGE, "Hi", key="01A")]),
        (
            {**message(ANN, AT, "Hi", "01A"), "mode": "standby", "deliveryContext": {"isRedelivery": True}},
            [InboundEvent(ANN, AT, InboundKind.MESSAGE, "Hi", key="01A")],
        ),
        (
            {**postback(ANN, AT, "seq1:x"), "webhookEventId": "01B"},
            [InboundEvent(ANN, AT, InboundKind.BUTTON, payload="seq1:x", key="01B")],
        ),
        (
            event("follow", ANN, AT, "01C"),
            [InboundEvent(ANN, AT, InboundKind.OTHER, key="01C"), Consent(ANN, AT, is_given=True, key="01C follow")],
        ),
        (event("unfollow", ANN, AT, "01D"), [Blocked(ANN, AT, "01D")]),
        (
            {**event("leave", ANN, AT, "01E"), "source": {"type": "group", "groupId": "Ca1", "userId": ANN}},
            [Blocked("Ca1", AT, "01E")],
        ),
        (
            {**event("join", ANN, AT, "01F"), "source": {"type": "room", "roomId": "R1"}},
            [InboundEvent("R1", AT, InboundKind.OTHER, key="01F")],
        ),
        (event("unsend", ANN, AT), []),
        ({**message(ANN, AT), "source": {"type": "user"}}, []),
        ({**message(ANN, AT), "timestamp": "soon"}, []),
    ],
)  # fmt: skip
def test_what_each_event_means(told: dict[str, Any], expected: list[Event]) -> None:
    assert parsed(told) == expected


def test_events_come_by_their_moments_whatever_their_order() -> None:
    later = AT + timedelta(seconds=1)
    assert [event.at for event in parsed(message("U2", later), None, message("U1", AT))] == [AT, later]


def test_a_profile_has_one_name() -> None:
    ask = line.profile("U1/../x", ACCOUNT)
    assert ask is not None
    assert ask.call.url == "https://api.line.me/v2/bot/profile/U1%2F..%2Fx"
    assert ask.parse(answered(200, {"displayName": "Ann Lee", "language": "fr"})) == Profile("Ann Lee", language="fr")


def test_registering_puts_our_address() -> None:
    ask = line.register_webhook(ACCOUNT)
    assert ask is not None
    assert (ask.call.method, ask.call.url) == ("PUT", "https://api.line.me/v2/bot/channel/webhook/endpoint")
    assert json.loads(ask.call.body) == {"endpoint": "https://shop.example/webhooks/line/x/"}
    ask.parse(answered(200, {}))
    with pytest.raises(MessageRejected):
        ask.parse(answered(400, {"message": "Invalid webhook endpoint URL"}))
