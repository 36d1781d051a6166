"""What the list of sequences and the form cost with a million people behind them, beside ten."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from django.test import Client
from django.urls import reverse

from benchmarks import crowd
from sequencer.workspaces.models import Workspace
from sequences.models import Sequence, Step
from tests import builders
from tests.page_queries import opened

FEW = 10
LOOKS = 5


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


def look_at_pages(people: int) -> list[Page]:
    """Two workspaces alike but for the number of people; what their pages ask and how long they take."""
    small, large = _workspace_with(FEW), _workspace_with(people)
    crowd.settle_database()
    return [_compare(name, _address(name, small), _address(name, large)) for name in ("list", "form")]


def _workspace_with(people: int) -> tuple[Client, Sequence]:
    """A sequence of three messages with so many people waiting for its first one, and two without anybody."""
    now = datetime.now(UTC)
    workspace: Workspace = builders.a_workspace()
    channel = builders.a_channel(workspace)
    sequence = builders.a_sequence(workspace, [{}, {}, {}])
    for _ in range(2):
        builders.a_sequence(workspace)
    with crowd.trusted():
        crowd.add_contacts(channel, people, now=now)
        step = Step.objects.filter(sequence=sequence).in_order()[0]
        crowd.subscribe_everybody(step, channel, subscribed_at=now + timedelta(days=1))
    browser = Client()
    browser.force_login(builders.a_member(workspace))
    return browser, sequence


def _address(name: str, place: tuple[Client, Sequence]) -> tuple[Client, str]:
    browser, sequence = place
    if name == "list":
        return browser, reverse("admin:sequences_sequence_changelist")
    return browser, reverse("admin:sequences_sequence_change", args=[sequence.pk])


def _compare(name: str, few: tuple[Client, str], many: tuple[Client, str]) -> Page:
    in_small, in_large = opened(*few), opened(*many)
    return Page(
        name=name,
        few_queries=in_small.count,
        many_queries=in_large.count,
        few_seconds=_seconds(*few),
        many_seconds=_seconds(*many),
        full_scans=frozenset(in_large.full_scans()),
    )


def _seconds(browser: Client, url: str) -> float:
    looks = []
    for _ in range(LOOKS):
        before = time.monotonic()
        browser.get(url)
        looks.append(time.monotonic() - before)
    return median(looks)
