"""Two workers and eight web requests at once: nobody is told that the database is locked."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.client import HTTPConnection

import pytest
from django.core.cache import cache

from channels.models import SandboxMessage
from tests.builders import a_channel, a_sequence, a_workspace, an_api_key
from tests.doubles.graph import GraphDouble
from tests.journeys.conftest import Report, StartWorker
from tests.journeys.crowd import Crowd
from tests.journeys.web_server import WebServer
from tests.journeys.worker_tree import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE, EACH = 8, 15


def test_nobody_meets_a_locked_database(
    graph: GraphDouble, start_worker: StartWorker, web: WebServer, report: Report
) -> None:
    cache.clear()
    workspace = a_workspace()
    channel, sequence, key = a_channel(workspace), a_sequence(workspace), an_api_key(workspace)
    graph.latency = 0.2
    crowd = Crowd(graph, sends_per_second=50)
    trees = [start_worker(), start_worker()]

    def call(number: int) -> list[int]:
        connection = HTTPConnection("127.0.0.1", web.port, timeout=60)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        statuses = []
        for one in range(EACH):
            contact = {"channel": str(channel.public_id), "address": f"caller-{number}-{one}"}
            contact["last_interaction_at"] = datetime.now(UTC).isoformat()
            body = json.dumps({"sequence": str(sequence.public_id), "contact": contact})
            connection.request("POST", "/api/v1/actions/subscribe-to-sequence/", body, headers)
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
        connection.close()
        return statuses

    wait_until(lambda: trees[0].dispatcher() and trees[1].dispatcher(), 20, "both workers")
    crowd.subscribes(90)
    with ThreadPoolExecutor(AT_ONCE) as callers:
        statuses = Counter(status for many in callers.map(call, range(AT_ONCE)) for status in many)
    wait_until(crowd.is_done, 30, "everybody is served")
    said = web.said() + "".join(tree.said() for tree in trees)
    report(f"{AT_ONCE} callers beside two workers: {dict(statuses)}, {SandboxMessage.objects.count()} shown")
    assert statuses == {201: AT_ONCE * EACH}
    assert "locked" not in said
    assert "Traceback" not in said, said[-4000:]
    assert crowd.states().keys() <= {"sent", "skipped"}
