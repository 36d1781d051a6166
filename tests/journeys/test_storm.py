"""Two workers in a storm: one process after the other is killed, or stands still past its death and comes back.

The usual run is short; JOURNEYS=full takes 50 rounds of freezing, `make soak` 20,000 messages under fire. Nothing here
says how fast: each step waits for the one before it, within limits that only a machine that hangs comes to.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Sequence

import psutil
import pytest
from django.db.models import QuerySet

from sequences.models import Delivery, Run
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
FROZEN_SPEED = 10
ROUNDS = 50 if IS_FULL or IS_SOAK else 3
MOST_KILLS = 10_000 if IS_SOAK else 8
PATIENCE = 240


class Pair:
    """Two worker commands, as on two machines; a main process that died is started again at once."""

    def __init__(self, start: StartWorker, chance: random.Random) -> None:
        self.start, self.chance = start, chance
        self.trees = [start(), start()]
        wait_until(lambda: all(tree.dispatcher() for tree in self.trees), PATIENCE, "a dispatcher in each")

    def is_at_work(self) -> bool:
        return any(tree.dispatcher() for tree in self.trees)

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
        tree.main.wait(PATIENCE)
        self.trees[place] = self.start()
        return "main"


def check_doubts() -> int:
    """Only what a run that died had on its way may be in doubt; how many are."""
    started = list(Delivery.objects.filter(state="unknown").values_list("request_started_at", flat=True))
    dead = list(Run.objects.filter(ended_because="dead").values_list("started_at", "ended_at"))
    assert [at for at in started if at is None or not any(begun <= at <= ended for begun, ended in dead)] == []
    return len(started)


def test_a_storm_of_kills_costs_no_message_and_doubles_none(
    graph: GraphDouble, start_worker: StartWorker, report: Report
) -> None:
    graph.latency = 0.5
    chance, crowd = random.Random(SEED), Crowd(graph, sends_per_second=SPEED)
    pair = Pair(start_worker, chance)
    for _ in range(PEOPLE // 200):
        crowd.subscribes(200)
    kills = 0
    while not crowd.is_done() and kills < MOST_KILLS:
        time.sleep(chance.uniform(1, 3))
        kills += pair.kill_somebody() != "nobody"
        wait_until(lambda: pair.is_at_work() or crowd.is_done(), PATIENCE, "somebody at work again")
    wait_until(crowd.is_done, PATIENCE + PEOPLE / SPEED, "everything decided after the storm")
    states, unknown = crowd.check_accounts(), check_doubts()
    taken = crowd.keys().total()
    report(f"seed {SEED}: {kills} kills, {taken} messages taken: 0 twice, 0 lost, {unknown} unknown, {dict(states)}")
    assert kills >= 5


@pytest.mark.postgresql
def test_who_stands_still_past_its_death_and_comes_back_sends_nothing_twice(
    graph: GraphDouble, start_worker: StartWorker, report: Report
) -> None:
    """It stands still until somebody else has declared it dead, again and again.

    PostgreSQL: on SQLite it may stand still with the one write lock, and nobody can go on, nor say so, before it does.
    """
    graph.latency = 0.5
    crowd = Crowd(graph, sends_per_second=FROZEN_SPEED)
    start: Callable[[], WorkerTree] = lambda: start_worker(SEQUENCER_DEAD_AFTER_SECONDS=str(DEAD_AFTER))  # noqa: E731
    trees = [start(), start()]
    wait_until(lambda: all(tree.dispatcher() for tree in trees), PATIENCE, "a dispatcher in each")
    deaths = 0
    for number in range(ROUNDS):
        tree = trees[number % 2]
        wait_until(tree.dispatcher, PATIENCE, "a dispatcher again")
        crowd.subscribes(60)
        wait_until(lambda: Delivery.objects.filter(state="sending").exists(), PATIENCE, "something on its way")
        frozen = Run.objects.filter(pid__in=list(tree.processes()), ended_at=None)
        victims = [psutil.Process(pid) for pid in tree.processes()]
        _signal(victims, signal.SIGSTOP)
        deaths += _are_declared_dead(frozen)
        _signal(victims, signal.SIGCONT)
    # Of 60 people every third gets three parts: that is what the pace allows at best.
    wait_until(crowd.is_done, PATIENCE + ROUNDS * 100 / FROZEN_SPEED, "everything decided")
    states, unknown = crowd.check_accounts(), check_doubts()
    assert deaths >= 1
    report(
        f"frozen {ROUNDS} times, {deaths} of them past its death: 0 twice, 0 lost, {unknown} unknown, {dict(states)}"
    )


def _are_declared_dead(frozen: QuerySet[Run]) -> bool:
    """Whether somebody could say so within several times the silence."""
    try:
        wait_until(lambda: not frozen.exists(), DEAD_AFTER * 3, "the frozen run declared dead")
    except AssertionError:
        return False
    return True


def _signal(victims: Sequence[psutil.Process], number: signal.Signals) -> None:
    for victim in victims:
        try:
            victim.send_signal(number)
        except psutil.NoSuchProcess:
            continue
