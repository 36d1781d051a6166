"""What the first and the last page of the API's lists cost with a million rows behind them."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from django.test import Client

from benchmarks import crowd
from sequences.models import Sequence, Subscription
from tests import builders

LOOKS = 9
AT_MOST = 1.5


@dataclass(frozen=True, slots=True)
class List:
    """Median seconds for a page of fifty."""

    name: str
    first: float
    last: float

    @property
    def is_level(self) -> bool:
        return self.last <= self.first * AT_MOST


def look_at_lists(people: int) -> list[List]:
    """Contacts, subscriptions, and those of one sequence that are active."""
    sequence = _a_crowded_sequence(people)
    crowd.settle_database()
    key = builders.an_api_key(sequence.workspace)
    program = Client(headers={"authorization": f"Bearer {key}"})
    mine: Any = Subscription.objects.filter(sequence=sequence)
    last_subscription, last_contact = mine.order_by("-pk").values_list("pk", "contact_id")[50]
    narrowed = f"subscriptions/?sequence={sequence.public_id}&state=active&"
    asked = [("contacts/?", last_contact), ("subscriptions/?", last_subscription), (narrowed, last_subscription)]
    return [
        List(path.rstrip("?&"), _seconds(program, path), _seconds(program, f"{path}cursor={_behind(pivot)}"))
        for path, pivot in asked
    ]


def _a_crowded_sequence(people: int) -> Sequence:
    now = datetime.now(UTC)
    channel = builders.a_channel()
    sequence = builders.a_sequence(channel.workspace)
    with crowd.trusted():
        crowd.add_contacts(channel, people, now=now)
        crowd.subscribe_everybody(sequence.steps.get(), channel, subscribed_at=now + timedelta(days=1))
    return sequence


def _behind(number: int) -> str:
    return base64.urlsafe_b64encode(f"n{number}".encode()).decode()


def _seconds(program: Client, path: str) -> float:
    looks = []
    for _ in range(LOOKS):
        before = time.monotonic()
        rows = program.get(f"/api/v1/{path}").json()["results"]
        looks.append(time.monotonic() - before)
        if len(rows) != 50:
            raise AssertionError(f"{path}: {len(rows)} rows")
    return median(looks)
