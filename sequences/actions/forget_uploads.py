"""What files of people say of somebody who is erased: the lines that still wait, and the problems that were kept."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from channels.models import Channel, Contact
from sequences.models import BulkChunk, BulkJob, BulkProblem, BulkSource
from sequences.rules.bulk_files import Table, without

ERASED = "erased_line"


def forget_uploads(contact: Contact, *, address: str) -> None:
    """Their lines become empty, so that all others keep their numbers; a problem that names them says only where."""
    for job in BulkJob.objects.in_workspace(contact.workspace_id).unfinished().exclude(source=BulkSource.FILTER):
        _blank_lines(job, contact, address)
    named = Q(field__contains=address[:100])
    for written in {json.dumps(address), json.dumps(address, ensure_ascii=False)}:
        named |= Q(text__contains=written[1:-1])
    kept = BulkProblem.objects.in_workspace(contact.workspace_id).annotate(text=Cast("params", TextField()))
    found = list(kept.filter(named).values_list("pk", flat=True))
    BulkProblem.objects.filter(pk__in=found).update(field="", code=ERASED, params={})


def _blank_lines(job: BulkJob, contact: Contact, address: str) -> None:
    table = Table(job.columns["names"], job.columns["delimiter"]) if job.source == BulkSource.CSV else None
    here = Channel.public_id.of(contact.channel_id)
    usual = Channel.public_id.of(job.channel_id)

    def is_theirs(record: object, text: str) -> bool:
        if not isinstance(record, Mapping):
            return address in text  # nobody can read whom it names
        names = (str(record.get("channel") or usual).strip(), str(record.get("address", "")).strip())
        return record.get("id") == contact.public_id or names == (here, address)

    for chunk in BulkChunk.objects.filter(job=job).order_by("number").iterator(chunk_size=1):
        content = bytes(chunk.content)
        if (left := without(content, chunk.first_line, table, is_theirs)) != content:
            BulkChunk.objects.filter(pk=chunk.pk).update(content=left)
