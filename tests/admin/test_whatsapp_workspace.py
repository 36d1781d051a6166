"""What a workspace with a WhatsApp number sees: only what WhatsApp can do, and in its own words."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.urls import reverse

from channels.actions.save_channel import ChannelDraft, save_channel
from channels.backends import backend_for
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Role
from sequencer.workspaces.refusals import Refused
from sequences.admin.channel_line import channel_context
from sequences.admin.phone import Phone
from sequences.admin.warning_words import sentence
from sequences.content_warnings import warnings_of
from tests.admin.conftest import Shop
from tests.builders import LONG_AGO, a_channel, a_sequence, a_sub_flow
from tests.doubles.whatsapp_events import CREDENTIALS

pytestmark = pytest.mark.django_db

MIXED = {
    "type": "buttons",
    "text": "Look",
    "buttons": [{"label": "Open", "url": "https://e.com/"}, {"label": "Yes", "payload": "Y"}],
}
LONG = {"type": "image", "url": "https://e.com/a.png", "caption": "x" * 1025}


def test_the_form_of_a_channel_offers_templates_or_nothing(shop: Shop) -> None:
    channel = a_channel(shop.workspace, "whatsapp", CREDENTIALS)
    page = shop.as_(Role.OWNER).get(reverse("admin:channels_channel_change", args=[channel.pk])).content.decode()
    assert "How to connect a WhatsApp number" in page
    assert f"/webhooks/whatsapp/{channel.public_id}/" in page
    assert 'value="utility_template"' in page
    assert 'value="message_tag"' not in page
    assert "WhatsApp Business account id" in page
    assert not any(secret in page for secret in (CREDENTIALS["access_token"], CREDENTIALS["app_secret"]))


def test_a_tag_is_refused_by_name(shop: Shop) -> None:
    draft = ChannelDraft("whatsapp", "Number", {"after_24_hours": "message_tag"}, CREDENTIALS)
    with pytest.raises(Refused) as caught:
        save_channel(shop.workspace, None, draft, now=LONG_AGO, actor=SYSTEM)
    assert [(problem.field, problem.code) for problem in caught.value.problems] == [
        ("settings.after_24_hours", "unknown_choice")
    ]


def test_a_sequence_shows_the_window_and_no_silence(shop: Shop) -> None:
    number = a_channel(shop.workspace, "whatsapp", CREDENTIALS)
    sequence = a_sequence(shop.workspace)
    sequence.channels.add(number, through_defaults={"workspace": shop.workspace})
    context = channel_context(shop.workspace, SimpleNamespace(fields={}, instance=sequence))
    facts = {fact["channel"].kind: fact for fact in context["channel_facts"]}
    assert (facts["whatsapp"]["has_reply_window"], facts["whatsapp"]["has_silent"]) == (True, False)
    assert (context["has_silent"], context["channel_labels"]) == (False, "WhatsApp")


def test_what_will_not_go_is_said_when_it_is_saved(shop: Shop) -> None:
    number = a_channel(shop.workspace, "whatsapp", CREDENTIALS, name="Number")
    sub_flow = a_sub_flow(shop.workspace, blocks=[MIXED, LONG])
    said = [sentence("", warning) for warning in warnings_of(sub_flow, [number])]
    assert said == [
        "Block 1 cannot go out through “Number”: a button with an address must be the only one.",
        "Block 2 cannot go out through “Number”: the caption is longer than 1024 characters.",
    ]


def test_the_phone_shows_captions_and_says_what_whatsapp_cannot() -> None:
    phone = Phone(backend_for("whatsapp"), {}, {})
    mixed, long, short = phone.bubbles([MIXED, LONG, {**LONG, "caption": "Look"}])
    assert mixed.problems == ["WhatsApp: a button with an address must be the only one."]
    assert long.problems == ["WhatsApp: the caption is longer than 1024 characters."]
    assert (short.text, short.problems) == ("Look", [])
