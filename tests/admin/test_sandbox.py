"""The sandbox chat: what a person sees, and answers in their name."""

from __future__ import annotations

import pytest
from django.urls import reverse

from channels.content import Button, Buttons, Image, QuickReplies, QuickReply, Text
from channels.messages import LocalMessage
from channels.models import Contact, SandboxMessage
from channels.sandbox import show_messages
from sequencer.workspaces.models import Role
from tests.admin.conftest import NOW, Shop


def shown(shop: Shop, content, key: str = "1.0") -> SandboxMessage:
    show_messages([LocalMessage(shop.lea.pk, shop.sandbox.pk, key, content)], now=NOW)
    return SandboxMessage.objects.get(key=key, workspace=shop.workspace)


def test_a_message_arrives_as_a_bubble(shop: Shop):
    feed = reverse("admin:sandbox_messages", args=[shop.lea.pk])
    assert shop.as_(Role.EDITOR).get(feed).json() == {"messages": []}
    message = shown(shop, Text("Hello <script>alert(1)</script>"))
    [new] = shop.as_(Role.EDITOR).get(feed).json()["messages"]
    assert new["id"] == message.pk
    assert "Hello &lt;script&gt;" in new["html"]


def test_an_address_that_is_none_of_the_web_is_no_link(shop: Shop):
    shown(shop, Buttons("Look", (Button("Bad", url="javascript:alert(1)"), Button("Good", url="https://example.com/"))))
    text = shop.as_(Role.EDITOR).get(reverse("admin:sandbox_chat", args=[shop.lea.pk])).content.decode()
    assert "javascript:" not in text
    assert 'href="https://example.com/"' in text


def test_an_answer_opens_the_reply_window_and_shows(shop: Shop):
    page = reverse("admin:sandbox_answer", args=[shop.lea.pk])
    assert shop.as_(Role.EDITOR).post(page, {"text": "Thanks"}).status_code == 302
    assert Contact.objects.get(pk=shop.lea.pk).last_interaction_at is not None
    assert SandboxMessage.objects.get(direction="from_contact").content["text"] == "Thanks"


def test_a_tap_sends_the_payload_that_the_message_carried(shop: Shop):
    message = shown(shop, QuickReplies("Well?", (QuickReply("Good", "seq1:a3:vip"),)))
    page = reverse("admin:sandbox_answer", args=[shop.lea.pk])
    shop.as_(Role.EDITOR).post(page, {"message": message.pk, "button": "0"})
    assert Contact.objects.get(pk=shop.lea.pk).tags == ["vip"]
    assert shop.as_(Role.EDITOR).post(page, {"message": message.pk, "button": "7"}).status_code == 404


@pytest.mark.parametrize("name", ["sandbox_chat", "sandbox_messages", "sandbox_answer"])
def test_nobody_talks_for_people_of_another_workspace(shop: Shop, other: Shop, name: str):
    page = reverse(f"admin:{name}", args=[other.lea.pk])
    assert shop.as_(Role.EDITOR).post(page, {"text": "Hi"}).status_code == 404
    assert shop.as_(Role.VIEWER).post(page, {"text": "Hi"}).status_code == 403
    assert not SandboxMessage.objects.exists()


def test_a_message_of_somebody_else_cannot_be_tapped(shop: Shop, other: Shop):
    message = shown(other, QuickReplies("Well?", (QuickReply("Good", "good"),)))
    page = reverse("admin:sandbox_answer", args=[shop.lea.pk])
    assert shop.as_(Role.EDITOR).post(page, {"message": message.pk, "button": "0"}).status_code == 404


def test_viewers_do_not_talk(shop: Shop):
    assert shop.as_(Role.VIEWER).get(reverse("admin:sandbox")).status_code == 403


@pytest.mark.parametrize(
    ("address", "src"),
    [
        # Our own file, by the name and port under which the demonstration was made.
        ("http://localhost:8171/static/sequences/demo/reading.png", "/static/sequences/demo/reading.png"),
        ("http://127.0.0.1:8000/static/sequences/demo/reading.png", "/static/sequences/demo/reading.png"),
        # Somebody else's file, and what is none of our static files.
        ("https://e.example/static/a.png", "https://e.example/static/a.png"),
        ("http://localhost:8171/media/a.png", "http://localhost:8171/media/a.png"),
    ],
)
def test_our_own_picture_shows_under_whatever_name_the_page_was_opened(shop: Shop, address: str, src: str):
    shown(shop, Image(address))
    text = shop.as_(Role.EDITOR).get(reverse("admin:sandbox_chat", args=[shop.lea.pk])).content.decode()
    assert f'<img src="{src}"' in text
