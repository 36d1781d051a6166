"""Two workers on one database: the work is shared, and one that froze and comes back does no harm."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection

from sequences.models import Delivery, Run
from tests.doubles.graph import GraphDouble
from tests.journeys.conftest import Report, StartWorker
from tests.journeys.crowd import Crowd
from tests.journeys.sizes import split_by_engine
from tests.journeys.worker_tree import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


# Who does nothing in the middle of a transaction that writes, and since when; and those of them that others wait for.
RESTING = (
    "SELECT pid, state_change FROM pg_stat_activity WHERE state = 'idle in transaction' AND backend_xid IS NOT NULL"
)
IN_THE_WAY = f"{RESTING} AND pid IN (SELECT unnest(pg_blocking_pids(pid)) FROM pg_stat_activity)"  # noqa: S608  # no value


def a_machine_freezes(graph: GraphDouble, start_worker: StartWorker, report: Report) -> None:
    """Two workers share the work; all of one stand still, with a lock in hand that the other needs, until nobody counts
    on them, and go on.
    """
    crowd = Crowd(graph, sends_per_second=20)
    one, other = start_worker(), start_worker()
    wait_until(lambda: one.dispatcher() and other.dispatcher(), 20, "a dispatcher in each")
    crowd.subscribes(240)
    runs: set[int | None] = set()

    def both_are_at_work() -> bool:
        runs.update(Delivery.objects.filter(state="sending").values_list("run", flat=True))
        return len(runs) == 2

    wait_until(both_are_at_work, 15, "both send")
    dispatcher = one.processes()[one.pid_of("busy worker")]
    stalls: list[float] = []

    def freezes_in_the_others_way() -> bool:
        dispatcher.suspend()
        if resting := found_by(RESTING):
            time.sleep(0.3)
            if resting & found_by(IN_THE_WAY):
                return True
            stalls.append(0.3)
        dispatcher.resume()
        return False

    wait_until(freezes_in_the_others_way, 30, "caught in the other's way", every=0.003)
    one.signal_all(signal.SIGSTOP)
    frozen_at = datetime.now(UTC)
    taken = wait_until(crowd.is_done, 90, "the other one does the rest")
    wait_until(Run.objects.filter(ended_because="dead").exists, 60, "the other one counts on it no more")
    crowd.subscribes(20)
    one.signal_all(signal.SIGCONT)
    wait_until(crowd.is_done, 60, "both go on")
    states = crowd.check_accounts()
    crowd.check_doubts(frozen_at, stalled=sum(stalls))
    report(f"one of two frozen: the other finished after {taken:.1f} s, {dict(states)}")
    wait_until(lambda: one.dispatcher() and other.dispatcher(), 20, "a dispatcher in each again")


def a_dispatcher_freezes(graph: GraphDouble, start_worker: StartWorker, report: Report) -> None:
    """One process stands still while it holds SQLite's only lock; its own watchdog replaces it all the same."""
    crowd = Crowd(graph)
    tree = start_worker(SEQUENCER_DEAD_AFTER_SECONDS="10")
    tree.wait_for_dispatcher()
    crowd.subscribes(60)
    wait_until(lambda: len(graph.accepted) >= 5, 15, "messages on their way")
    dispatcher = tree.processes()[tree.pid_of("busy worker")]

    def freezes_with_the_lock() -> bool:
        dispatcher.suspend()
        if is_locked():
            return True
        dispatcher.resume()
        return False

    wait_until(freezes_with_the_lock, 30, "caught while it writes", every=0.001)
    frozen_at = datetime.now(UTC)
    taken = wait_until(crowd.is_done, 90, "a new dispatcher does the rest")
    crowd.check_doubts(frozen_at)
    report(f"dispatcher frozen: all accounted for after {taken:.1f} s, {dict(crowd.check_accounts())}")


def found_by(question: str) -> set[tuple[int, datetime]]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return set(cursor.fetchall())


def is_locked() -> bool:
    """Whether somebody holds SQLite's lock for writing at this moment."""
    other = sqlite3.connect(connection.settings_dict["NAME"], timeout=0, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return True
    finally:
        other.close()
    return False


@pytest.mark.parametrize("journey", split_by_engine(sqlite=[a_dispatcher_freezes], postgresql=[a_machine_freezes]))
def test_who_freezes_and_comes_back_sends_nothing_twice(
    journey: Callable[..., None], graph: GraphDouble, start_worker: StartWorker, report: Report
) -> None:
    journey(graph, start_worker, report)
