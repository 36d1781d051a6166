"""A bulk job whose process is killed with SIGKILL in the middle: another goes on, everybody enters once."""

from __future__ import annotations

import io
import subprocess
import sys
from collections import Counter

import pytest

from sequencer.workspaces.actor import SYSTEM
from sequences.actions.bulk_jobs import BulkRequest, start_bulk_job
from sequences.models import BulkChunk, BulkJob, BulkSource, BulkVerb, Subscription
from sequences.rules import bulk_files
from tests.builders import a_channel, a_sequence
from tests.conftest import Environ
from tests.engine import MONDAY_NOON
from tests.journeys.sizes import IS_FULL
from tests.journeys.worker_tree import ROOT, wait_until

PEOPLE = 100_000 if IS_FULL else 1500
KILLS = 5 if IS_FULL else 1


def test_a_killed_job_is_gone_on_with_and_nobody_enters_twice(
    process_environment: Environ, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_files, "LINES_IN_A_CHUNK", PEOPLE // 100)
    channel = a_channel()
    people = io.BytesIO(b"address\n" + b"".join(b"person-%d\n" % number for number in range(PEOPLE)))
    request = BulkRequest(a_sequence(channel.workspace), BulkVerb.SUBSCRIBE, BulkSource.CSV, channel)
    job = start_bulk_job(request, people, now=MONDAY_NOON, actor=SYSTEM)

    def has_come(share: float) -> bool:
        return BulkJob.objects.get(pk=job.pk).looked_at > PEOPLE * share

    for kill in range(1, KILLS + 1):
        worker = a_worker(job, process_environment)
        share = 0.8 * kill / (KILLS + 1)
        wait_until(lambda share=share: has_come(share), 60.0, "the job goes on")  # type: ignore[misc]
        assert worker.poll() is None, "it was done before it could be killed"
        worker.kill()
        worker.wait()
    assert a_worker(job, process_environment).wait(120) == 0
    job.refresh_from_db()
    assert (job.state, job.looked_at, job.counts) == ("completed", PEOPLE, {"created": PEOPLE})
    entered = Counter(Subscription.objects.filter(sequence=job.sequence).values_list("contact__address", flat=True))
    assert entered == {f"person-{number}": 1 for number in range(PEOPLE)}
    assert not BulkChunk.objects.exists()


def a_worker(job: BulkJob, environment: Environ) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "benchmarks.bulk_worker", str(job.pk)], cwd=ROOT, env=environment)
