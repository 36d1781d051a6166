"""Providers post as fast as the web processes take it, while these are killed: nothing is lost or counts twice."""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException

import pytest

from channels.models import Contact, SeenEvent
from sequences.models import Subscription
from sequences.rules.payloads import encode
from tests.builders import a_sequence
from tests.channels.calling_webhooks import a_webhook_page, address_of
from tests.doubles.graph_events import post_of, postback, signature
from tests.journeys.conftest import Report
from tests.journeys.sizes import IS_FULL
from tests.journeys.web_server import WebServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once("postgresql")]

POSTS = 2000 if IS_FULL else 80
CONNECTIONS = 8 if IS_FULL else 4
# After how many posts a web process dies.
KILLS = (250, 500, 750, 1000, 1500) if IS_FULL else (30,)
PATIENCE = 60.0


@dataclass
class Provider:
    """Each person taps once; a post that is not answered 200 is posted again, as Meta does.

    `kill` ends a web process in the middle of others' posts.
    """

    port: int
    address: str
    payload: str
    kill: Callable[[], object]
    answers: Counter[int] = field(default_factory=Counter)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def taps(self, connection: int) -> None:
        """One connection's posts, one after the other, as fast as they are answered."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=30)
        while (number := next(self._numbers)) < POSTS:
            if number in KILLS:
                self.kill()
            body = post_of(postback(f"person-{number}", datetime.now(UTC), self.payload))
            patient_until = time.monotonic() + PATIENCE
            while self._post(line, body) != 200 and time.monotonic() < patient_until:
                pass
        line.close()

    def _post(self, line: HTTPConnection, body: bytes) -> int:
        """The status; 0 where the connection broke."""
        status = self._answer(line, body)
        if status == 0:
            line.close()
        self.answers[status] += 1
        return status

    def _answer(self, line: HTTPConnection, body: bytes) -> int:
        try:
            head = {"Content-Type": "application/json", "X-Hub-Signature-256": signature(body)}
            line.request("POST", self.address, body, head)
            answer = line.getresponse()
            answer.read()
        except (OSError, HTTPException):
            return 0
        return answer.status


def test_what_is_posted_at_full_speed_while_a_web_process_dies_counts_once(web: WebServer, report: Report) -> None:
    """Reentry is allowed, so that a second effect would be a second subscription."""
    page = a_webhook_page()
    sequence = a_sequence(page.workspace, steps=())
    payload = encode({"action": "subscribe", "sequence": sequence.public_id})
    chance = random.Random(7)
    provider = Provider(web.port, address_of(page), payload, lambda: web.kill_a_worker(chance))
    began = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(provider.taps, range(CONNECTIONS)))
    spent, again = time.monotonic() - began, provider.answers.total() - POSTS
    report(
        f"{POSTS} posts over {CONNECTIONS} connections in {spent:.1f} s, {len(KILLS)} web processes killed, "
        f"{again} posted again: {dict(provider.answers)}"
    )
    assert provider.answers[200] == POSTS
    assert SeenEvent.objects.count() == Contact.objects.count() == POSTS
    assert Subscription.objects.filter(state="completed").count() == Subscription.objects.count() == POSTS
