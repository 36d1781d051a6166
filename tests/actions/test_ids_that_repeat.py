"""A provider that gives the same id to several messages: each counts as sent once, and only receipts suffer."""

from __future__ import annotations

import socket

import pytest

from sequences.models import Delivery, SentPart, Subscription
from tests.actions.cast import enter, people_of
from tests.builders import a_channel, a_sequence, a_workspace
from tests.doubles.raw_server import RawServer
from tests.engine import Clock, Engine

pytestmark = pytest.mark.django_db(transaction=True)

BODY = b'{"recipient_id": "1", "message_id": "m_always"}'
SAME = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)


def always_the_same(server: RawServer, connection: socket.socket, number: int) -> None:
    while server.read_request(connection):
        connection.sendall(SAME)


def test_one_id_for_all_costs_receipts_and_no_message(engine: Engine, clock: Clock) -> None:
    with RawServer(always_the_same) as provider:
        page = a_channel(
            a_workspace(),
            kind="messenger",
            credentials={"page_access_token": "token"},
            settings={"base_url": provider.url, "sends_per_second": 1000},
        )
        people = people_of(page, 5, last_interaction_at=clock())
        enter(a_sequence(page.workspace), *people, now=clock())
        engine.settle()
        assert len(provider.bodies) == 5
    assert list(Delivery.objects.values_list("state", "attempts")) == [("sent", 1)] * 5
    assert {row.state for row in Subscription.objects.all()} == {"completed"}
    assert [part.provider_message_id for part in SentPart.objects.all()] == ["m_always"]
