"""Any process can be killed at any moment: sending resumes by itself, nothing goes twice, nothing is lost."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import psutil
import pytest

from tests.doubles.graph import GraphDouble
from tests.journeys.conftest import Report, StartWorker
from tests.journeys.crowd import Crowd
from tests.journeys.sizes import split_by_engine
from tests.journeys.worker_tree import WorkerTree, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

RESUMES_WITHIN = 30.0
# What dies with them was on its way, or nothing was.
COSTLY, HARMLESS = ["cluster", "sentinel", "busy worker"], ["monitor", "pusher", "idle worker"]
# They differ in who ends the children, which no database knows of.
NEEDS_A_RESTART = split_by_engine(sqlite=["main"], postgresql=["group"])


def no_orphan_of(tree: WorkerTree) -> None:
    psutil.wait_procs(tree.survivors(), timeout=5)
    assert tree.survivors() == []


@pytest.mark.parametrize("victim", COSTLY + NEEDS_A_RESTART)
def test_sending_resumes_after_a_kill(
    victim: str, graph: GraphDouble, start_worker: StartWorker, report: Report
) -> None:
    crowd = Crowd(graph)
    tree = start_worker()
    tree.wait_for_dispatcher()
    crowd.subscribes(60)
    wait_until(lambda: len(graph.accepted) >= 25, 15, "messages on their way")
    tree.kill(victim)
    killed_at = datetime.now(UTC)
    if victim in NEEDS_A_RESTART:
        no_orphan_of(tree)
        tree = start_worker()
    crowd.subscribes(6)
    taken = wait_until(crowd.is_done, RESUMES_WITHIN, "everything decided after the kill")
    states = crowd.check_accounts()
    crowd.check_doubts(killed_at)
    report(f"{victim} killed: all accounted for after {taken:.1f} s, {dict(states)}")


def test_processes_that_carry_no_message_may_die_at_no_cost(
    graph: GraphDouble, start_worker: StartWorker, report: Report
) -> None:
    crowd = Crowd(graph)
    tree = start_worker()
    tree.wait_for_dispatcher()
    crowd.subscribes(60)
    wait_until(lambda: len(graph.accepted) >= 15, 15, "messages on their way")
    for victim in HARMLESS:
        tree.kill(victim)
        time.sleep(0.5)
    crowd.subscribes(6)
    taken = wait_until(crowd.is_done, RESUMES_WITHIN, "everything decided after the kills")
    report(f"{', '.join(HARMLESS)} killed: all accounted for after {taken:.1f} s")
    assert crowd.check_accounts() == {"sent": 66}


def test_an_idle_worker_that_took_the_queue_with_it_does_not_end_the_sending(
    graph: GraphDouble, start_worker: StartWorker, report: Report
) -> None:
    """It dies holding the lock of django-q2's queue: no task is ever taken again, which shows when the slot ends."""
    crowd = Crowd(graph)
    tree = start_worker(SEQUENCER_SLOT_SECONDS="6")
    tree.wait_for_dispatcher()
    time.sleep(2)  # until nobody asks for one any more, and the idle worker waits for its next task
    tree.kill("idle workers")  # one of them holds the lock
    killed_at = time.monotonic()
    before = tree.pid_of("cluster")
    wait_until(lambda: not tree.dispatcher(), 10, "the slot is over")
    crowd.subscribes(20)
    wait_until(crowd.is_done, RESUMES_WITHIN - (time.monotonic() - killed_at), "everything decided after the kill")
    report(f"idle workers killed before a slot's end: all sent {time.monotonic() - killed_at:.1f} s after the kill")
    assert crowd.check_accounts() == {"sent": 20}
    assert tree.pid_of("cluster") != before, "the queue was not stuck: this test proves nothing"


def test_a_main_process_killed_at_its_start_leaves_no_orphan(start_worker: StartWorker) -> None:
    """The cluster was started, and had no time to ask to be ended with its parent."""
    tree = start_worker()
    wait_until(tree.processes, 10, "its cluster begins")
    tree.kill("main")
    no_orphan_of(tree)
