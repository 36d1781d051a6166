"""Begin, cancel and clear away jobs that subscribe or unsubscribe many people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import IO, Any

from channels.models import Channel, Contact
from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.refusals import Conflict, Refused
from sequencer.workspaces.transactions import committed_as, in_one_transaction
from sequences.actions.subscribe import OPEN_FOR_PEOPLE
from sequences.models import BulkChunk, BulkJob, BulkProblem, BulkSource, BulkState, BulkVerb, Sequence
from sequences.rules.bulk_files import Table, TooLong, chunks_of, read_table
from sequences.rules.bulk_lines import wrong_columns
from sequences.rules.problems import Problem

MOST_LINES = 1_000_000
MOST_BYTES = 200 * 1024 * 1024
FORGOTTEN_AFTER = timedelta(seconds=20)
KEPT_FOR = timedelta(days=30)
CHUNKS_AT_ONCE = 20
BATCH = 2000


@dataclass(frozen=True, slots=True)
class Filter:
    """Contacts with all of these tags and all of these fields; of every channel unless the request names one."""

    tags: tuple[str, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BulkRequest:
    sequence: Sequence
    verb: BulkVerb
    source: BulkSource
    channel: Channel | None = None


@in_one_transaction
def start_bulk_job(request: BulkRequest, people: IO[bytes] | Filter, *, now: datetime, actor: Actor) -> BulkJob:
    """Store a job, with its file where it has one; a worker carries it out. Raises Refused; Conflict as `subscribe`.

    The first line of a CSV names the columns. A filter means the contacts that are there now.
    """
    if request.verb == BulkVerb.SUBSCRIBE and request.sequence.state not in OPEN_FOR_PEOPLE:
        raise Conflict("sequence_not_active")
    job = BulkJob.objects.create(
        workspace_id=request.sequence.workspace_id,
        sequence=request.sequence,
        channel=request.channel,
        verb=request.verb,
        source=request.source,
        requested_by=actor.label[:200],
        requested_at=now,
        touched_at=now,
    )
    if isinstance(people, Filter):
        _aim(job, people)
    else:
        _store_file(job, people)
    job.save()
    record_audit("created", job, actor=actor, now=now, changes={"people": [None, job.total]})
    return job


def _aim(job: BulkJob, people: Filter) -> None:
    job.criteria = {"tags": list(people.tags), "fields": people.fields}
    everybody = Contact.objects.in_workspace(job.workspace_id)
    job.total = everybody.count()
    job.until = everybody.order_by("-pk").values_list("pk", flat=True).first() or 0


def _store_file(job: BulkJob, file: IO[bytes]) -> None:
    is_table = job.source == BulkSource.CSV
    if file.seekable():
        file.seek(0)  # a transaction that lost a race goes again
    waiting: list[BulkChunk] = []
    try:
        if is_table:
            job.columns = _columns_of(read_table(file))
        for number, chunk in enumerate(chunks_of(file, is_table=is_table), start=1):
            job.total, job.until = job.total + chunk.count, number
            if job.total > MOST_LINES:
                raise Refused([Problem("lines", "too_many", {"max": MOST_LINES})])
            own = {"workspace_id": job.workspace_id, "job": job, "number": number}
            waiting.append(BulkChunk(**own, first_line=chunk.first_line, content=chunk.content))
            if len(waiting) == CHUNKS_AT_ONCE:
                BulkChunk.objects.bulk_create(waiting)
                waiting = []
    except TooLong as error:
        raise Refused([Problem(f"lines.{error.line}", "malformed_line")]) from error
    BulkChunk.objects.bulk_create(waiting)
    if not job.total:
        raise Refused([Problem("lines", "required")])


def _columns_of(table: Table) -> dict[str, Any]:
    if problems := wrong_columns(table.columns):
        raise Refused([Problem(f"columns.{one.field}", one.code, one.params) for one in problems])
    return {"names": table.columns, "delimiter": table.delimiter}


@in_one_transaction
def cancel_bulk_job(job: BulkJob, *, now: datetime, actor: Actor) -> bool:
    """Stop behind the batch that is under way: what was done stays done. False when it had ended before."""
    mine = BulkJob.objects.unfinished().filter(pk=job.pk)
    if not mine.update(state=BulkState.CANCELLED, ended_at=now):
        return False
    BulkChunk.objects.filter(job=job).delete()
    record_audit("cancelled", job, actor=actor, now=now)
    return True


@committed_as("take_up_bulk_jobs")
def take_up_forgotten_jobs(*, now: datetime) -> list[int]:
    """The jobs that nobody has touched for a while, now the caller's to have carried on; one caller gets each."""
    forgotten = BulkJob.objects.forgotten(now - FORGOTTEN_AFTER)
    numbers = forgotten.order_by("pk").values_list("pk", flat=True)
    return [number for number in numbers if forgotten.filter(pk=number).update(touched_at=now)]


def forget_bulk_jobs(*, now: datetime) -> int:
    """Drop a batch of what ended long ago, the problems first; how many rows."""
    old = BulkJob.objects.filter(ended_at__lte=now - KEPT_FOR).order_by("ended_at", "id")
    if not (numbers := list(old.values_list("pk", flat=True)[:10])):
        return 0
    problems = BulkProblem.objects.filter(job__in=numbers).order_by("job", "id")
    return problems.drop_first(BATCH) or old.filter(pk__in=numbers).drop_first(10)
