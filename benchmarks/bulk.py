"""What it costs to subscribe a million people by a bulk job, beside the least that PostgreSQL itself could do."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks import crowd
from benchmarks.bulk_people import a_file_of, a_job, a_sequence
from benchmarks.cost import database_cpu, postmaster_of
from benchmarks.stopwatch import own_cpu, peak_memory
from channels.models import Channel
from sequences.actions.bulk_jobs import Filter
from sequences.actions.carry_on_bulk_job import carry_on_bulk_job
from sequences.models import BulkJob, Sequence, Step, Subscription
from sequences.worker import collect_seldom
from tests import builders

AT_MOST = 3.0


@dataclass(frozen=True, slots=True)
class Spent:
    """By the clock, and by the processors: of this process and of all of PostgreSQL's."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Bulk:
    """The same people: by plain INSERT ... SELECT, by a job from a filter, by a job from a file; memory in bytes."""

    people: int
    plain: Spent
    by_filter: Spent
    by_file: Spent
    upload: Spent
    memory_before: int
    memory_after: int

    @property
    def ratio(self) -> float:
        """By the processors, which other people's work on the machine does not blur."""
        return max(self.by_filter.cpu, self.by_file.cpu) / self.plain.cpu

    @property
    def memory_growth(self) -> float:
        return self.memory_after / self.memory_before


def compare_bulk(people: int) -> Bulk:
    """All three into fresh sequences of one workspace, references checked as ever; the file names known people."""
    channel = builders.a_channel()
    with crowd.trusted():
        crowd.add_contacts(channel, people, now=datetime.now(UTC))
    crowd.settle_database()
    sequence = a_sequence(channel)
    plain = _spent(lambda: _insert_select(sequence, channel))
    _begin_anew()
    job = a_job(a_sequence(channel), channel, Filter())
    by_filter = _spent(lambda: _carry_out(job))
    _begin_anew()
    sequence = a_sequence(channel)
    upload = _spent(lambda: a_job(sequence, channel, a_file_of(people)))
    job, memory = BulkJob.objects.get(sequence=sequence), peak_memory()
    by_file = _spent(lambda: _carry_out(job))
    _check(job, people)
    return Bulk(people, plain, by_filter, by_file, upload, memory, peak_memory())


def _check(job: BulkJob, people: int) -> None:
    """Everybody entered, nobody twice."""
    rows = Subscription.objects.filter(sequence=job.sequence)
    found = rows.count(), rows.values("contact").distinct().count()
    if found != (people, people):
        raise AssertionError(f"{found} of {people} entered")


def _carry_out(job: BulkJob) -> None:
    collect_seldom()  # as the task does
    while carry_on_bulk_job(job.pk, now=datetime.now(UTC)):
        pass


def _insert_select(sequence: Sequence, channel: Channel) -> None:
    step = Step.objects.get(sequence=sequence)
    crowd.subscribe_everybody(step, channel, subscribed_at=datetime.now(UTC))


def _begin_anew() -> None:
    crowd.clear_work()
    crowd.settle_database()


def _spent(deed: Callable[[], object]) -> Spent:
    postmaster = postmaster_of()
    wall, cpu = time.monotonic(), own_cpu() + database_cpu(postmaster)
    deed()
    return Spent(time.monotonic() - wall, own_cpu() + database_cpu(postmaster) - cpu)
