"""Two dispatchers over the same due messages: each is sent once."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest
from django.db import connection, connections

from channels.models import Contact, SandboxMessage
from sequencer.workspaces.actor import SYSTEM
from sequences.actions.subscribe import subscribe
from sequences.models import Delivery, Sequence, Subscription
from tests.actions.cast import a_sandbox
from tests.builders import LONG_AGO, a_sequence, a_workspace
from tests.engine import Clock, Engine

pytestmark = pytest.mark.django_db(transaction=True)

MANY = {"postgresql": 5_000, "sqlite": 1_000}


def test_two_dispatchers_send_each_message_once(engine: Engine, clock: Clock) -> None:
    """PostgreSQL: two threads, 5,000 messages. SQLite lets one write at a time: turn by turn, 1,000."""
    count = MANY[connection.vendor]
    channel = a_sandbox(a_workspace())
    people = Contact.objects.bulk_create(
        Contact(workspace=channel.workspace, channel=channel, address=f"p{number}", created_at=LONG_AGO)
        for number in range(count)
    )
    enter_all(a_sequence(channel.workspace), people, clock)
    both = [engine, Engine(clock, seed=2)]
    (race if connection.vendor == "postgresql" else take_turns)(both)
    shown = Counter(SandboxMessage.objects.values_list("contact", flat=True))
    assert shown == Counter(person.pk for person in people)
    assert Counter(Delivery.objects.values_list("state", "attempts")) == {("sent", 1): count}
    assert not Subscription.objects.active().exists()
    both[1].close()


def enter_all(sequence: Sequence, people: list[Contact], clock: Clock) -> None:
    for start in range(0, len(people), 1000):
        subscribe(sequence, people[start : start + 1000], now=clock(), actor=SYSTEM)


def take_turns(both: list[Engine]) -> None:
    for _ in range(500):
        moved = [engine.dispatcher.turn(0) for engine in both]
        if not any(moved) and all(engine.dispatcher.is_idle for engine in both):
            return
    raise AssertionError("they never came to rest")


def race(both: list[Engine]) -> None:
    """Each in a thread and over a connection of its own, until nothing is due."""
    troubles: list[BaseException] = []
    worked: Counter[int] = Counter()
    threads = [threading.Thread(target=run_until_done, args=(engine, troubles, worked)) for engine in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert troubles == []
    assert len(worked) == 2  # it was a race, not a relay


def run_until_done(engine: Engine, troubles: list[BaseException], worked: Counter[int]) -> None:
    ends_at = time.monotonic() + 80
    try:
        while Subscription.objects.active().exists() and time.monotonic() < ends_at:
            if engine.dispatcher.turn(0.01):
                worked[engine.run.pk] += 1
    except BaseException as error:  # noqa: BLE001  # the main thread reports it
        troubles.append(error)
    finally:
        connections.close_all()
