"""Providers that batch put up to 1,000 updates into one post: what that costs does not grow with them.

Meta's three kinds and LINE batch. Telegram, Viber and Twilio post each update by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels.actions.record_events import record_events
from channels.ask import account_of
from channels.models import Channel, Contact, SeenEvent
from channels.webhooks import WEBHOOKS, Call
from sequences.models import Counter as StoredCounter
from tests.builders import a_channel, a_contact
from tests.channels.calling_webhooks import a_webhook_page, post
from tests.doubles import graph_events, instagram_events, line, whatsapp_events

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC).replace(microsecond=0)
PEOPLE = 40
Made = Callable[[str, datetime, str], dict[str, Any]]
DOUBLES = {"messenger": graph_events, "instagram": instagram_events, "whatsapp": whatsapp_events, "line": line}
MESSAGES: dict[str, Made] = {
    "messenger": lambda who, at, name: graph_events.message(who, at, mid=name),
    "instagram": lambda who, at, name: graph_events.message(who, at, mid=name),
    "whatsapp": lambda who, at, name: whatsapp_events.message(who, at, id=name),
    "line": lambda who, at, name: {**line.message(who, at), "webhookEventId": name},
}


def taken(channel: Channel, updates: int, at: datetime) -> int:
    """How many statements a post of so many messages takes."""
    said = (MESSAGES[channel.kind](f"4{number % PEOPLE:06}", at, f"{updates}-{number}") for number in range(updates))
    body: bytes = DOUBLES[channel.kind].post_of(*said)
    events = WEBHOOKS[channel.kind].parse(Call(body), account_of(channel))
    with CaptureQueriesContext(connection) as asked:
        record_events(channel, events, now=at)
    assert Contact.objects.filter(channel=channel, last_reply_at=at).count() == min(updates, PEOPLE)
    return len(asked)


@pytest.mark.parametrize("kind", DOUBLES)
def test_a_thousand_updates_in_a_post_take_as_many_statements_as_a_few(kind: str) -> None:
    channel = a_channel(kind=kind, credentials=DOUBLES[kind].CREDENTIALS)
    taken(channel, PEOPLE, NOW)
    Contact.objects.update(profile_read_at=NOW)  # known from now on, so that nobody is asked for
    few, many = taken(channel, 10, NOW + timedelta(seconds=1)), taken(channel, 1000, NOW + timedelta(seconds=2))
    assert SeenEvent.objects.count() == 1000 + 10 + PEOPLE
    if connection.vendor == "postgresql":
        assert few == many == 1, "channels_take_words"
    assert few <= 6, "its own savepoint, the people, what was seen, what they did, whom that concerns"
    assert many <= few + 1, "what was seen is kept 500 a statement"


def test_a_post_asks_for_its_channel_and_for_all_the_rest_at_once() -> None:
    """The figure that docs/benchmarks.md stands on; SQLite, which is no way away, takes the longer one."""
    page = a_webhook_page()
    known = {"first_name": "Ann", "last_name": "Lee", "profile_read_at": NOW}
    a_contact(page, "ann", **known)
    post(page, graph_events.post_of(graph_events.message("ann", NOW)))  # what is read once a process is read
    posts = {
        "a message": graph_events.message("ann", NOW, mid="m_1"),
        "a tap": graph_events.postback("ann", NOW, "MENU"),
        "delivered": graph_events.delivery("ann", NOW, "m_out"),
        "read": graph_events.read("ann", NOW),
    }
    longest = {"postgresql": 2, "sqlite": 8}[connection.vendor]
    for name, one in posts.items():
        with CaptureQueriesContext(connection) as asked:
            assert post(page, graph_events.post_of(one)) == 200
        told = [query["sql"] for query in asked if StoredCounter._meta.db_table not in query["sql"]]
        assert len(told) <= longest, (name, told)
