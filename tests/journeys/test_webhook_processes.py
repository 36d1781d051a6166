"""Meta repeats itself to four web processes at once: every event has its effect once."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.db import connection

from channels.models import Contact, SeenEvent
from sequencer.workspaces.models import AuditEvent
from sequences.models import Subscription
from sequences.rules.payloads import encode
from tests.builders import a_sequence
from tests.channels.calling_webhooks import a_webhook_page, address_of
from tests.doubles.graph_events import message, policy, post_of, postback, signature
from tests.journeys.conftest import Report
from tests.journeys.worker_tree import ROOT, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

PROCESSES, REPEATS = 4, 20
PEOPLE = ("ann", "bob", "cleo")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def ports(process_environment: dict[str, str]) -> Iterator[list[int]]:
    """Four web servers, each a process of its own, on the test's database."""
    chosen, started = [free_port() for _ in range(PROCESSES)], []
    for port in chosen:
        command = [sys.executable, "-m", "gunicorn", "sequencer.wsgi", "--bind", f"127.0.0.1:{port}"]
        options = ["--workers", "1", "--worker-class", "gthread", "--threads", "4", "--no-control-socket"]
        started.append(subprocess.Popen([*command, *options], cwd=ROOT, env=process_environment))
    for port in chosen:
        wait_until(partial(listens, port), 60, "a web server that listens")
    yield chosen
    for process in started:
        process.terminate()
    for process in started:
        process.wait(20)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def send(address: str, body: bytes) -> int:
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature(body)}
    try:
        with urlopen(Request(address, body, headers), timeout=60) as answer:  # noqa: S310
            return int(answer.status)
    except HTTPError as refused:
        return refused.code


def test_twenty_repeats_in_any_order_to_four_processes_have_their_effects_once(
    ports: list[int], report: Report
) -> None:
    """A sequence without messages completes at once and takes people again: a second effect would be a second row."""
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    page = a_webhook_page()
    sequence = a_sequence(page.workspace, steps=())
    payload = encode({"action": "subscribe", "sequence": sequence.public_id})
    bodies = [
        post_of(*(message(person, now) for person in PEOPLE)),
        post_of(*(message(person, now) for person in reversed(PEOPLE)), policy(now, "warning")),
        post_of(*(postback(person, now, payload) for person in PEOPLE)),
        post_of(postback("cleo", now, payload), message("ann", now), policy(now, "warning")),
    ]
    posts = [(port, body) for body in bodies for port in ports * (REPEATS // PROCESSES)]
    assert len(posts) == len(bodies) * REPEATS
    random.Random(7).shuffle(posts)
    address = address_of(page)
    with ThreadPoolExecutor(2 * PROCESSES) as pool:
        statuses = Counter(pool.map(lambda one: send(f"http://127.0.0.1:{one[0]}{address}", one[1]), posts))
    report(f"{len(posts)} posts to {PROCESSES} processes on {connection.vendor}: {dict(statuses)}")
    assert statuses == {200: len(posts)}
    assert Counter(Subscription.objects.values_list("contact__address", "state")) == {
        (person, "completed"): 1 for person in PEOPLE
    }
    assert Contact.objects.count() == len(PEOPLE)
    assert AuditEvent.objects.filter(verb="policy_notice").count() == 1
    assert SeenEvent.objects.count() == 2 * len(PEOPLE) + 1
