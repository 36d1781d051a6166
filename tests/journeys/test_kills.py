"""Any process can be killed at any moment: sending resumes by itself, nothing goes twice, nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime

import psutil
import pytest

from tests.doubles.graph import GraphDouble
from tests.journeys.conftest import Report, StartWorker
from tests.journeys.crowd import Crowd
from tests.journeys.worker_tree import WorkerTree, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

RESUMES_WITHIN = 30.0
CHILDREN = ["cluster", "sentinel", "busy worker", "idle worker", "monitor", "pusher"]
NEEDS_A_RESTART = ["main", "group"]


def no_orphan_of(tree: WorkerTree) -> None:
    psutil.wait_procs(tree.survivors(), timeout=5)
    assert tree.survivors() == []


@pytest.mark.parametrize("victim", CHILDREN + NEEDS_A_RESTART)
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
    if victim in ("idle worker", "monitor", "pusher"):
        assert states["unknown"] == 0
