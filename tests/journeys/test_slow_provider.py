"""A provider that takes half a minute for each answer: its messages arrive once, and nobody else's wait for it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from sequencer.workspaces.actor import SYSTEM
from sequences.actions.subscribe import subscribe
from sequences.models import Delivery
from tests.builders import a_channel, a_sequence
from tests.doubles.graph import GraphDouble
from tests.journeys.conftest import Report, StartWorker
from tests.journeys.crowd import CREDENTIALS, some_people
from tests.journeys.worker_tree import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

SLOW_SECONDS, PEOPLE = 30.0, 30


def test_thirty_seconds_an_answer_lose_and_double_nothing_and_hold_up_nobody_else(
    start_worker: StartWorker, report: Report
) -> None:
    with GraphDouble(latency=SLOW_SECONDS) as slow, GraphDouble() as quick:
        channels = []
        for graph in (slow, quick):
            graph.rules.knows_everybody = True
            channels.append(a_channel(kind="messenger", credentials=CREDENTIALS, settings={"base_url": graph.base_url}))
        start_worker().wait_for_dispatcher()
        for channel in channels:
            subscribe(a_sequence(channel.workspace), some_people(channel, PEOPLE), now=datetime.now(UTC), actor=SYSTEM)
        mine, others = (Delivery.objects.filter(channel=channel, state="sent") for channel in channels)
        wait_until(lambda: len(slow.accepted) == PEOPLE, 20, "the slow one has all requests in hand")
        took = wait_until(lambda: others.count() == PEOPLE, SLOW_SECONDS / 2, "the others are served meanwhile")
        assert mine.count() == 0
        wait_until(lambda: mine.count() == PEOPLE, SLOW_SECONDS + 15, "the slow one's answers are all recorded")
        for graph in (slow, quick):
            assert set(Counter(seen.key for seen in graph.requests).values()) == {1}
        report(f"{PEOPLE} messages beside {PEOPLE} that take {SLOW_SECONDS:.0f} s each: {took:.1f} s more")
    assert set(Delivery.objects.values_list("state", "attempts")) == {("sent", 1)}
