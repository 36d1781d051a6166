"""What the list of sequences and the form cost with a million people behind them, beside ten."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from django.db import connection
from django.test import Client
from django.urls import reverse

from benchmarks import crowd
from sequencer.workspaces.models import Workspace
from sequences.models import Step
from tests import builders
from tests.page_queries import opened

FEW = 10
LOOKS = 5
MESSAGES = 50


@dataclass(frozen=True, slots=True)
class Page:
    """One page in a small and a large workspace; seconds are medians."""

    name: str
    few_queries: int
    many_queries: int
    few_seconds: float
    many_seconds: float
    full_scans: frozenset[str]

    @property
    def is_level(self) -> bool:
        """It asks as much as with ten people, and reads no table from end to end."""
        return self.few_queries == self.many_queries and not self.full_scans


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace in which a member is logged in, and where the form of its large sequence is."""

    browser: Client
    form: str

    def address(self, name: str) -> str:
        return self.form if name == "form" else reverse("admin:sequences_sequence_changelist")


def two_places(people: int) -> tuple[Place, Place]:
    """Two workspaces alike but for the number of people."""
    places = _workspace_with(FEW), _workspace_with(people)
    crowd.settle_database()
    return places


def look_at_pages(small: Place, large: Place) -> list[Page]:
    """What their pages ask and how long they take."""
    return [_compare(name, small, large) for name in ("list", "form")]


def _workspace_with(people: int) -> Place:
    """A sequence of MESSAGES messages with so many people waiting for its first one, and two without anybody."""
    now = datetime.now(UTC)
    workspace: Workspace = builders.a_workspace()
    channel = builders.a_channel(workspace)
    sequence = builders.a_sequence(workspace, [{"delay_unit": "hours", "delay_amount": 1}] * MESSAGES)
    for _ in range(2):
        builders.a_sequence(workspace)
    with crowd.trusted():
        crowd.add_contacts(channel, people, now=now)
        step = Step.objects.filter(sequence=sequence).in_order()[0]
        crowd.subscribe_everybody(step, channel, subscribed_at=now + timedelta(days=1))
    browser = Client()
    browser.force_login(builders.a_member(workspace))
    return Place(browser, reverse("admin:sequences_sequence_change", args=[sequence.pk]))


def _compare(name: str, small: Place, large: Place) -> Page:
    few, many = (small.browser, small.address(name)), (large.browser, large.address(name))
    in_small, in_large = opened(*few), opened(*many)
    return Page(
        name=name,
        few_queries=in_small.count,
        many_queries=in_large.count,
        few_seconds=_seconds(*few),
        many_seconds=_seconds(*many),
        full_scans=frozenset(in_large.full_scans() - _empty_tables()),
    )


def _empty_tables() -> set[str]:
    """Reading one of these whole reads nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relpages = 0")
        return {name for (name,) in cursor.fetchall()}


def _seconds(browser: Client, url: str) -> float:
    looks = []
    for _ in range(LOOKS):
        before = time.monotonic()
        browser.get(url)
        looks.append(time.monotonic() - before)
    return median(looks)
