"""The database goes away for a moment while messages are on their way: nothing is lost or sent twice."""

from __future__ import annotations

import time

import pytest
from django.db import connection, transaction

from tests.doubles.graph import GraphDouble
from tests.journeys.conftest import Report, StartWorker
from tests.journeys.crowd import Crowd
from tests.journeys.worker_tree import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

CUT_ALL = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def cut_off() -> None:
    """PostgreSQL: every connection but ours is cut. SQLite, which has none: everybody waits for the one lock."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(CUT_ALL)
    else:
        with transaction.atomic():
            time.sleep(1.0)


def test_a_database_that_goes_away_costs_nothing(graph: GraphDouble, start_worker: StartWorker, report: Report) -> None:
    crowd = Crowd(graph)
    tree = start_worker()
    tree.wait_for_dispatcher()
    crowd.subscribes(80)
    wait_until(lambda: len(graph.accepted) >= 25, 15, "messages on their way")
    for _ in range(5):
        cut_off()
        time.sleep(0.4)
    crowd.subscribes(10)
    taken = wait_until(crowd.is_done, 30, "everything decided")
    states = crowd.check_accounts()
    report(f"database cut off five times: all accounted for after {taken:.1f} s, {dict(states)}")
    assert states == {"sent": 90}
