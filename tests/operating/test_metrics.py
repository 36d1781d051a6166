"""/metrics: the names that alarms are built on, figures that are true, and nothing for strangers."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from sequences.actions import counters
from sequences.actions.counters import count, store_counters
from tests.actions.cast import a_sandbox, enter
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow
from tests.engine import Clock, Engine

pytestmark = pytest.mark.django_db(transaction=True)

HERE, WORLD = "http://localhost:8000", "https://sequencer.example.com"
OPERATING = Path(__file__).resolve().parents[2] / "docs" / "operating.md"


def figures(**headers: str) -> dict[tuple[str, tuple[str, ...]], float]:
    response = Client().get("/metrics", headers=headers)
    assert response.status_code == 200, response.content
    found = text_string_to_metric_families(response.content.decode())
    return {(one.name, tuple(one.labels.values())): one.value for family in found for one in family.samples}


def test_what_was_sent_is_counted_once_and_how_late(engine: Engine, clock: Clock) -> None:
    store_counters(0)  # what other tests of this process left
    before = figures()
    channel = a_sandbox()
    blocks = [{"type": "text", "text": text} for text in ("One", "Two")]
    sequence = a_sequence(channel.workspace, [{"sub_flow": a_sub_flow(channel.workspace, blocks=blocks)}])
    for _ in range(3):
        enter(sequence, a_contact(channel), now=clock())
    clock.forward(seconds=3)
    assert figures()["sequencer_due_messages", ("sandbox",)] == 3
    assert figures()["sequencer_oldest_due_seconds", ()] == 3
    engine.settle()
    store_counters(1)
    after = figures()

    def grew(name: str, *labels: str) -> float:
        return after[name, labels] - before.get((name, labels), 0)

    assert grew("sequencer_deliveries_total", "sandbox", "sent") == 3
    assert grew("sequencer_lateness_seconds_count") == 3
    assert grew("sequencer_lateness_seconds_sum") == 9
    assert grew("sequencer_lateness_seconds_bucket", "2") == 0
    assert grew("sequencer_lateness_seconds_bucket", "5") == 3
    assert grew("sequencer_provider_request_seconds_count", "sandbox", "accepted") == 6
    assert after["sequencer_due_messages", ("sandbox",)] == 0


def test_what_had_to_wait_is_counted_by_what_for(engine: Engine, clock: Clock) -> None:
    store_counters(0)
    before = figures()
    channel = a_sandbox()
    steps = [{}, {"delay_unit": "hours", "delay_amount": 1, "window_start": time(9), "window_end": time(14)}]
    enter(a_sequence(channel.workspace, steps), a_contact(channel), now=clock())
    engine.settle()
    engine.travel(hours=3)  # it was due at one, and the worker comes at three
    store_counters(0)
    name = "sequencer_holds_total", ("outside_window",)
    assert figures()[name] - before.get(name, 0) == 1


def test_calls_of_webhooks_are_counted_by_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "STORED_EVERY", 0)
    credentials = {"page_id": "1", "page_access_token": "t", "app_secret": "s", "verify_token": "v"}
    page = a_channel(kind="messenger", credentials=credentials)
    before = figures()
    response = Client().post(f"/webhooks/messenger/{page.public_id}/", b"{}", content_type="application/json")
    assert response.status_code in (400, 401, 403)
    Client().post("/webhooks/messenger/chn_nobody/", b"{}", content_type="application/json")
    name = "sequencer_webhooks_in_total", ("messenger", "rejected")
    assert figures()[name] - before.get(name, 0) == 1


def test_what_could_not_be_stored_is_counted_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    store_counters(0)
    count("holds_total", ("retry",), 2)

    def refuses(*given: Any) -> None:
        raise OperationalError("the server is gone")

    before = figures().get(("sequencer_holds_total", ("retry",)), 0)
    with monkeypatch.context() as gone:
        gone.setattr(counters, "_store", refuses)
        with pytest.raises(OperationalError):
            store_counters(0)
    store_counters(0)
    assert figures()["sequencer_holds_total", ("retry",)] - before == 2


def test_counting_costs_no_statement_a_message(engine: Engine, clock: Clock, django_assert_num_queries: Any) -> None:
    channel = a_sandbox()
    sequence = a_sequence(channel.workspace)
    for _ in range(20):
        enter(sequence, a_contact(channel), now=clock())
    engine.settle()
    with django_assert_num_queries(1):
        store_counters(2)
    with django_assert_num_queries(0):
        store_counters(2)


@pytest.fixture(autouse=True)
def at_home(settings: Any) -> None:
    settings.PUBLIC_URL = HERE


@pytest.mark.parametrize(
    ("public_url", "address", "status"),
    [
        (HERE, "127.0.0.1", 200),
        ("http://127.0.0.1:8000", "10.1.2.3", 200),
        ("http://[::1]:8000", "127.0.0.1", 200),
        (WORLD, "127.0.0.1", 403),  # a proxy that says nothing of itself, and behind it the world
        (WORLD, "10.1.2.3", 403),
        ("http://10.1.2.3:8000", "10.1.2.3", 403),
    ],
)
def test_an_installation_that_the_world_reaches_needs_the_token(
    public_url: str, address: str, status: int, settings: Any
) -> None:
    settings.PUBLIC_URL = public_url
    response = Client(REMOTE_ADDR=address).get("/metrics")
    assert response.status_code == status
    assert status == 200 or b"Set METRICS_TOKEN" in response.content


@pytest.mark.parametrize(
    ("token", "headers", "address", "status"),
    [
        ("", {}, "127.0.0.1", 200),
        ("", {}, "10.1.2.3", 200),
        ("", {}, "8.8.8.8", 403),  # a stranger
        ("", {"X-Forwarded-For": "8.8.8.8"}, "127.0.0.1", 403),  # a stranger, by way of the proxy
        ("s3cret", {}, "127.0.0.1", 403),
        ("s3cret", {"Authorization": "Bearer wrong"}, "127.0.0.1", 403),
        ("s3cret", {"Authorization": "Bearer s3cret", "X-Forwarded-For": "8.8.8.8"}, "127.0.0.1", 200),
    ],
)
def test_strangers_read_nothing(token: str, headers: dict[str, str], address: str, status: int, settings: Any) -> None:
    settings.METRICS_TOKEN = token
    response = Client(REMOTE_ADDR=address).get("/metrics", headers=headers)
    assert response.status_code == status


def test_every_figure_is_explained_and_every_explained_one_is_there(engine: Engine, clock: Clock) -> None:
    channel = a_sandbox()
    enter(a_sequence(channel.workspace), a_contact(channel), now=clock())
    engine.settle()
    store_counters(3)
    shown = {family.name for family in text_string_to_metric_families(Client().get("/metrics").content.decode())}
    named = set(re.findall(r"^\| `(sequencer_\w+?)(?:_total)?(?:\{|`)", OPERATING.read_text(), re.MULTILINE))
    # Shown from the first reconciliation on.
    assert named - shown == {"sequencer_conservation_gap", "sequencer_reconciled_age_seconds"}
    assert shown <= named
