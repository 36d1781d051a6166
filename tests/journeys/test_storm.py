"""Two workers in a storm: one process after the other is killed, or stands still past its death and comes back.

The usual run is short; JOURNEYS=full takes 50 rounds of freezing, `make soak` 20,000 messages under fire.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from sequences.models import Delivery
from tests.doubles.graph import GraphDouble
from tests.journeys.conftest import Report, StartWorker
from tests.journeys.crowd import Crowd
from tests.journeys.sizes import IS_FULL
from tests.journeys.worker_tree import WorkerTree, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

IS_SOAK = os.environ.get("JOURNEYS") == "soak"
SEED = int(os.environ.get("SEED") or 20261129)
# People of whom every third gets three parts, and how many of them a second the provider allows.
PEOPLE, SPEED = (12_000, 40) if IS_SOAK else (200, 15)
DEAD_AFTER = 2.0
ROUNDS = 50 if IS_FULL or IS_SOAK else 5


class Pair:
    """Two worker commands, as on two machines; a main process that died is started again at once."""

    def __init__(self, start: StartWorker, chance: random.Random) -> None:
        self.start, self.chance = start, chance
        self.trees = [start(), start()]
        wait_until(lambda: all(tree.dispatcher() for tree in self.trees), 60, "a dispatcher in each")

    def kill_somebody(self) -> str:
        """SIGKILL for one process of one tree, the dispatcher and the main process as often as all others together."""
        place = self.chance.randrange(2)
        tree = self.trees[place]
        below = sorted(tree.processes())
        wanted = [tree.dispatcher(), tree.main.pid, self.chance.choice(below) if below else None]
        victim = self.chance.choice([pid for pid in wanted if pid is not None])
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            return "nobody"
        if victim != tree.main.pid:
            return "child"
        tree.main.wait(5)
        self.trees[place] = self.start()
        return "main"


def check_doubts(crowd: Crowd, moments: Sequence[datetime]) -> int:
    """Only what was on the wire at one of these moments may be in doubt; how many are."""
    on_the_wire = timedelta(seconds=crowd.graph.latency + 2.0)
    started = list(Delivery.objects.filter(state="unknown").values_list("request_started_at", flat=True))
    for at in started:
        assert at is not None
        assert any(at - timedelta(seconds=0.5) <= moment <= at + on_the_wire for moment in moments), at
    return len(started)


def test_a_storm_of_kills_costs_no_message_and_doubles_none(
    graph: GraphDouble, start_worker: StartWorker, report: Report
) -> None:
    graph.latency = 0.5
    chance, crowd = random.Random(SEED), Crowd(graph, sends_per_second=SPEED)
    pair = Pair(start_worker, chance)
    for _ in range(PEOPLE // 200):
        crowd.subscribes(200)
    kills: list[datetime] = []
    ends_at = time.monotonic() + PEOPLE * 2.5 / SPEED + 120
    while not crowd.is_done() and time.monotonic() < ends_at:
        time.sleep(chance.uniform(1, 3))
        if pair.kill_somebody() != "nobody":
            kills.append(datetime.now(UTC))
    wait_until(crowd.is_done, 60, "everything decided after the storm")
    states, unknown = crowd.check_accounts(), check_doubts(crowd, kills)
    taken = crowd.keys().total()
    report(
        f"seed {SEED}: {len(kills)} kills, {taken} messages taken: 0 twice, 0 lost, {unknown} unknown, {dict(states)}"
    )
    assert len(kills) >= 5


def test_who_stands_still_past_its_death_and_comes_back_sends_nothing_twice(
    graph: GraphDouble, start_worker: StartWorker, report: Report
) -> None:
    """Three times as long as the others wait before they take over, again and again."""
    graph.latency = 0.5
    crowd = Crowd(graph, sends_per_second=10)
    start: Callable[[], WorkerTree] = lambda: start_worker(SEQUENCER_DEAD_AFTER_SECONDS=str(DEAD_AFTER))  # noqa: E731
    chance = random.Random(SEED)
    trees = [start(), start()]
    wait_until(lambda: all(tree.dispatcher() for tree in trees), 60, "a dispatcher in each")
    frozen: list[datetime] = []
    for number in range(ROUNDS):
        crowd.subscribes(60)
        wait_until(lambda: Delivery.objects.filter(state="sending").exists(), 15, "something on its way")
        tree = trees[number % 2]
        victims = [psutil.Process(pid) for pid in tree.processes()]
        frozen.append(datetime.now(UTC))
        _signal(victims, signal.SIGSTOP)
        time.sleep(DEAD_AFTER * 3)
        _signal(victims, signal.SIGCONT)
        frozen.append(datetime.now(UTC))
        time.sleep(chance.uniform(0, 0.5))
    wait_until(crowd.is_done, 60 + ROUNDS * 5, "everything decided")
    states, unknown = crowd.check_accounts(), check_doubts(crowd, frozen)
    report(f"frozen {ROUNDS} times for {DEAD_AFTER * 3:.0f} s: 0 twice, 0 lost, {unknown} unknown, {dict(states)}")


def _signal(victims: Sequence[psutil.Process], number: signal.Signals) -> None:
    for victim in victims:
        try:
            victim.send_signal(number)
        except psutil.NoSuchProcess:
            continue
