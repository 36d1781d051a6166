"""What Messenger is sent for each message and each route (docs/providers/messenger.md)."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

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
from channels.messages import Account, ContentType, HttpCall, NotificationType, Outgoing, Recipient, Route

messenger = backend_for("messenger")
ACCOUNT = Account({"page_id": "100", "page_access_token": "EAA/b+c"}, {})
ANN = Recipient("psid-ann")
TEMPLATE = Template("order_update", "en", ("566701", "Ann"))


def built(content: Message, account: Account = ACCOUNT, **how: Any) -> HttpCall:
    call = messenger.build(Outgoing(content, key="d1.0", **how), ANN, account)
    assert isinstance(call, HttpCall)
    return call


def payload(content: Message, **how: Any) -> Any:
    return json.loads(built(content, **how).body)


def test_a_text_inside_the_window_is_an_update_without_a_tag() -> None:
    assert payload(Text("Bonjour"), content_type=ContentType.ACCOUNT_UPDATE) == {
        "recipient": {"id": "psid-ann"},
        "messaging_type": "UPDATE",
        "notification_type": "REGULAR",
        "message": {"text": "Bonjour", "metadata": "d1.0"},
    }


def test_the_address_is_the_pages_with_the_token_as_documented() -> None:
    call = built(Text("hi"))
    address = urlsplit(call.url)
    assert (call.method, address.scheme, address.netloc) == ("POST", "https", "graph.facebook.com")
    assert address.path == "/v25.0/100/messages"
    assert parse_qs(address.query) == {"access_token": ["EAA/b+c"]}
    assert ("Content-Type", "application/json") in call.headers


def test_no_secret_shows_when_a_call_is_printed() -> None:
    assert "EAA" not in repr(built(Text("private words")))
    assert "private" not in repr(built(Text("private words")))
    assert "EAA" not in repr(ACCOUNT)


def test_a_gateway_and_a_version_are_settings() -> None:
    account = Account(ACCOUNT.credentials, {"base_url": "http://127.0.0.1:8099/", "api_version": "v26.0"})
    assert built(Text("hi"), account).url.startswith("http://127.0.0.1:8099/v26.0/100/messages?")


def test_the_app_secret_proves_the_token() -> None:
    account = Account({**ACCOUNT.credentials, "app_secret": "s3cret"}, {})
    query = parse_qs(urlsplit(built(Text("hi"), account).url).query)
    assert query["appsecret_proof"] == [hmac.new(b"s3cret", b"EAA/b+c", hashlib.sha256).hexdigest()]


def test_a_page_id_cannot_leave_its_place_in_the_path() -> None:
    account = Account({"page_id": "1/../me?x=", "page_access_token": "t"}, {})
    assert urlsplit(built(Text("hi"), account).url).path == "/v25.0/1%2F..%2Fme%3Fx%3D/messages"


@pytest.mark.parametrize("notification_type", list(NotificationType))
def test_every_notification_type_goes_along(notification_type: NotificationType) -> None:
    assert payload(Text("hi"), notification_type=notification_type)["notification_type"] == notification_type.name


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (Image("https://e.com/a.png"), {"attachment": {"type": "image", "payload": {"url": "https://e.com/a.png"}}}),
        (Video("https://e.com/a.mp4"), {"attachment": {"type": "video", "payload": {"url": "https://e.com/a.mp4"}}}),
        (Audio("https://e.com/a.mp3"), {"attachment": {"type": "audio", "payload": {"url": "https://e.com/a.mp3"}}}),
        (File("https://e.com/a.pdf"), {"attachment": {"type": "file", "payload": {"url": "https://e.com/a.pdf"}}}),
        (
            Buttons("Shop?", (Button("Open", url="https://e.com/"), Button("No", payload="NO"))),
            {
                "attachment": {
                    "type": "template",
                    "payload": {
                        "template_type": "button",
                        "text": "Shop?",
                        "buttons": [
                            {"type": "web_url", "url": "https://e.com/", "title": "Open"},
                            {"type": "postback", "title": "No", "payload": "NO"},
                        ],
                    },
                }
            },
        ),
        (
            QuickReplies("Size?", (QuickReply("S", "s"), QuickReply("L", "l"))),
            {
                "text": "Size?",
                "quick_replies": [
                    {"content_type": "text", "title": "S", "payload": "s"},
                    {"content_type": "text", "title": "L", "payload": "l"},
                ],
            },
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_content_is_written_as_messenger_wants_it(content: Message, message: dict[str, Any]) -> None:
    assert payload(content)["message"] == {**message, "metadata": "d1.0"}


@pytest.mark.parametrize(
    ("content_type", "tag"),
    [
        (ContentType.CONFIRMED_EVENT_UPDATE, "CONFIRMED_EVENT_UPDATE"),
        (ContentType.POST_PURCHASE_UPDATE, "POST_PURCHASE_UPDATE"),
        (ContentType.ACCOUNT_UPDATE, "ACCOUNT_UPDATE"),
    ],
)
def test_a_tag_travels_on_its_route(content_type: ContentType, tag: str) -> None:
    sent = payload(Text("hi"), route=Route.MESSAGE_TAG, content_type=content_type)
    assert (sent["messaging_type"], sent["tag"]) == ("MESSAGE_TAG", tag)


def test_a_utility_template_carries_its_parameters_in_order() -> None:
    sent = payload(TEMPLATE, route=Route.UTILITY_TEMPLATE, content_type=ContentType.ACCOUNT_UPDATE)
    assert sent["messaging_type"] == "UTILITY"
    assert "tag" not in sent
    assert sent["message"] == {
        "template": {
            "name": "order_update",
            "language": {"code": "en"},
            "components": [
                {"type": "body", "parameters": [{"type": "text", "text": "566701"}, {"type": "text", "text": "Ann"}]}
            ],
        },
        "metadata": "d1.0",
    }


@pytest.mark.parametrize(
    ("content", "how"),
    [
        (Text("hi"), {"route": Route.MESSAGE_TAG}),  # Default-Other has no tag
        (TEMPLATE, {"route": Route.MESSAGE_TAG, "content_type": ContentType.ACCOUNT_UPDATE}),
        (Text("hi"), {"route": Route.UTILITY_TEMPLATE}),  # only a template may take this way
    ],
)
def test_a_message_on_a_route_that_is_not_its_own_is_refused(content: Message, how: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedMessage):
        built(content, **how)


BUTTON = Button("Yes", payload="YES")
REPLY = QuickReply("Yes", "YES")


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (Text("x" * 1999), []),
        (Text("x" * 2000), ["text_too_long:1999"]),
        (Text("  "), ["text_empty"]),
        (Image("https://e.com/a.png", "A caption"), ["caption_unsupported"]),
        (Video("ftp://e.com/a.mp4", "A caption"), ["url_invalid", "caption_unsupported"]),
        (File(""), ["url_invalid"]),
        (Buttons("x" * 640, (BUTTON,) * 3), []),
        (Buttons("x" * 641, (BUTTON,)), ["text_too_long:640"]),
        (Buttons("hi", ()), ["buttons_count:3"]),
        (Buttons("hi", (BUTTON,) * 4), ["buttons_count:3"]),
        (Buttons("hi", (Button("x" * 20, url="https://e.com/"),)), []),
        (Buttons("hi", (Button("x" * 21, payload="A"), Button("", payload=""))), [
            "label_too_long:20", "label_empty", "payload_empty",
        ]),
        (Buttons("hi", (Button("Open", url="javascript:alert(1)"),)), ["url_invalid"]),
        (QuickReplies("hi", (REPLY,) * 13), []),
        (QuickReplies("hi", (REPLY,) * 14), ["quick_replies_count:13"]),
        (QuickReplies("hi", ()), ["quick_replies_count:13"]),
        (QuickReplies("hi", (QuickReply("x" * 21, "y" * 1001),)), ["label_too_long:20", "payload_too_long:1000"]),
        (TEMPLATE, []),
        (Template("", "en"), ["template_incomplete"]),
    ],
)  # fmt: skip
def test_what_messenger_cannot_express_is_named(content: Message, problems: list[str]) -> None:
    assert messenger.problems(content) == problems


def test_the_pace_is_the_kinds_own_unless_the_channel_says_otherwise() -> None:
    assert messenger.sends_per_second({}) == 40.0
    assert messenger.sends_per_second({"sends_per_second": 250}) == 250.0
    for nonsense in ("fast", 0, -1, True, None):
        assert messenger.sends_per_second({"sends_per_second": nonsense}) == 40.0
