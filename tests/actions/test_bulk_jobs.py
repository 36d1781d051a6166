"""Bulk jobs do what single calls do, batch by batch, once, whoever dies; and say of each line what became of it."""

from __future__ import annotations

import io
import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from channels.actions.upsert_contact import upsert_contact
from channels.models import Channel, Contact
from sequencer.faults import watched
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import AuditEvent
from sequencer.workspaces.refusals import Conflict, Refused
from sequences.actions import bulk_jobs, carry_on_bulk_job
from sequences.actions.bulk_jobs import (
    BulkRequest,
    Filter,
    cancel_bulk_job,
    forget_bulk_jobs,
    start_bulk_job,
    take_up_forgotten_jobs,
)
from sequences.actions.sequence_states import archive_sequence
from sequences.actions.subscribe import enter, subscribe
from sequences.models import BulkChunk, BulkJob, BulkProblem, BulkSource, BulkVerb, Sequence, Subscription
from sequences.rules import bulk_files
from sequences.rules.bulk_lines import Line, read_line
from sequences.tasks import _next_batch
from tests.builders import a_channel, a_contact, a_sequence
from tests.engine import MONDAY_NOON as NOW
from tests.faults.life import Died

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.fixture
def channel() -> Channel:
    return a_channel()


@pytest.fixture
def sequence(channel: Channel) -> Sequence:
    return a_sequence(channel.workspace, [{"delay_amount": 1, "delay_unit": "days"}, {}], name="Coupon")


@pytest.fixture
def _three_lines_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_files, "LINES_IN_A_CHUNK", 3)
    monkeypatch.setattr(carry_on_bulk_job, "CONTACTS_IN_A_BATCH", 3)


def a_job(sequence: Sequence, people: Any, channel: Channel | None, verb: str = "subscribe") -> BulkJob:
    """`people`: the text of a CSV, a list for JSON lines, or a filter."""
    source = "csv" if isinstance(people, str) else "ndjson" if isinstance(people, list) else "filter"
    given = "\n".join(map(json.dumps, people)) if isinstance(people, list) else people
    file = io.BytesIO(given.encode()) if isinstance(given, str) else given
    request = BulkRequest(sequence, BulkVerb(verb), BulkSource(source), channel)
    return start_bulk_job(request, file, now=NOW, actor=SYSTEM)


def carried_out(job: BulkJob) -> BulkJob:
    for _ in range(50):
        if not carry_on_bulk_job.carry_on_bulk_job(job.pk, now=NOW):
            break
    job.refresh_from_db()
    return job


def problems_of(job: BulkJob) -> list[tuple[int | None, str, str]]:
    return list(BulkProblem.objects.filter(job=job).order_by("id").values_list("line", "field", "code"))


def inside(sequence: Sequence) -> Counter[str]:
    return Counter(Subscription.objects.active().filter(sequence=sequence).values_list("contact__address", flat=True))


@pytest.mark.usefixtures("_three_lines_a_batch")
def test_each_line_meets_the_fate_of_a_single_call(channel: Channel, sequence: Sequence) -> None:
    ann, _cleo = a_contact(channel, "ann"), a_contact(channel, "cleo", opted_out_at=NOW)
    subscribe(sequence, [ann], now=NOW, actor=SYSTEM)
    there = a_contact(a_channel(channel.workspace), "elsewhere")
    lines = [
        {"address": "ann"},
        {"address": "bob", "first_name": "Bob", "time_zone": "Europe/Paris", "tags": ["vip"]},
        {"address": "cleo"},
        {"address": "dora", "time_zone": "Mars/Olympus"},
        {"id": there.public_id},
        {"id": "ctc_nobody"},
        {"address": "eve", "channel": a_channel().public_id},
        {"address": "bob"},
    ]
    job = carried_out(a_job(sequence, lines, channel))
    assert inside(sequence) == {"ann": 1, "bob": 1, "elsewhere": 1}
    assert (job.state, job.total, job.looked_at) == ("completed", 8, 8)
    assert job.counts == {"created": 2, "already_active": 2, "contact_unavailable": 1, "invalid": 3}
    assert problems_of(job) == [
        (1, "", "already_active"),
        (3, "", "contact_unavailable"),
        (4, "time_zone", "unknown_time_zone"),
        (6, "id", "not_found"),
        (7, "channel", "not_found"),
        (8, "", "already_active"),
    ]
    bob = Contact.objects.get(address="bob")
    assert (bob.first_name, bob.time_zone, bob.tags, bob.channel_id) == ("Bob", "Europe/Paris", ["vip"], channel.pk)
    assert not Contact.objects.filter(address__in=["dora", "eve"]).exists()
    assert not BulkChunk.objects.exists()


SAID: list[dict[str, Any]] = [
    {"first_name": "Ann", "tags": ["a", "b"], "fields": {"x": 1, "y": None}},
    {"time_zone": "Asia/Tokyo", "utc_offset_minutes": 540, "fields": {"x": None, "z": "3"}},
    {"tags": ["b", "c"], "last_name": "", "language": "fr"},
    {"last_interaction_at": (NOW - 2 * SECOND).isoformat()},
    {"opted_out_at": (NOW - SECOND).isoformat()},
    {"last_interaction_at": (NOW - timedelta(days=900)).isoformat(), "first_name": "Anne"},
]
KEPT: tuple[str, ...] = (
    *("first_name", "last_name", "language", "time_zone", "utc_offset_minutes", "tags", "fields", "created_at"),
    *("last_interaction_at", "opted_out_at", "blocked_at", "last_reply_at", "unreachable_in_a_row"),
)


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize("is_blocked", [False, True])
def test_what_lines_say_of_people_is_written_as_single_calls_would(
    is_known: bool, is_blocked: bool, channel: Channel, sequence: Sequence
) -> None:
    """One person by calls, the other by lines of one batch, all that can be said of them said in turn."""
    if is_known:
        was = {"first_name": "A.", "tags": ["old"], "blocked_at": NOW - timedelta(days=1) if is_blocked else None}
        for name in ("by call", "by line"):
            a_contact(channel, name, created_at=NOW, **was)
    for record in SAID:
        read = read_line({**record, "address": "by call"})
        assert isinstance(read, Line)
        upsert_contact(channel, "by call", read.values, now=NOW, actor=SYSTEM)
    carried_out(a_job(sequence, [{**record, "address": "by line"} for record in SAID], channel))
    by_call, by_line = Contact.objects.filter(address__startswith="by ").order_by("address")
    assert {name: getattr(by_line, name) for name in KEPT} == {name: getattr(by_call, name) for name in KEPT}


def test_whoever_is_inside_and_moves_has_the_next_message_planned_anew(channel: Channel, sequence: Sequence) -> None:
    window = a_sequence(channel.workspace, [{"window_start": "14:00", "window_end": "15:00"}])
    ann = a_contact(channel, "ann", time_zone="UTC")
    subscribe(window, [ann], now=NOW, actor=SYSTEM)
    carried_out(a_job(sequence, [{"address": "ann", "time_zone": "Europe/Paris"}], channel))
    due = Subscription.objects.get(sequence=window).next_send_at
    assert due == NOW + timedelta(hours=1)  # 14:00 in Paris


@pytest.mark.usefixtures("_three_lines_a_batch")
def test_people_leave_by_a_job_as_they_came(channel: Channel, sequence: Sequence) -> None:
    names = ["ann", "bob", "cleo", "dora"]
    carried_out(a_job(sequence, "address\n" + "\n".join(names), channel))
    job = carried_out(a_job(sequence, "address\nann\nstranger\ncleo\ncleo\nann", channel, "unsubscribe"))
    assert inside(sequence) == {"bob": 1, "dora": 1}
    assert job.counts == {"stopped": 2, "not_inside": 3}
    assert [line for line, _, _ in problems_of(job)] == [3, 5, 6]
    assert not Contact.objects.filter(address="stranger").exists()


@pytest.mark.usefixtures("_three_lines_a_batch")
def test_a_filter_takes_those_who_fit_of_those_who_were_there(channel: Channel, sequence: Sequence) -> None:
    for name, tags, city in (("ann", ["vip", "new"], "Paris"), ("bob", ["vip"], "Lyon"), ("cleo", ["new"], "Paris")):
        a_contact(channel, name, tags=tags, fields={"city": city})
    a_contact(a_channel(channel.workspace), "far away", tags=["vip"], fields={"city": "Paris"})
    a_contact(address="of somebody else", tags=["vip"], fields={"city": "Paris"})
    wanted = [Filter(("vip",), {"city": "Paris"}), Filter(("vip",)), Filter()]
    jobs = [a_job(a_sequence(channel.workspace), one, where) for one in wanted for where in (channel, None)]
    a_contact(channel, "too late", tags=["vip"], fields={"city": "Paris"})
    found = ["ann", "ann,far away", "ann,bob", "ann,bob,far away", "ann,bob,cleo", "ann,bob,cleo,far away"]
    assert [",".join(sorted(inside(carried_out(job).sequence))) for job in jobs] == found
    assert {(job.total, job.looked_at) for job in jobs} == {(4, 4)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_three_lines_a_batch")
def test_a_job_whose_worker_dies_at_any_commit_goes_on_without_doubles(channel: Channel, sequence: Sequence) -> None:
    """Just before and just after each batch: nobody is missing, nobody is twice, the counts are of one life."""
    names = [f"person {number}" for number in range(10)]
    for when in ("before", "after"):
        for batch in range(4):
            fresh = a_sequence(channel.workspace)
            job = a_job(fresh, "address\n" + "\n".join(names), channel)
            left = [batch + 1]

            def dies(point: str, when: str = when, left: list[int] = left) -> None:
                left[0] -= point == f"{when} carry_on_bulk_job"
                if left[0] == 0:
                    raise Died(point)

            with watched(dies), pytest.raises(Died):
                carried_out(job)
            job.refresh_from_db()
            assert job.looked_at == min(10, 3 * (batch + (when == "after")))
            carried_out(job)
            assert inside(fresh) == dict.fromkeys(names, 1)
            assert (job.state, job.looked_at, job.counts) == ("completed", 10, {"created": 10})


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_workers_never_carry_out_the_same_batch(channel: Channel, sequence: Sequence) -> None:
    """The second finds the job in the first one's hands, and leaves."""
    job = a_job(sequence, "address\nann", channel)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM sequences_bulkjob WHERE id = %s FOR NO KEY UPDATE", [job.pk])
            assert not carry_on_bulk_job.carry_on_bulk_job(job.pk, now=NOW)
            cursor.execute("ROLLBACK")
    finally:
        other.close()
    assert not inside(sequence)
    assert carried_out(job).state == "completed"


def test_one_person_who_makes_a_batch_fall_is_named_and_the_others_are_served(
    channel: Channel, sequence: Sequence, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job = a_job(sequence, "address\nann\npoison\nbob", channel)

    def falls(sequence: Sequence, people: Any, **more: Any) -> Any:
        if Contact.objects.filter(pk__in=people, address="poison").exists():
            raise RuntimeError("a mistake of ours")
        return enter(sequence, people, **more)

    monkeypatch.setattr(carry_on_bulk_job, "enter", falls)
    assert not _next_batch(job.pk)
    job.refresh_from_db()
    assert inside(sequence) == {"ann": 1, "bob": 1}
    assert (job.state, job.counts) == ("completed", {"created": 2, "invalid": 1})
    assert problems_of(job) == [(3, "", "internal_error")]
    assert "a mistake of ours" in caplog.text


@pytest.mark.usefixtures("_three_lines_a_batch")
def test_a_cancelled_job_keeps_what_it_did_and_does_no_more(channel: Channel, sequence: Sequence) -> None:
    job = a_job(sequence, "address\n" + "\n".join("abcdef"), channel)
    assert carry_on_bulk_job.carry_on_bulk_job(job.pk, now=NOW)
    assert cancel_bulk_job(job, now=NOW, actor=SYSTEM)
    assert not cancel_bulk_job(job, now=NOW, actor=SYSTEM)
    assert (carried_out(job).state, job.looked_at, sorted(inside(sequence))) == ("cancelled", 3, ["a", "b", "c"])
    assert not BulkChunk.objects.exists()
    assert [event.verb for event in AuditEvent.objects.filter(object_kind="bulkjob")] == ["created", "cancelled"]


@pytest.mark.usefixtures("_three_lines_a_batch")
def test_a_sequence_that_closes_under_a_job_fails_it_with_the_reason(channel: Channel, sequence: Sequence) -> None:
    job = a_job(sequence, "address\n" + "\n".join("abcdef"), channel)
    carry_on_bulk_job.carry_on_bulk_job(job.pk, now=NOW)
    archive_sequence(sequence, now=NOW, actor=SYSTEM)
    assert (carried_out(job).state, job.failed_because) == ("failed", "sequence_not_active")
    with pytest.raises(Conflict, match="sequence_not_active"):
        a_job(Sequence.objects.get(), "address\nann", channel)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", ("columns.address", "required")),
        ("address\n", ("lines", "required")),
        ("address,colour\nann,red", ("columns.colour", "unknown_field")),
        ("address\nann\nbob\ncleo\ndora", ("lines", "too_many")),
        ('address\n"ann', ("lines.2", "malformed_line")),
    ],
)
def test_a_file_that_cannot_be_carried_out_is_refused_whole(
    text: str, problem: tuple[str, str], channel: Channel, sequence: Sequence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_jobs, "MOST_LINES", 3)
    with pytest.raises(Refused) as refused:
        a_job(sequence, text, channel)
    assert [(one.field, one.code) for one in refused.value.problems] == [problem]
    assert not BulkJob.objects.exists()


def test_a_job_that_nobody_touches_is_taken_up_once_and_forgotten_in_the_end(
    channel: Channel, sequence: Sequence
) -> None:
    job = a_job(sequence, "id\nctc_nobody", channel)
    later = NOW + bulk_jobs.FORGOTTEN_AFTER + SECOND
    assert take_up_forgotten_jobs(now=NOW + SECOND) == []
    assert take_up_forgotten_jobs(now=later) == [job.pk]
    assert take_up_forgotten_jobs(now=later + SECOND) == []
    assert carried_out(job).problem_count == 1
    assert take_up_forgotten_jobs(now=later + timedelta(days=1)) == []
    assert [forget_bulk_jobs(now=NOW + bulk_jobs.KEPT_FOR) for _ in range(3)] == [1, 1, 0]
    assert not BulkJob.objects.exists()
