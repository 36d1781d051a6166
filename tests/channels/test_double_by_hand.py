"""`make double`: what it says to type works as it stands, from a channel to a person who wrote and one who left."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client

from channels.actions.check_connection import Verdict, check_connection
from channels.actions.refresh_templates import refresh_templates
from channels.ask import account_of
from channels.backends import backend_for
from channels.messages import Answer
from channels.models import Channel, Contact
from sequencer.workspaces.actor import SYSTEM
from tests.builders import LONG_AGO, a_channel
from tests.channels.calling_webhooks import a_webhook_page, address_of, in_process
from tests.doubles.by_hand import HANDS, how_to_connect
from tests.doubles.graph_hands import WhatsAppHand
from tests.doubles.hands import Hand
from tests.doubles.http_server import Request

PUBLIC = "http://testserver"


def asked(path: str, **body: str) -> Request:
    return Request("POST", f"/_double/{path}", {}, {}, json.dumps(body).encode())


@pytest.mark.django_db
@pytest.mark.once("sqlite")
@pytest.mark.parametrize("kind", HANDS)
def test_each_kind_connects_and_its_people_write_and_leave(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.webhooks.views.enqueue_profiles", lambda contact_ids: None)
    hand = HANDS[kind](in_process)
    hand.server.start()
    base_url = f"http://{hand.server.host}:{hand.server.port}"
    channel = a_channel(kind=kind, credentials=hand.credentials, settings={**hand.settings, "base_url": base_url})
    try:
        assert check_connection(channel, now=LONG_AGO, actor=SYSTEM).verdict is Verdict.CONNECTED
    finally:
        hand.server.stop()
    assert hand.handle(asked("says", person=hand.person)).status == 409  # nobody said where our webhook is
    _register(channel, hand)
    assert hand.handle(asked("says", person=hand.person, text="Hello")).status == 200
    contact = Contact.objects.get(channel=channel)
    assert (contact.address, contact.is_available) == (hand.person, True)
    if hand.can_leave:
        assert b"200" in hand.handle(asked("leaves", person=hand.person)).body
        contact.refresh_from_db()
        assert not contact.is_available
    words = how_to_connect(hand, base_url)
    assert all(value in words for value in (*hand.credentials.values(), base_url, hand.person))


def _register(channel: Channel, hand: Hand) -> None:
    """What Register webhook does, or what is typed at the provider; all in this thread, whose database it is."""
    if isinstance(hand, WhatsAppHand):
        hand.graph.subscriptions.get = lambda url: Client().get(url.removeprefix(PUBLIC)).content.decode()
    if not hand.is_registered:
        hand.handle(asked("webhook", url=PUBLIC + address_of(channel)))
        return
    ask = backend_for(channel.kind).register_webhook(account_of(channel))
    assert ask is not None
    parts = urlsplit(ask.call.url)
    headers = {name.lower(): value for name, value in ask.call.headers}
    query = dict(parse_qsl(parts.query))
    reply = hand.handle(Request(ask.call.method, parts.path, query, headers, ask.call.body))
    ask.parse(Answer(reply.status, {}, reply.body))


@pytest.fixture
def said() -> Iterator[str]:
    """All that the process prints before it waits."""
    command = [sys.executable, "-m", "tests.doubles.by_hand", "messenger"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while "_double/accepted" not in lines[-1]:
            assert lines[-1], "it ended"
            lines.append(process.stdout.readline())
        yield "".join(lines)
        process.terminate()


def typed(command: str) -> str:
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=20, check=True)
    return done.stdout


@pytest.mark.django_db(transaction=True)
@pytest.mark.once("sqlite")
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_what_the_double_says_to_type_connects_a_channel(said: str, live_server) -> None:
    found = re.search(r"base address: (http://127\.0\.0\.1:\d+)", said)
    assert found
    page: Channel = a_webhook_page(base_url=found[1])
    webhook, says, template = re.findall(r"^   (curl .+)$", said, re.MULTILINE)
    assert typed(webhook.replace("THE WEBHOOK ADDRESS", live_server.url + address_of(page))) == "{}"
    assert typed(says) == '{"webhook_answered": 200}'
    assert Contact.objects.get(channel=page).last_interaction_at is not None
    assert typed(template) == "{}"
    assert refresh_templates(page, now=LONG_AGO, actor=SYSTEM) == 1
