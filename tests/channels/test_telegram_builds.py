"""What Telegram is sent for each message (docs/providers/telegram.md)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from channels.backends import backend_for
from channels.content import (
    Audio,
    Button,
    Buttons,
    File,
    Image,
    Message,
    QuickReplies,
    QuickReply,
    Template,
    Text,
    Video,
)
from channels.errors import UnsupportedMessage
from channels.messages import Account, HttpCall, NotificationType, Outgoing, Recipient

telegram = backend_for("telegram")
ACCOUNT = Account({"bot_token": "123:A-b_C"}, {}, channel_id=3, webhook_url="https://shop.example/webhooks/telegram/x/")


def built(content: Message, account: Account = ACCOUNT, **how: Any) -> HttpCall:
    call = telegram.build(Outgoing(content, key="7.0", **how), Recipient("3527065"), account)
    assert isinstance(call, HttpCall)
    return call


@pytest.mark.parametrize(
    ("content", "method", "fields"),
    [
        (Text("1 < 2 & *so*"), "sendMessage", {"text": "1 < 2 & *so*"}),  # nothing is escaped: nothing is parsed
        (Image("https://e.com/a.png"), "sendPhoto", {"photo": "https://e.com/a.png"}),
        (Image("https://e.com/a.png", "Look"), "sendPhoto", {"photo": "https://e.com/a.png", "caption": "Look"}),
        (Video("https://e.com/a.mp4"), "sendVideo", {"video": "https://e.com/a.mp4"}),
        (Audio("https://e.com/a.mp3"), "sendAudio", {"audio": "https://e.com/a.mp3"}),
        (File("https://e.com/a.pdf"), "sendDocument", {"document": "https://e.com/a.pdf"}),
        (
            Buttons("Shop?", (Button("Open", url="https://e.com/"), Button("No", payload="NO"))),
            "sendMessage",
            {
                "text": "Shop?",
                "reply_markup": {
                    "inline_keyboard": [
                        [{"text": "Open", "url": "https://e.com/"}],
                        [{"text": "No", "callback_data": "NO"}],
                    ]
                },
            },
        ),
        (
            QuickReplies("Size?", (QuickReply("S", "s"),)),
            "sendMessage",
            {"text": "Size?", "reply_markup": {"inline_keyboard": [[{"text": "S", "callback_data": "s"}]]}},
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_content_goes_by_its_method(content: Message, method: str, fields: dict[str, Any]) -> None:
    call = built(content)
    assert (call.method, call.url) == ("POST", f"https://api.telegram.org/bot123:A-b_C/{method}")
    assert ("Content-Type", "application/json") in call.headers
    assert json.loads(call.body) == {"chat_id": "3527065", **fields}


@pytest.mark.parametrize(
    ("kind", "silent"),
    [(NotificationType.REGULAR, {}), (NotificationType.SILENT_PUSH, {"disable_notification": True}),
     (NotificationType.NO_PUSH, {"disable_notification": True})],
)  # fmt: skip
def test_whatever_is_not_regular_makes_no_sound(kind: NotificationType, silent: dict[str, Any]) -> None:
    sent = json.loads(built(Text("hi"), notification_type=kind).body)
    assert sent == {"chat_id": "3527065", "text": "hi", **silent}


def test_a_token_cannot_leave_its_place_in_the_path_and_a_gateway_is_a_setting() -> None:
    account = Account({"bot_token": "1:a/../x?y"}, {"base_url": "http://127.0.0.1:8570/"})
    assert built(Text("hi"), account).url == "http://127.0.0.1:8570/bot1:a%2F..%2Fx%3Fy/sendMessage"


BUTTON = Button("Yes", payload="YES")


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (Text("x" * 4096), []),
        (Text("😀" * 4096), []),  # the server counts characters
        (Text("x" * 4097), ["text_too_long:4096"]),
        (Image("https://e.com/a.png", "x" * 1024), []),
        (Image("https://e.com/a.png", "x" * 1025), ["caption_too_long:1024"]),
        (Buttons("hi", (Button("Yes", payload="x" * 64),)), []),
        (Buttons("hi", (Button("Yes", payload="é" * 33),)), ["payload_too_long:64"]),  # bytes
        (Buttons("hi", (Button("Open", url="https://localhost/"),)), ["url_invalid"]),
        (Buttons("hi", (Button("Open", url="https://[half/"),)), ["url_invalid"]),
        (Buttons("hi", (Button("Open", url="javascript:1"),)), ["url_invalid"]),
        (Buttons("hi", (BUTTON,) * 101), ["buttons_count:100"]),
        (QuickReplies("hi", (QuickReply("Yes", "x" * 65),)), ["payload_too_long:64"]),
        (Template("order", "en"), ["unsupported"]),
    ],
)
def test_what_telegram_cannot_express_is_named(content: Message, problems: list[str]) -> None:
    assert telegram.problems(content) == problems
    if problems:
        with pytest.raises(UnsupportedMessage):
            built(content)


def test_registering_names_our_address_a_secret_and_what_we_listen_to() -> None:
    ask = telegram.register_webhook(ACCOUNT)
    assert ask is not None
    assert ask.call.url.endswith("/setWebhook")
    wish = json.loads(ask.call.body)
    assert (wish["url"], wish["allowed_updates"]) == (
        "https://shop.example/webhooks/telegram/x/",
        ["message", "callback_query", "my_chat_member"],
    )
    assert len(wish["secret_token"]) == 64
    stored = telegram.register_webhook(Account({**ACCOUNT.credentials, "secret_token": "mine_1"}, {}))
    assert stored is not None
    assert json.loads(stored.call.body)["secret_token"] == "mine_1"


def test_the_pace_is_thirty_a_second_and_the_owners_to_change() -> None:
    assert telegram.sends_per_second({}) == 30.0
    assert telegram.sends_per_second({"sends_per_second": 5}) == 5.0
