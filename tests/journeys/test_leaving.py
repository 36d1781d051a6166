"""SIGTERM: what is on its way is finished, nothing more begins, nothing is left behind."""

from __future__ import annotations

import signal
import time

import psutil
import pytest

from sequences.models import Delivery, Subscription
from tests.doubles.graph import GraphDouble
from tests.journeys.conftest import Report, StartWorker
from tests.journeys.crowd import Crowd
from tests.journeys.sizes import IS_FULL
from tests.journeys.worker_tree import WorkerTree, patience, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

LEAVES_WITHIN = 30.0
ANSWERS_WITHIN = 20.0 if IS_FULL else 8.0


def leaves(tree: WorkerTree, within: float, *, signals: int = 1, apart: float = 0.2) -> float:
    """The seconds from SIGTERM to the end, which must be an orderly one."""
    tree.processes()
    started = time.monotonic()
    for _ in range(signals):
        tree.main.send_signal(signal.SIGTERM)
        time.sleep(apart)
    assert tree.main.wait(patience(within)) == 0
    took = time.monotonic() - started
    psutil.wait_procs(tree.survivors(), timeout=patience(3))
    assert tree.survivors() == []
    return took


def test_what_is_on_its_way_is_finished_before_the_worker_leaves(
    graph: GraphDouble, start_worker: StartWorker, report: Report
) -> None:
    """The rest of a message of several parts waits for the next worker, as do those who were not served yet."""
    graph.latency = ANSWERS_WITHIN
    crowd = Crowd(graph, sends_per_second=10)
    tree = start_worker()
    tree.wait_for_dispatcher()
    crowd.subscribes(40)
    wait_until(lambda: len(graph.accepted) >= 15, 10, "messages on their way")
    took = leaves(tree, LEAVES_WITHIN)
    states, taken = crowd.states(), crowd.keys()
    report(f"SIGTERM, answers after {ANSWERS_WITHIN:.0f} s: out after {took:.1f} s, {dict(states)}")
    assert took < patience(ANSWERS_WITHIN + 5)
    assert states.keys() <= {"sent", "waiting"}
    assert Delivery.objects.filter(request_started_at__isnull=False).count() == 0
    assert sum(Delivery.objects.values_list("parts_done", flat=True)) == len(taken) == taken.total()
    assert Subscription.objects.exclude(run=None).count() == 0
    assert crowd.states()["sent"] < 40

    graph.latency = 0.1
    start_worker()
    wait_until(crowd.is_done, 20, "the next worker serves the others")
    assert crowd.check_accounts() == {"sent": 40}


def test_an_idle_worker_leaves_at_once(start_worker: StartWorker, report: Report) -> None:
    tree = start_worker()
    tree.wait_for_dispatcher()
    took = leaves(tree, 5.0, signals=200, apart=0.01)  # to the last moment of the process
    report(f"SIGTERM again and again while idle: out after {took:.1f} s")


def test_a_worker_that_has_just_been_started_leaves_too(start_worker: StartWorker) -> None:
    tree = start_worker()
    wait_until(tree.processes, 10, "its cluster begins")
    leaves(tree, 10.0)
