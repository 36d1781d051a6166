"""Whatever stops, the canary falls silent, and /readyz and the banner say so within three minutes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client

from sequences.actions import canary, dispatch
from sequences.actions.canary import last_sung_at, start_canary
from sequences.actions.runs import beat, end_run
from sequences.health import views
from sequences.models import Installation, Subscription
from tests.actions.cast import a_sandbox, enter
from tests.builders import a_contact, a_member, a_sequence, a_workspace
from tests.engine import Clock, Engine

pytestmark = pytest.mark.django_db(transaction=True)


def minutes_pass(engine: Engine, *, seconds: int, without: str = "") -> None:
    """What a worker command does, by the clock, `without` one part of it."""
    for _ in range(seconds // 20):
        engine.clock.forward(seconds=20)
        if without != "scheduler":
            start_canary(now=engine.clock())
        if without == "dispatcher":
            continue
        beat(engine.run, now=engine.clock())
        for _ in range(2):
            engine.dispatcher.turn(0)


def readiness() -> tuple[int, list[str]]:
    response = Client().get("/readyz")
    body: dict[str, Any] = response.json()
    return response.status_code, body["reasons"]


def banner_of(client: Client) -> str:
    cache.clear()  # as the ten seconds do for which it is kept
    return client.get("/admin/sequences/sequence/").content.decode()


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(a_member(a_workspace()))
    return client


def test_while_all_is_well_nobody_is_told_anything(engine: Engine, client: Client) -> None:
    minutes_pass(engine, seconds=300)
    assert readiness() == (200, [])
    assert "tell your administrator" not in banner_of(client)


@pytest.mark.parametrize(
    ("stops", "reasons"),
    [
        ("dispatcher", ["no_worker", "canary_silent"]),
        ("claimer", ["canary_silent"]),
        ("scheduler", ["canary_silent"]),
        ("recorder", ["canary_silent"]),
    ],
)
def test_each_part_that_stops_is_missed_within_three_minutes(
    stops: str, reasons: list[str], engine: Engine, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    minutes_pass(engine, seconds=120)
    assert readiness() == (200, [])
    if stops == "claimer":
        monkeypatch.setattr(dispatch, "claim_due", lambda *given, **named: [])
    if stops == "recorder":
        monkeypatch.setattr(engine.dispatcher, "_record", lambda: False)
    minutes_pass(engine, seconds=180, without=stops)
    status, told = readiness()
    assert status == 503
    assert set(reasons) <= set(told)
    assert "tell your administrator" in banner_of(client)


def test_messages_that_nobody_takes_are_told_before_any_worker_ever_ran(clock: Clock, client: Client) -> None:
    contact = a_contact(a_sandbox())
    enter(a_sequence(contact.workspace), contact, now=clock())
    assert "tell your administrator" not in banner_of(client)
    clock.forward(seconds=121)
    assert "tell your administrator" in banner_of(client)
    assert "not_sending" in readiness()[1]


def test_a_channel_that_is_merely_slow_is_no_trouble(engine: Engine) -> None:
    """A hundred are due, and it may send one each ten seconds: late, and not stalled."""
    slow = a_sandbox(sends_per_second=0.1)
    sequence = a_sequence(slow.workspace)
    for _ in range(100):
        enter(sequence, a_contact(slow), now=engine.clock())
    minutes_pass(engine, seconds=300)
    assert readiness() == (200, [])


def test_the_canary_leaves_no_heap_behind_and_nobody_sees_it(
    engine: Engine, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary, "KEPT_FOR", timedelta(minutes=3))
    minutes_pass(engine, seconds=600)
    workspace = Installation.the_one().canary_workspace
    last = last_sung_at()
    assert last is not None
    assert engine.clock() - last <= canary.EVERY
    assert 3 <= Subscription.objects.filter(workspace=workspace).count() <= 5
    assert b"Canary" not in client.get("/admin/sequences/sequence/").content


def test_two_machines_have_one_canary(engine: Engine) -> None:
    assert [start_canary(now=engine.clock()) for _ in range(3)] == [True, False, False]
    assert Subscription.objects.count() == 1


def test_a_database_that_is_away_is_told_and_no_error_page_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*given: Any, **named: Any) -> Any:
        raise OperationalError("the server is gone")

    monkeypatch.setattr(connection, "cursor", refuses)
    assert readiness() == (503, ["database_away"])
    assert Client().get("/healthz").json() == {"status": "ok"}


def test_pages_stand_and_the_banner_is_told_while_the_shared_cache_is_away(
    engine: Engine, client: Client, settings: LazySettings
) -> None:
    minutes_pass(engine, seconds=60)
    engine.clock.forward(seconds=200)
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:9/0"}
    settings.CACHES = {**settings.CACHES, "default": away}
    page = client.get("/admin/sequences/sequence/")
    assert page.status_code == 200
    assert "tell your administrator" in page.content.decode()


def test_a_worker_that_left_in_good_order_is_missed_too(engine: Engine) -> None:
    minutes_pass(engine, seconds=60)
    end_run(engine.run, because="left", now=engine.clock())
    assert "no_worker" in readiness()[1]


def test_asked_again_at_once_it_costs_no_statement(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(views, "KEPT_FOR", 60)
    first = Client().get("/readyz")
    with django_assert_num_queries(0):
        again = Client().get("/readyz")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
