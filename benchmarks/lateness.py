"""How late messages leave that come due one after the other: `make bench ARGS="lateness"`."""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import connection

from benchmarks import crowd
from benchmarks.messages import stage
from benchmarks.page import put_section, table
from benchmarks.sink import a_sink
from benchmarks.worker import a_worker, peak_memory
from channels.models import Channel
from sequences.models import SentPart, Subscription

P50_AT_MOST, P99_AT_MOST = 0.3, 1.0
LEAD = timedelta(seconds=15)
MEGABYTE = 1024 * 1024

TEXT = """{count:,} messages come due one after the other, {speed:g} a second for {seconds:.0f} s, each to nginx on
loopback; one worker command. Late is from the due moment to the moment at which the request was marked as
leaving.

{rows}

The limits are 0.3 s for half of them and 1 s for 99 of 100; none may be early. The dispatcher had {memory:.0f}
MB at its peak.
"""


@dataclass(frozen=True, slots=True)
class Late:
    """Seconds; of how many messages."""

    count: int
    earliest: float
    p50: float
    p99: float
    latest: float

    @property
    def is_fine(self) -> bool:
        return self.earliest >= 0 and self.p50 <= P50_AT_MOST and self.p99 <= P99_AT_MOST


def late(channel: Channel) -> Late:
    """Of all messages of the channel that left, as the database has them."""
    statement = """
        SELECT count(*), min(s), percentile_disc(0.5) WITHIN GROUP (ORDER BY s),
               percentile_disc(0.99) WITHIN GROUP (ORDER BY s), max(s)
        FROM (SELECT extract(epoch FROM p.left_at - d.due_at)::float AS s FROM sequences_sentpart AS p
              JOIN sequences_delivery AS d ON d.id = p.delivery_id WHERE d.channel_id = %s) AS each_one
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, [channel.pk])
        return Late(*cursor.fetchone())


def measure(count: int, speed: float) -> tuple[Late, int]:
    """And the dispatcher's peak memory in bytes."""
    with a_sink() as sink, tempfile.TemporaryDirectory() as folder:
        step, channel = stage(sink.url)
        crowd.add_contacts(channel, count, now=datetime.now(UTC))
        crowd.subscribe_each(step, channel, first_at=datetime.now(UTC) + timedelta(days=1), per_second=speed)
        crowd.settle_database()
        with a_worker(Path(folder) / "worker.log"):
            begins_at = datetime.now(UTC) + LEAD
            crowd.move_due_moments(channel, to=begins_at)
            time.sleep((LEAD + timedelta(seconds=count / speed)).total_seconds())
            _wait_for_the_last(channel, count)
            memory = peak_memory()
        return late(channel), memory


def _wait_for_the_last(channel: Channel, count: int) -> None:
    ends_at = time.monotonic() + 60
    while SentPart.objects.filter(channel=channel).count() < count and time.monotonic() < ends_at:
        time.sleep(1)
    if left := count - SentPart.objects.filter(channel=channel).count():
        raise SystemExit(f"{left} of {count} were not sent ({Subscription.objects.count()} people)")


def main(arguments: list[str]) -> int:
    """Zero only if nobody was early and few were late."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks lateness", description=__doc__)
    parser.add_argument("--speed", type=float, default=200.0, help="messages a second")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--dry", action="store_true")
    options = parser.parse_args(arguments)
    found, memory = measure(int(options.speed * options.seconds), options.speed)
    figures = [f"{value:.3f}" for value in (found.earliest, found.p50, found.p99, found.latest)]
    rows = table(["earliest, s", "p50", "p99", "latest"], [figures])
    text = TEXT.format(
        count=found.count, speed=options.speed, seconds=options.seconds, rows=rows, memory=memory / MEGABYTE
    )
    put_section("How late messages leave", text, is_dry=options.dry)
    return int(not found.is_fine)
