"""Two workers on one database: the work is shared, and one that froze and comes back does no harm."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from sequences.models import Delivery, Run
from sequences.models.run import DEAD_AFTER
from tests.doubles.graph import GraphDouble
from tests.journeys.conftest import Report, StartWorker
from tests.journeys.crowd import Crowd
from tests.journeys.sizes import split_by_engine
from tests.journeys.worker_tree import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def a_machine_freezes(graph: GraphDouble, start_worker: StartWorker, report: Report) -> None:
    """Two workers share the work; all of one stand still until nobody counts on them, and go on."""
    crowd = Crowd(graph, sends_per_second=20)
    one, other = start_worker(), start_worker()
    wait_until(lambda: one.dispatcher() and other.dispatcher(), 20, "a dispatcher in each")
    crowd.subscribes(80)
    runs: set[int | None] = set()

    def both_are_at_work() -> bool:
        runs.update(Delivery.objects.filter(state="sending").values_list("run", flat=True))
        return len(runs) == 2

    wait_until(both_are_at_work, 15, "both send")
    one.signal_all(signal.SIGSTOP)
    frozen_at, since = datetime.now(UTC), time.monotonic()
    taken = wait_until(crowd.is_done, 30, "the other one does the rest")
    time.sleep(max(0.0, DEAD_AFTER.total_seconds() + 2 - (time.monotonic() - since)))
    crowd.subscribes(20)
    one.signal_all(signal.SIGCONT)
    wait_until(crowd.is_done, 15, "both go on")
    states = crowd.check_accounts()
    crowd.check_doubts(frozen_at)
    report(f"one of two frozen: the other finished after {taken:.1f} s, {dict(states)}")
    wait_until(lambda: one.dispatcher() and other.dispatcher(), 20, "a dispatcher in each again")
    assert Run.objects.filter(ended_because="dead").exists()


def a_dispatcher_freezes(graph: GraphDouble, start_worker: StartWorker, report: Report) -> None:
    """One process stands still; its own watchdog replaces it."""
    crowd = Crowd(graph)
    tree = start_worker()
    tree.wait_for_dispatcher()
    crowd.subscribes(30)
    wait_until(lambda: len(graph.accepted) >= 15, 15, "messages on their way")
    tree.processes()[tree.pid_of("busy worker")].suspend()
    frozen_at = datetime.now(UTC)
    taken = wait_until(crowd.is_done, 120, "a new dispatcher does the rest")
    crowd.check_doubts(frozen_at)
    report(f"dispatcher frozen: all accounted for after {taken:.1f} s, {dict(crowd.check_accounts())}")


@pytest.mark.parametrize("journey", split_by_engine(sqlite=[a_dispatcher_freezes], postgresql=[a_machine_freezes]))
def test_who_freezes_and_comes_back_sends_nothing_twice(
    journey: Callable[..., None], graph: GraphDouble, start_worker: StartWorker, report: Report
) -> None:
    journey(graph, start_worker, report)
