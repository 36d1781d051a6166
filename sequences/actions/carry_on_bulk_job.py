"""Carry a bulk job on by one batch: its effects and how far it has come are one commit, so a death costs nothing."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from channels.models import Contact
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.refusals import ProblemLike
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.bulk_contacts import Found, People
from sequences.actions.locking import share_sequences
from sequences.actions.subscribe import OPEN_FOR_PEOPLE, enter
from sequences.actions.unsubscribe import unsubscribe
from sequences.models import BulkChunk, BulkJob, BulkProblem, BulkSource, BulkState, BulkVerb
from sequences.models import Sequence as SequenceModel
from sequences.rules.bulk_files import Table, records_of
from sequences.rules.bulk_lines import Line, read_line
from sequences.rules.problems import Problem
from sequences.sql import dialect

log = logging.getLogger(__name__)

CONTACTS_IN_A_BATCH = 2000
PROBLEM_COLUMNS = ("workspace_id", "job_id", "line", "contact_id", "field", "code", "params")
DONE = {BulkVerb.SUBSCRIBE: "created", BulkVerb.UNSUBSCRIBE: "stopped"}


@dataclass(slots=True)
class Tally:
    """What became of a batch: how many met which fate, and the problems as rows of PROBLEM_COLUMNS."""

    job: BulkJob
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[Any, ...]] = field(default_factory=list)

    def refuse(self, fate: str, line: int | None, contact: int | None, problems: Sequence[ProblemLike]) -> None:
        self.counts[fate] += 1
        own = (self.job.workspace_id, self.job.pk, line, contact)
        self.problems += [(*own, one.field[:100], one.code, dict(one.params)) for one in problems]


@in_one_transaction
def carry_on_bulk_job(job_id: int, *, now: datetime, one_by_one: bool = False) -> bool:
    """The next batch, whether one remains. Nothing while another worker is at it, or after its end.

    `one_by_one`: somebody in the batch made it fall; each person gets a savepoint, and those who fall are named.
    """
    mine = BulkJob.objects.unfinished().select_for_update(skip_locked=True, of=("self",), no_key=True)
    job: BulkJob | None = mine.filter(pk=job_id).first()
    if job is None:
        return False
    sequence = share_sequences([job.sequence_id])[job.sequence_id]
    if job.verb == BulkVerb.SUBSCRIBE and sequence.state not in OPEN_FOR_PEOPLE:
        _end(job, BulkState.FAILED, now=now, because="sequence_not_active")
        return False
    tally = Tally(job)
    numbered, looked_at = _next_batch(job, tally)
    _carry_out(sequence, numbered, tally, now=now, one_by_one=one_by_one)
    dialect().insert_rows(BulkProblem, PROBLEM_COLUMNS, sorted(tally.problems, key=_line_of))
    job.counts = dict(Counter(job.counts) + tally.counts)
    job.problem_count += len(tally.problems)
    job.looked_at += looked_at
    job.state, job.started_at, job.touched_at = BulkState.RUNNING, job.started_at or now, now
    if job.position < job.until:
        job.save()
        return True
    job.total = job.looked_at  # empty rows of a table were counted before anybody read them
    _end(job, BulkState.COMPLETED, now=now)
    return False


def _line_of(problem: tuple[Any, ...]) -> int:
    return problem[PROBLEM_COLUMNS.index("line")] or 0


def _end(job: BulkJob, state: BulkState, *, now: datetime, because: str = "") -> None:
    job.state, job.ended_at, job.failed_because = state, now, because
    job.save()
    BulkChunk.objects.filter(job=job).delete()


Numbered = list[tuple[int | None, Line | int]]


def _next_batch(job: BulkJob, tally: Tally) -> tuple[Numbered, int]:
    """The people of the next batch, each with its line or as a contact's number; and how many were looked at for them.

    What cannot be read is counted in `tally`; the job's position moves.
    """
    if job.source == BulkSource.FILTER:
        return _next_contacts(job)
    job.position += 1
    chunk = BulkChunk.objects.get(job=job, number=job.position)
    table = Table(job.columns["names"], job.columns["delimiter"]) if job.source == BulkSource.CSV else None
    numbered: Numbered = []
    looked_at = 0
    for number, record in records_of(bytes(chunk.content), chunk.first_line, table):
        looked_at += 1
        line = [record] if isinstance(record, Problem) else read_line(record)
        if isinstance(line, list):
            tally.refuse("invalid", number, None, line)
        else:
            numbered.append((number, line))
    chunk.delete()
    return numbered, looked_at


def _next_contacts(job: BulkJob) -> tuple[Numbered, int]:
    """The next stretch of all contacts: those of them who fit."""
    ahead = Contact.objects.in_workspace(job.workspace_id).filter(pk__gt=job.position, pk__lte=job.until)
    wants_more = bool(job.criteria["tags"] or job.criteria["fields"])
    columns = ("pk", "channel_id", *(("tags", "fields") if wants_more else ()))
    stretch = list(ahead.order_by("pk").values_list(*columns)[:CONTACTS_IN_A_BATCH])
    job.position = stretch[-1][0] if len(stretch) == CONTACTS_IN_A_BATCH else job.until
    return [(None, row[0]) for row in stretch if _fits(job, *row[1:])], len(stretch)


def _fits(job: BulkJob, channel: int, tags: Sequence[str] = (), fields: dict[str, Any] | None = None) -> bool:
    if job.channel_id is not None and channel != job.channel_id:
        return False
    has_tags = all(tag in tags for tag in job.criteria["tags"])
    return has_tags and all((fields or {}).get(name) == value for name, value in job.criteria["fields"].items())


def _carry_out(sequence: SequenceModel, numbered: Numbered, tally: Tally, *, now: datetime, one_by_one: bool) -> None:
    for part in _parts(numbered, one_by_one=one_by_one):
        if not one_by_one:
            _act(sequence, part, tally, now=now)
            continue
        try:
            with transaction.atomic():
                _act(sequence, part, alone := Tally(tally.job), now=now)
        except Exception:
            log.exception("one person of a bulk job fell", extra={"job": tally.job.pk, "line": part[0][0]})
            tally.refuse("invalid", part[0][0], None, [Problem("", "internal_error")])
        else:
            tally.counts += alone.counts
            tally.problems += alone.problems


def _parts(numbered: Numbered, *, one_by_one: bool) -> Iterator[Numbered]:
    if one_by_one:
        yield from ([one] for one in numbered)
    elif numbered:
        yield numbered


def _act(sequence: SequenceModel, numbered: Numbered, tally: Tally, *, now: datetime) -> None:
    verb = BulkVerb(tally.job.verb)
    there: list[tuple[int | None, int]] = []
    for (line, _), answer in zip(numbered, _found(tally.job, numbered, now=now), strict=True):
        if isinstance(answer, int):
            there.append((line, answer))
        elif answer is None:
            tally.refuse("not_inside", line, None, [Problem("", "not_inside")])
        else:
            tally.refuse("invalid", line, None, answer)
    reasons = _reasons(verb, sequence, [contact for _, contact in there], now=now)
    tally.counts[DONE[verb]] += reasons.count("")
    for (line, contact), why in zip(there, reasons, strict=True):
        if why:
            tally.refuse(why, line, contact, [Problem("", why)])


def _found(job: BulkJob, numbered: Numbered, *, now: datetime) -> Sequence[Found]:
    if job.source == BulkSource.FILTER:
        return [one for _, one in numbered if isinstance(one, int)]
    people = People(job.workspace_id, now, makes_unknown=job.verb == BulkVerb.SUBSCRIBE)
    return people.of([line for _, line in numbered if isinstance(line, Line)], job.channel_id)


def _reasons(verb: BulkVerb, sequence: SequenceModel, contacts: list[int], *, now: datetime) -> list[str]:
    """For each, "" or why nothing was done. One audit event speaks of the whole job, none of each person."""
    if verb == BulkVerb.SUBSCRIBE:
        return [why for why, _ in enter(sequence, contacts, now=now)]
    people = Contact.objects.filter(pk__in=contacts)
    inside = {one.contact.pk for one in unsubscribe(sequence, list(people), now=now, actor=SYSTEM) if one.stopped}
    reasons = []
    for contact in contacts:  # whoever is named a second time has left by then
        reasons.append("" if contact in inside else "not_inside")
        inside.discard(contact)
    return reasons
