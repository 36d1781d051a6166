"""The button that tells a provider where to call us, and the guides of the kinds that have one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from channels.admin.connection import GUIDES, NOTHING_TO_REGISTER, REGISTERED
from channels.backends import KINDS
from channels.messages import Account
from channels.models import Channel
from sequencer.workspaces.models import AuditEvent, Role
from tests.admin.conftest import Shop
from tests.builders import a_channel
from tests.doubles.telegram import CREDENTIALS, TelegramDouble


@pytest.fixture
def telegram() -> Iterator[TelegramDouble]:
    with TelegramDouble() as double:
        yield double


def a_bot(shop: Shop, telegram: TelegramDouble, **other: str) -> Channel:
    credentials = {**CREDENTIALS, **other}
    return a_channel(shop.workspace, "telegram", credentials, settings={"base_url": telegram.base_url})


def press(shop: Shop, channel: Channel) -> str:
    shown = shop.as_(Role.OWNER).post(reverse("admin:channels_channel_register", args=[channel.pk]), follow=True)
    [message] = shown.context["messages"]
    return str(message)


def test_the_provider_is_told_our_address_and_the_deed_is_noted(shop: Shop, telegram: TelegramDouble):
    bot = a_bot(shop, telegram)
    assert press(shop, bot) == str(REGISTERED)
    assert telegram.webhook["url"].endswith(f"/webhooks/telegram/{bot.public_id}/")
    event = AuditEvent.objects.latest("id")
    assert (event.verb, event.changes) == ("registered", {"is_registered": [None, True]})


def test_what_stands_in_the_way_is_said(shop: Shop, telegram: TelegramDouble):
    assert press(shop, a_bot(shop, telegram, bot_token="1:old")).startswith("The token was refused (Telegram 401")
    assert press(shop, a_bot(shop, telegram, bot_token="")).startswith("Some credentials are missing")
    assert press(shop, shop.sandbox) == str(NOTHING_TO_REGISTER)


def test_the_button_is_the_owners_and_goes_by_post_with_a_token(shop: Shop, other: Shop, telegram: TelegramDouble):
    address = reverse("admin:channels_channel_register", args=[a_bot(shop, telegram).pk])
    assert shop.as_(Role.OWNER).get(address).status_code == 405
    assert shop.as_(Role.EDITOR).post(address).status_code == 404
    assert other.as_(Role.OWNER).post(address).status_code == 404
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(shop.owner)
    assert forged.post(address).status_code == 403
    assert telegram.requests == []


def test_each_kind_has_its_guide_and_the_button_where_the_provider_has_a_call_for_it(shop: Shop):
    browser = shop.as_(Role.OWNER)
    for kind, backend in KINDS.items():
        channel = a_channel(shop.workspace, kind)
        text = browser.get(reverse("admin:channels_channel_change", args=[channel.pk])).content.decode()
        is_registrable = backend.register_webhook(Account()) is not None
        assert ("Register webhook</button>" in text) is is_registrable, kind
        assert ('class="guide"' in text) is (kind in GUIDES), kind
