"""What WhatsApp is sent: the documented request of each content, and what is refused before any call."""

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
    Place,
    QuickReplies,
    QuickReply,
    Slot,
    Template,
    Text,
    Video,
)
from channels.errors import UnsupportedMessage
from channels.messages import Account, HttpCall, NotificationType, Outgoing, Recipient, Route
from tests.doubles.whatsapp_events import CREDENTIALS, NUMBER_ID

WHATSAPP = backend_for("whatsapp")
ANN = Recipient("33612345678")
BODY = Slot(Place.BODY)


def build(content: Message, to: Recipient = ANN, **more: Any) -> HttpCall:
    route = Route.UTILITY_TEMPLATE if isinstance(content, Template) else Route.MESSAGE
    message = Outgoing(content, "7.0", **{"route": route, **more})
    call = WHATSAPP.build(message, to, Account(CREDENTIALS))
    assert isinstance(call, HttpCall)
    return call


def tapped(*buttons: tuple[str, str]) -> dict[str, Any]:
    replies = [{"type": "reply", "reply": {"id": payload, "title": label}} for label, payload in buttons]
    return {"type": "button", "body": {"text": "Sure?"}, "action": {"buttons": replies}}


CONTENTS: list[tuple[Message, str, Any]] = [
    (Text("Bonjour"), "text", {"preview_url": False, "body": "Bonjour"}),
    (Image("https://e.com/a.png"), "image", {"link": "https://e.com/a.png"}),
    (Image("https://e.com/a.png", "Look"), "image", {"link": "https://e.com/a.png", "caption": "Look"}),
    (Video("https://e.com/a.mp4", "Look"), "video", {"link": "https://e.com/a.mp4", "caption": "Look"}),
    (Audio("https://e.com/a.mp3"), "audio", {"link": "https://e.com/a.mp3"}),
    (File("https://e.com/x/a%20b.pdf"), "document", {"link": "https://e.com/x/a%20b.pdf", "filename": "a b.pdf"}),
    (File("https://e.com/"), "document", {"link": "https://e.com/"}),
    (
        Buttons("Sure?", (Button("Yes", payload="Y"), Button("No", payload="N"))),
        "interactive",
        tapped(("Yes", "Y"), ("No", "N")),
    ),
    (QuickReplies("Sure?", (QuickReply("Yes", "Y"),)), "interactive", tapped(("Yes", "Y"))),
    (
        Buttons("Look", (Button("Open", url="https://e.com/"),)),
        "interactive",
        {
            "type": "cta_url",
            "body": {"text": "Look"},
            "action": {"name": "cta_url", "parameters": {"display_text": "Open", "url": "https://e.com/"}},
        },
    ),
]


@pytest.mark.parametrize(("content", "kind", "expected"), CONTENTS, ids=lambda value: type(value).__name__)
def test_each_content_is_written_as_documented(content: Message, kind: str, expected: Any) -> None:
    call = build(content)
    assert json.loads(call.body) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "33612345678",
        "type": kind,
        kind: expected,
        "biz_opaque_callback_data": "7.0",
    }


def test_the_call_carries_its_token_in_a_header_and_the_proof_in_the_address() -> None:
    call = build(Text("hi"))
    assert call.url.startswith(f"https://graph.facebook.com/v25.0/{NUMBER_ID}/messages?appsecret_proof=")
    assert dict(call.headers)["Authorization"] == f"Bearer {CREDENTIALS['access_token']}"
    assert CREDENTIALS["access_token"] not in call.url


def test_who_hides_their_number_is_written_to_by_their_user_id() -> None:
    body = json.loads(build(Text("hi"), Recipient("FR.13491208655302741918")).body)
    assert (body["recipient"], "to" in body) == ("FR.13491208655302741918", False)


@pytest.mark.parametrize("loudness", list(NotificationType))
def test_nothing_is_silent(loudness: NotificationType) -> None:
    assert build(Text("hi"), notification_type=loudness) == build(Text("hi"))


def test_a_template_has_its_parameters_where_they_belong() -> None:
    slots = (
        Slot(Place.HEADER_IMAGE),
        BODY,
        Slot(Place.BODY, "order"),
        Slot(Place.POSTBACK_BUTTON, "0"),
        Slot(Place.URL_BUTTON, "1"),
        Slot(Place.POSTBACK_BUTTON, "2"),
    )
    given = ("https://e.com/a.jpg", "Chef", "7", "Sip", "id00231", "")
    body = json.loads(build(Template("revive", "en_US", given, slots)).body)
    assert body["type"] == "template"
    assert body["template"] == {
        "name": "revive",
        "language": {"policy": "deterministic", "code": "en_US"},
        "components": [
            {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://e.com/a.jpg"}}]},
            {
                "type": "body",
                "parameters": [
                    {"type": "text", "text": "Chef"},
                    {"type": "text", "parameter_name": "order", "text": "7"},
                ],
            },
            {
                "type": "button",
                "sub_type": "quick_reply",
                "index": "0",
                "parameters": [{"type": "payload", "payload": "Sip"}],
            },
            {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "id00231"}]},
        ],
    }


def test_without_slots_the_parameters_are_the_bodys() -> None:
    [body] = json.loads(build(Template("x", "fr", ("a", "b"))).body)["template"]["components"]
    assert (body["type"], [one["text"] for one in body["parameters"]]) == ("body", ["a", "b"])
    assert "components" not in json.loads(build(Template("x", "fr")).body)["template"]


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (Text("x" * 4096), []),
        (Text("é" * 4096), []),  # characters, not bytes
        (Text("x" * 4097), ["text_too_long:4096"]),
        (Buttons("x" * 1025, (Button("Yes", payload="Y"),)), ["text_too_long:1024"]),
        (Image("https://e.com/a.png", "x" * 1025), ["caption_too_long:1024"]),
        (Audio("https://e.com/a.mp3", "Listen"), ["caption_unsupported"]),
        (Buttons("hi", (Button("x" * 21, payload="Y"),)), ["label_too_long:20"]),
        (Buttons("hi", (Button("Yes", payload="Y" * 257),)), ["payload_too_long:256"]),
        (Buttons("hi", (Button("Yes", payload="Y"),) * 4), ["buttons_count:3"]),
        (QuickReplies("hi", (QuickReply("Yes", "Y"),) * 4), ["quick_replies_count:3"]),
        (Buttons("hi", (Button("Go", url="https://e.com/"), Button("Yes", payload="Y"))), ["address_button_alone"]),
        (Buttons("hi", (Button("Go", url="https://e.com/"),) * 2), ["address_button_alone"]),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_whatsapp_cannot_show_is_named(content: Message, problems: list[str]) -> None:
    assert WHATSAPP.problems(content) == problems


def test_a_route_that_does_not_fit_is_refused() -> None:
    with pytest.raises(UnsupportedMessage):
        build(Text("hi"), route=Route.MESSAGE_TAG)
    with pytest.raises(UnsupportedMessage):
        build(Text("hi"), route=Route.UTILITY_TEMPLATE)
