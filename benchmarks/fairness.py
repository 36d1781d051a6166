"""Whether one business's blast delays another's message: `make bench ARGS="fairness"`."""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import crowd
from benchmarks.lateness import LEAD, MEGABYTE, Late, late
from benchmarks.messages import stage
from benchmarks.page import put_section, table
from benchmarks.sink import a_sink
from benchmarks.slow_sink import a_slow_sink
from benchmarks.worker import a_worker, peak_memory
from channels.models import Channel
from sequences.models import SentPart

SLOW_SECONDS = 0.3
P99_AT_MOST = 2.0
MEMORY_AT_MOST = 200 * MEGABYTE

TEXT = """One business has {crowd:,} messages due at once, at a provider that takes 300 ms for each answer; another has
one due each second, at a quick one. One worker command serves both for {seconds} s.

{rows}

The limit for the other business is 2 s for 99 of 100. The first one's messages left at {speed:,.0f} a second
meanwhile, up to 500 under way at once. The dispatcher had {memory:.0f} MB at its peak; the limit is 200.
"""


def measure(many: int, seconds: int) -> tuple[Late, float, int]:
    """How late B's messages are, how many a second A's are, the dispatcher's peak memory in bytes."""
    with a_sink() as quick, a_slow_sink(SLOW_SECONDS) as slow, tempfile.TemporaryDirectory() as folder:
        now = datetime.now(UTC)
        step, blast = stage(slow)
        with crowd.trusted():
            crowd.add_contacts(blast, many, now=now)
            crowd.subscribe_everybody(step, blast, subscribed_at=now - timedelta(minutes=1))
        other_step, other = stage(quick.url)
        crowd.add_contacts(other, seconds, now=now)
        crowd.subscribe_each(other_step, other, first_at=now + timedelta(days=1), per_second=1)
        crowd.settle_database()
        with a_worker(Path(folder) / "worker.log"):
            crowd.move_due_moments(other, to=datetime.now(UTC) + LEAD)
            time.sleep(LEAD.total_seconds())
            before, began = _sent(blast), time.monotonic()
            time.sleep(seconds + 5)
            speed = (_sent(blast) - before) / (time.monotonic() - began)
            memory = peak_memory()
        found = late(other)
        if found.count != seconds or not _sent(blast) < many:
            raise SystemExit(f"{found.count} of {seconds} left, beside {_sent(blast)} of {many}: nothing was measured")
        return found, speed, memory


def _sent(channel: Channel) -> int:
    return SentPart.objects.filter(channel=channel).count()


def main(arguments: list[str]) -> int:
    """Zero only if the other business's messages were in time."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks fairness", description=__doc__)
    parser.add_argument("--crowd", type=int, default=1_000_000, help="messages due at once")
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--dry", action="store_true")
    options = parser.parse_args(arguments)
    found, speed, memory = measure(options.crowd, options.seconds)
    figures = [f"{value:.2f}" for value in (found.earliest, found.p50, found.p99, found.latest)]
    rows = table(["the other's messages", "earliest, s", "p50", "p99", "latest"], [[str(found.count), *figures]])
    text = TEXT.format(crowd=options.crowd, seconds=options.seconds, rows=rows, speed=speed, memory=memory / MEGABYTE)
    put_section("Beside another's blast", text, is_dry=options.dry)
    return int(found.earliest < 0 or found.p99 > P99_AT_MOST or memory > MEMORY_AT_MOST)
