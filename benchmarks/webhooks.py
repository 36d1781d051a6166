"""What a provider's event costs beside a view that only verifies and inserts: `python -m benchmarks.webhooks`.

Both get posts of the same sorts in this process, in turns, on PostgreSQL: called by themselves, and behind the web
server's whole stack (addresses, middleware, connections that are looked after). Counted are this process and the
database server.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402  # Django's models want their settings first
from django.core.handlers.wsgi import WSGIRequest  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import RequestFactory  # noqa: E402

from benchmarks.cost import COLLECTED_WITHIN, database_cpu, postmaster_of  # noqa: E402
from benchmarks.stopwatch import own_cpu  # noqa: E402
from benchmarks.webhook_addresses import LEAST, TABLE, least  # noqa: E402
from benchmarks.webhook_posts import Sort, sorts  # noqa: E402
from channels.webhooks.views import receive  # noqa: E402
from tests.doubles.graph_events import signature  # noqa: E402

AT_MOST = 5.0
ROUNDS = 5
WARM_UP = 20
FACTORY = RequestFactory(SERVER_NAME="localhost")
Taker = Callable[[WSGIRequest], int]


def main(arguments: list[str]) -> int:
    """Zero while every sort costs at most AT_MOST times the least."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.webhooks", description=__doc__)
    parser.add_argument("--posts", type=int, default=200)
    options = parser.parse_args(arguments)
    if connection.vendor != "postgresql":
        parser.error("the figures are about PostgreSQL")
    settings.ROOT_URLCONF = "benchmarks.webhook_addresses"
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS bench_event; {TABLE}")
    worst = 0.0
    print("| posts | ms | the least | times | ms behind the stack | the least | times |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for sort in sorts(messages=4 * (WARM_UP + ROUNDS * options.posts)):
        costs = [compare(sort, *takers, options.posts) for takers in (by_themselves(sort), behind_the_stack())]
        worst = max(worst, *(times for *_, times in costs))
        print(f"| {sort.name} | {' | '.join(f'{figure:.2f}' for cost in costs for figure in cost)} |", flush=True)
    return int(worst > AT_MOST)


def compare(sort: Sort, ours: Taker, least_of_all: Taker, posts: int) -> tuple[float, float, float]:
    """CPU milliseconds an event of ours and of the least, medians, and the median of the pairs' ratios."""
    address = f"/webhooks/{sort.channel.kind}/{sort.channel.public_id}/"
    posts = max(4, posts // sort.events)
    for taker, at in ((ours, address), (least_of_all, LEAST)):  # what is made once is made
        spend(taker, sort, at, min(WARM_UP, posts))
    pairs = [(spend(ours, sort, address, posts), spend(least_of_all, sort, LEAST, posts)) for _ in range(ROUNDS)]
    low, high = (median(pair[who] for pair in pairs) * 1000 for who in (1, 0))
    return high, low, median(one / other for one, other in pairs)


def spend(taker: Taker, sort: Sort, address: str, posts: int) -> float:
    """CPU seconds of this process and of the server for an event of so many posts."""
    requests = [request_of(address, sort.make()) for _ in range(posts)]
    postmaster = postmaster_of()
    before = own_cpu() + database_cpu(postmaster)
    for request in requests:
        if taker(request) != 200:
            raise RuntimeError("a post was not taken")
    spent = own_cpu() - before
    time.sleep(COLLECTED_WITHIN / 4)
    return (spent + database_cpu(postmaster)) / (posts * sort.events)


def request_of(address: str, body: bytes) -> WSGIRequest:
    head = {"X-Hub-Signature-256": signature(body)}
    request: WSGIRequest = FACTORY.post(address, body, content_type="application/json", headers=head)
    return request


def by_themselves(sort: Sort) -> tuple[Taker, Taker]:
    """The two views."""
    kind, channel_id = sort.channel.kind, str(sort.channel.public_id)
    return (lambda request: receive(request, kind, channel_id).status_code), (
        lambda request: least(request).status_code
    )


def behind_the_stack() -> tuple[Taker, Taker]:
    """The same by their addresses, as the web server calls them."""
    application = get_wsgi_application()

    def take(request: WSGIRequest) -> int:
        response = application(request.environ, _started)
        b"".join(response)
        response.close()
        return response.status_code

    return take, take


def _started(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
    return lambda _: None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
