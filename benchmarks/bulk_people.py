"""The people of a bulk job, as a file that is made while it is read, and the job that takes them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime

from channels.models import Channel
from sequencer.workspaces.actor import SYSTEM
from sequences.actions.bulk_jobs import BulkRequest, Filter, start_bulk_job
from sequences.models import BulkJob, BulkSource, BulkVerb, Sequence
from tests import builders


class _Lines(io.RawIOBase):
    """A CSV of the crowd's addresses."""

    def __init__(self, people: int) -> None:
        self._lines: Iterator[bytes] = iter([b"address\n"])
        self._numbers = iter(range(1, people + 1))

    def readline(self, size: int | None = -1) -> bytes:
        head = next(self._lines, None)
        if head is not None:
            return head
        number = next(self._numbers, None)
        return b"" if number is None else b"person-%d\n" % number


def a_file_of(people: int) -> io.RawIOBase:
    return _Lines(people)


def a_sequence(channel: Channel) -> Sequence:
    return builders.a_sequence(channel.workspace, [{"delay_amount": 1, "delay_unit": "days"}])


def a_job(sequence: Sequence, channel: Channel, people: object) -> BulkJob:
    source = BulkSource.FILTER if isinstance(people, Filter) else BulkSource.CSV
    request = BulkRequest(sequence, BulkVerb.SUBSCRIBE, source, channel)
    return start_bulk_job(request, people, now=datetime.now(UTC), actor=SYSTEM)  # type: ignore[arg-type]
