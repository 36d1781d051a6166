"""Providers repeat themselves, all at once and in any order: the effects come once. Both engines, real connections."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from channels.inbound import Interaction
from channels.models import Contact, SeenEvent
from channels.signals import people_interacted
from sequencer.workspaces.models import AuditEvent
from sequences.models import Subscription
from sequences.rules.payloads import encode
from tests.builders import a_sequence
from tests.channels.calling_webhooks import a_webhook_page, post
from tests.doubles.graph_events import message, policy, post_of, postback

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
REPEATS = 20
PROCESSES = 4
pytestmark = pytest.mark.django_db(transaction=True)


def test_twenty_repeats_in_any_order_have_their_effects_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.webhooks.views.enqueue_profiles", lambda contact_ids: None)
    page = a_webhook_page()
    sequence = a_sequence(page.workspace)
    payload = encode({"action": "subscribe", "sequence": sequence.public_id})
    people = ["ann", "bob", "cleo"]
    bodies = [
        post_of(*(message(person, NOW) for person in people)),
        post_of(*(message(person, NOW) for person in reversed(people)), policy(NOW, "warning")),
        post_of(*(postback(person, NOW, payload) for person in people)),
        post_of(postback("cleo", NOW, payload), message("ann", NOW), policy(NOW, "warning")),
    ]
    posts = bodies * REPEATS
    random.Random(7).shuffle(posts)
    told: Counter[tuple[str, str]] = Counter()

    def listen(*, interactions: list[Interaction], **others: object) -> None:
        told.update((one.contact.address, one.kind.value) for one in interactions)

    def send(body: bytes) -> int:
        try:
            return post(page, body)
        finally:
            connections.close_all()

    people_interacted.connect(listen)
    try:
        with ThreadPoolExecutor(PROCESSES) as pool:
            statuses = Counter(pool.map(send, posts))
    finally:
        people_interacted.disconnect(listen)
    assert statuses == {200: len(posts)}
    assert told == {(person, kind): 1 for person in people for kind in ("message", "button")}
    assert (Contact.objects.count(), Subscription.objects.count()) == (3, 3)
    assert AuditEvent.objects.filter(verb="policy_notice").count() == 1
    assert SeenEvent.objects.count() == 7
