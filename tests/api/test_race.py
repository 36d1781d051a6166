"""Many programs at once, on connections of their own."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.db import connections

from channels.models import Contact
from sequences.models import Subscription
from tests.api.calling import Program
from tests.builders import a_channel, a_sequence, a_workspace

CALLS = 50


def at_once(call: Callable[[], int]) -> Counter[int]:
    """The statuses of CALLS parallel calls."""

    def one(_: int) -> int:
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=16) as pool:
        return Counter(pool.map(one, range(CALLS)))


@pytest.mark.django_db(transaction=True)
def test_fifty_identical_calls_subscribe_once() -> None:
    """Both engines: PostgreSQL by row locks, SQLite by its one writer."""
    cache.clear()
    workspace = a_workspace()
    channel, sequence, program = a_channel(workspace), a_sequence(workspace), Program(workspace)
    body = {"sequence": sequence.public_id, "contact": {"channel": channel.public_id, "address": "ann", "tags": ["x"]}}
    statuses = at_once(lambda: program.post("actions/subscribe-to-sequence/", body).status_code)
    assert statuses == {201: 1, 200: CALLS - 1}
    assert (Contact.objects.count(), Subscription.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_calls_that_tag_one_contact_at_once_lose_no_tag() -> None:
    """Both engines, but only PostgreSQL lets one write between the other's reading and its lock."""
    cache.clear()
    workspace = a_workspace()
    program = Program(workspace)
    body = {"channel": a_channel(workspace).public_id, "address": "ann"}
    numbers = itertools.count()
    statuses = at_once(lambda: program.post("contacts/", {**body, "tags": [f"t{next(numbers)}"]}).status_code)
    assert set(statuses) <= {200, 201}
    assert sorted(Contact.objects.get().tags) == sorted(f"t{number}" for number in range(CALLS))


@pytest.mark.django_db(transaction=True)
def test_two_sequences_of_one_name_are_never_made() -> None:
    cache.clear()
    program = Program(a_workspace())
    statuses = at_once(lambda: program.post("sequences/", {"name": "Welcome"}).status_code)
    assert statuses[201] == 1
    assert set(statuses) <= {201, 409, 422}
