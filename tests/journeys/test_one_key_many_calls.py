"""A thousand calls under one Idempotency-Key while the processes that answer are killed: one effect, one answer."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from threading import Lock

import pytest
from django.core.cache import cache

from channels.models import Contact
from sequences.models import Subscription
from tests.builders import a_channel, a_sequence, a_workspace, an_api_key
from tests.journeys.conftest import Report
from tests.journeys.sizes import IS_FULL
from tests.journeys.web_server import WebServer

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 20
EACH = 50 if IS_FULL else 10
ANSWERS_A_KILL = 30
SEED = 20261129
Heard = Counter[tuple[int, bytes]]


def test_one_key_has_one_effect_whoever_is_killed(web: WebServer, report: Report) -> None:
    cache.clear()
    workspace = a_workspace()
    channel, sequence, key = a_channel(workspace), a_sequence(workspace), an_api_key(workspace)
    contact = {"channel": str(channel.public_id), "address": "ann", "tags": ["once"]}
    body = json.dumps({"sequence": str(sequence.public_id), "contact": contact})
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Idempotency-Key": "one key for all",
        "Connection": "close",
    }
    kills, chance, turn = Counter[str](), random.Random(SEED), Lock()

    def answered() -> None:
        """A process is killed after every few answers, so that slow machines come to an end too."""
        with turn:
            kills["answers"] += 1
            if kills["answers"] % ANSWERS_A_KILL == 0:
                kills["killed"] += web.kill_a_worker(chance)

    def call(_: int) -> Heard:
        """Sent again until it is answered, as whoever holds a key does."""
        heard: Heard = Counter()
        while heard.total() < EACH:
            connection = HTTPConnection("127.0.0.1", web.port, timeout=30)
            try:
                connection.request("POST", "/api/v1/actions/subscribe-to-sequence/", body, headers)
                response = connection.getresponse()
                answer = response.read()
            except (OSError, HTTPException):
                kills["calls cut"] += 1
                time.sleep(0.05)
                continue
            finally:
                connection.close()
            if response.status == 409:
                kills["told to wait"] += 1
                time.sleep(0.05)
                continue
            heard[response.status, answer] += 1
            answered()
        return heard

    with ThreadPoolExecutor(AT_ONCE) as callers:
        answers = sum(callers.map(call, range(AT_ONCE)), Heard())
    report(f"{dict(kills)} under one key: {len(answers)} different answer(s), seed {SEED}")
    ((status, _),) = answers
    assert (status, answers.total()) == (201, AT_ONCE * EACH)
    assert (Contact.objects.count(), Subscription.objects.count()) == (1, 1)
    assert kills["killed"] > 0
