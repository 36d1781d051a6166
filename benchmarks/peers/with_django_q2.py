"""`python -m benchmarks.peers.with_django_q2 fill|work ADDRESS MESSAGES`: a django-q2 task per message, ORM broker."""

from __future__ import annotations

import sys
import time

import django

django.setup()

import requests  # noqa: E402  # after Django, like everything that asks for its settings
from django.db import connection  # noqa: E402
from django_q.cluster import Cluster  # noqa: E402
from django_q.tasks import async_task  # noqa: E402

from benchmarks.peers.deed import ONE, RECORD, message, named  # noqa: E402
from benchmarks.stopwatch import Stopwatch  # noqa: E402

session = requests.Session()  # one for each worker process, which keeps its connection


def send(number: int, address: str) -> None:
    """The task."""
    with connection.cursor() as cursor:
        cursor.execute(named(ONE), {"one": number})
        name, text, step = cursor.fetchone()
        key = session.post(address, json=message(name, text), timeout=60).json()["message_id"]
        cursor.execute(named(RECORD), {"one": number, "two": step, "three": key})


def fill(address: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM bench_subscription")
        for (number,) in cursor.fetchall():
            async_task("benchmarks.peers.with_django_q2.send", number, address)


def work(messages: int) -> None:
    connection.close()
    stopwatch = Stopwatch(with_children=True)
    cluster = Cluster()
    cluster.start()
    while _recorded() < messages:
        time.sleep(0.5)
    cluster.stop()
    stopwatch.report()


def _recorded() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bench_delivery")
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    fill(sys.argv[2]) if sys.argv[1] == "fill" else work(int(sys.argv[3]))
