"""Meta's kinds: an app asks for the events of an account, and WhatsApp also for an address of the account's own."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from channels.actions.check_connection import Verdict
from channels.actions.register_webhook import register_webhook
from channels.backends import backend_for
from channels.backends.meta_subscriptions import INSTAGRAM_FIELDS, PAGE_FIELDS
from channels.errors import ChannelError, ChannelTrouble
from channels.messages import Account, Answer
from channels.webhooks import WEBHOOKS
from sequencer.workspaces.actor import SYSTEM
from tests.builders import LONG_AGO, a_channel
from tests.doubles import graph_events, instagram_events, whatsapp_events
from tests.doubles.graph import GraphDouble

WHERE = "https://shop.example/webhooks/whatsapp/chn_1/"
ASKED: list[tuple[str, dict[str, str], dict[str, Any], str, dict[str, str]]] = [
    (
        "messenger",
        graph_events.CREDENTIALS,
        {},
        "https://graph.facebook.com/v25.0/100/subscribed_apps",
        {"subscribed_fields": ",".join(PAGE_FIELDS)},
    ),
    (
        "instagram",
        instagram_events.CREDENTIALS,
        {"login": "page"},
        "https://graph.facebook.com/v25.0/me/subscribed_apps",
        {"subscribed_fields": "feed"},
    ),
    (
        "instagram",
        instagram_events.CREDENTIALS,
        {"login": "instagram"},
        "https://graph.instagram.com/v25.0/17841400000000000/subscribed_apps",
        {"subscribed_fields": ",".join(INSTAGRAM_FIELDS)},
    ),
    (
        "whatsapp",
        whatsapp_events.CREDENTIALS,
        {},
        "https://graph.facebook.com/v25.0/102290129340398/subscribed_apps",
        {"override_callback_uri": WHERE, "verify_token": "verify-me"},
    ),
]


@pytest.mark.parametrize(("kind", "credentials", "settings", "url", "wish"), ASKED)
def test_each_kind_asks_at_its_own_place(
    kind: str, credentials: dict[str, str], settings: dict[str, Any], url: str, wish: dict[str, str]
) -> None:
    ask = backend_for(kind).register_webhook(Account(credentials, settings, 1, WHERE))
    assert ask is not None
    parts = urlsplit(ask.call.url)
    assert (ask.call.method, f"{parts.scheme}://{parts.netloc}{parts.path}") == ("POST", url)
    assert json.loads(ask.call.body) == wish
    ask.parse(Answer(200, {}, b'{"success": true}'))
    for body in (b'{"success": false}', b'{"data": []}'):
        with pytest.raises(ChannelTrouble):
            ask.parse(Answer(200, {}, body))
    with pytest.raises(ChannelError):
        ask.parse(Answer(403, {}, b'{"error": {"code": 200, "message": "x"}}'))


def our_answer(url: str) -> str:
    """What our webhook says to Meta's challenge."""
    query = dict(parse_qsl(urlsplit(url).query))
    return WEBHOOKS["whatsapp"].handshake(query, Account(whatsapp_events.CREDENTIALS)) or ""


@pytest.mark.django_db
@pytest.mark.parametrize(("module", "owner"), [(graph_events, "100"), (whatsapp_events, "102290129340398")])
def test_the_double_takes_it_and_looks_whether_the_address_is_ours(module: Any, owner: str) -> None:
    kind = "messenger" if module is graph_events else "whatsapp"
    with GraphDouble() as graph:
        graph.subscriptions.get = our_answer
        channel = a_channel(kind=kind, credentials=module.CREDENTIALS, settings={"base_url": graph.base_url})
        assert register_webhook(channel, now=LONG_AGO, actor=SYSTEM).verdict is Verdict.CONNECTED
        assert owner in graph.subscriptions.asked
        graph.rules.expired_tokens |= set(module.CREDENTIALS.values())
        assert register_webhook(channel, now=LONG_AGO, actor=SYSTEM).verdict is Verdict.TOKEN_REFUSED


@pytest.mark.django_db
def test_whatsapp_refuses_an_address_that_does_not_answer_its_challenge() -> None:
    with GraphDouble() as graph:
        graph.subscriptions.get = lambda url: "something else"
        settings = {"base_url": graph.base_url}
        channel = a_channel(kind="whatsapp", credentials=whatsapp_events.CREDENTIALS, settings=settings)
        assert register_webhook(channel, now=LONG_AGO, actor=SYSTEM).verdict is not Verdict.CONNECTED
        assert graph.subscriptions.asked == {}


def test_every_webhook_of_meta_can_be_registered_from_here() -> None:
    """Twilio alone has none: a number's address is typed in its console."""
    cannot = {kind for kind in WEBHOOKS if backend_for(kind).register_webhook(Account()) is None}
    assert not cannot & {"messenger", "instagram", "whatsapp", "telegram", "line", "viber"}
