"""A bulk job whose workers are killed with SIGKILL and gone on with: `make bench ARGS="killed"`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Count

from benchmarks import crowd
from benchmarks.bulk_people import a_file_of, a_job, a_sequence
from benchmarks.lateness import MEGABYTE
from benchmarks.page import put_section, table
from benchmarks.stopwatch import peak_memory_of
from sequences.models import BulkChunk, BulkJob, Subscription
from tests import builders

KILLED_AT = (0.25, 0.5, 0.75)
GROWS_AT_MOST = 1.1

TEXT = """A CSV of {people:,} known addresses, subscribed by a job; whoever carries it out is killed with SIGKILL, and
the next process goes on from the last commit.

{rows}

{entered:,} people are inside, **{doubles} of them twice**; the job says {counts}. The hungriest process took
**{growth:.2f} times** the memory of the leanest; the limit is {limit:g}. Taking the file in: {upload:.0f} s.
"""


@dataclass(frozen=True, slots=True)
class Worked:
    """One process: from where to where it came, its seconds, its peak of memory in bytes."""

    begins_at: int
    ends_at: int
    seconds: float
    memory: int
    is_killed: bool


def carry_out_killing(job: BulkJob) -> list[Worked]:
    """Let processes carry the job out, each but the last killed at its share of the way."""
    worked = []
    for share in (*KILLED_AT, 2.0):
        job.refresh_from_db()
        worked.append(_one(job, until=int(job.total * share)))
        if (worked[-1].is_killed) != (share < 1):
            raise AssertionError(f"ended by itself at {worked[-1].ends_at}: nothing was killed in the middle")
    return worked


def _one(job: BulkJob, *, until: int) -> Worked:
    began, begins_at, memory = time.monotonic(), job.looked_at, 0
    worker = subprocess.Popen([sys.executable, "-m", "benchmarks.bulk_worker", str(job.pk)])
    while worker.poll() is None and job.looked_at < until:
        memory = max(memory, peak_memory_of(worker.pid))
        time.sleep(0.05)
        job.refresh_from_db()
    is_killed = worker.poll() is None
    worker.kill()
    worker.wait()
    job.refresh_from_db()
    return Worked(begins_at, job.looked_at, time.monotonic() - began, memory, is_killed)


def main(arguments: list[str]) -> int:
    """Zero only if everybody entered once and no process needed more memory than another."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks killed", description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--dry", action="store_true")
    options = parser.parse_args(arguments)
    channel = builders.a_channel()
    with crowd.trusted():
        crowd.add_contacts(channel, options.people, now=datetime.now(UTC))
    crowd.settle_database()
    began = time.monotonic()
    job = a_job(a_sequence(channel), channel, a_file_of(options.people))
    upload = time.monotonic() - began
    worked = carry_out_killing(job)
    inside = Subscription.objects.filter(sequence=job.sequence)
    doubles = inside.order_by().values("contact").annotate(n=Count("pk")).filter(n__gt=1).count()
    growth = max(one.memory for one in worked) / min(one.memory for one in worked)
    text = TEXT.format(
        people=options.people,
        rows=_table_of(worked),
        entered=inside.count(),
        doubles=doubles,
        counts=job.counts,
        growth=growth,
        limit=GROWS_AT_MOST,
        upload=upload,
    )
    put_section("A bulk job that is killed", text, is_dry=options.dry)
    is_right = (inside.count(), doubles, job.counts) == (options.people, 0, {"created": options.people})
    return int(not is_right or growth > GROWS_AT_MOST or BulkChunk.objects.filter(job=job).exists())


def _table_of(worked: list[Worked]) -> str:
    rows = [
        [
            str(number),
            f"{one.begins_at:,} to {one.ends_at:,}",
            "SIGKILL" if one.is_killed else "finished",
            f"{one.seconds:.0f}",
            f"{one.memory / MEGABYTE:.0f}",
        ]
        for number, one in enumerate(worked, 1)
    ]
    return table(["process", "people", "ended by", "s", "peak of memory, MB"], rows)
