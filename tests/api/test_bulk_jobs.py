"""bulk-jobs/: files and filters in, progress and refused lines out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from channels.models import Channel
from sequencer.workspaces.models import Workspace
from sequences.api import uploads
from sequences.models import BulkJob, BulkProblem, Subscription
from sequences.tasks import CARRY_ON_BULK, carry_on_bulk
from tests.api.calling import Program
from tests.builders import a_channel, a_contact, a_sequence

CSV, NDJSON = "text/csv", "application/x-ndjson"


@pytest.fixture
def channel(workspace: Workspace) -> Channel:
    return a_channel(workspace)


def upload(program: Program, content: str | bytes, media_type: str = CSV, *, key: str = "", **query: str) -> Any:
    headers = {"idempotency-key": key} if key else {}
    address = "/api/v1/bulk-jobs/?" + "&".join(f"{name}={value}" for name, value in query.items())
    with TestCase.captureOnCommitCallbacks(execute=True):
        return program.client.post(address, content, content_type=media_type, headers=headers)


def test_a_table_is_carried_out_in_the_background_and_says_what_became_of_its_lines(
    program: Program, workspace: Workspace, channel: Channel
) -> None:
    sequence = a_sequence(workspace, name="Customer feedback")
    table = "address,first_name,tags\nnoor,Noor,vip|new\n,nobody,\nida,Ida,"
    made = upload(program, table, action="subscribe", sequence="Customer feedback", channel=channel.public_id)
    assert made.status_code == 201, made.content
    job = made.json()
    assert job | {"id": "", "created_at": ""} == {
        "id": "",
        "action": "subscribe",
        "sequence": sequence.public_id,
        "people_from": "csv",
        "channel": channel.public_id,
        "filter": None,
        "state": "waiting",
        "failed_because": None,
        "total": 3,
        "processed": 0,
        "counts": {},
        "problems": 0,
        "created_at": "",
        "started_at": None,
        "ended_at": None,
    }
    (task,) = OrmQ.objects.all()
    assert (task.func(), task.args()) == (CARRY_ON_BULK, (BulkJob.objects.get().pk,))
    assert carry_on_bulk(*task.args()) == "nothing more"
    done = program.get(f"bulk-jobs/{job['id']}/").json()
    assert (done["state"], done["processed"], done["counts"]) == ("completed", 3, {"created": 2, "invalid": 1})
    assert program.get(f"bulk-jobs/{job['id']}/problems/").json()["results"] == [
        {"line": 3, "contact": None, "field": "address", "code": "required", "detail": "This value is needed."}
    ]
    people = program.get("contacts/", address="noor").json()["results"]
    assert [(one["first_name"], one["tags"]) for one in people] == [("Noor", ["vip", "new"])]


def test_lines_of_json_and_filters_make_jobs_too(program: Program, workspace: Workspace, channel: Channel) -> None:
    sequence, ann = a_sequence(workspace), a_contact(channel, tags=["vip"])
    stranger = a_contact()
    lines = [{"id": ann.public_id}, {"id": stranger.public_id}, {"channel": channel.public_id, "address": "bob"}]
    made = upload(program, "\n".join(map(json.dumps, lines)), NDJSON, action="subscribe", sequence=sequence.public_id)
    carry_on_bulk(BulkJob.objects.get().pk)
    assert program.get(f"bulk-jobs/{made.json()['id']}/").json()["counts"] == {"created": 2, "invalid": 1}
    wanted = {"channel": channel.public_id, "tags": ["vip"]}
    body = {"action": "unsubscribe", "sequence": sequence.public_id, "filter": wanted}
    made = program.post("bulk-jobs/", body)
    assert made.json()["filter"] == {**wanted, "fields": {}}
    carry_on_bulk(BulkJob.objects.latest("pk").pk)
    assert program.get(f"bulk-jobs/{made.json()['id']}/").json()["counts"] == {"stopped": 1}
    assert Subscription.objects.active().get().contact.address == "bob"
    listed = program.get("bulk-jobs/", action="unsubscribe", state="completed").json()["results"]
    assert [one["id"] for one in listed] == [made.json()["id"]]


def test_a_job_is_cancelled_by_its_state_and_by_nothing_else(
    program: Program, workspace: Workspace, channel: Channel
) -> None:
    sequence = a_sequence(workspace).public_id
    made = upload(program, "address\nann", action="subscribe", sequence=sequence, channel=channel.public_id).json()
    path = f"bulk-jobs/{made['id']}/"
    assert program.refused(program.patch(path, {"state": "completed"})) == [("state", "unknown_choice")]
    for _ in range(2):
        assert program.patch(path, {"state": "cancelled"}).json()["state"] == "cancelled"
    carry_on_bulk(BulkJob.objects.get().pk)
    assert not Subscription.objects.exists()


def test_the_same_upload_under_the_same_key_is_one_job(program: Program, workspace: Workspace) -> None:
    asked = {"action": "subscribe", "sequence": a_sequence(workspace).public_id}
    first, again = (upload(program, "id\nctc_x", key="k", **asked) for _ in range(2))
    assert (first.status_code, again.content) == (201, first.content)
    assert BulkJob.objects.count() == 1
    other = upload(program, "id\nctc_y", key="k", **asked)
    assert program.refused(other) == [("Idempotency-Key", "idempotency_key_reused")]


def test_what_cannot_be_a_job_is_refused_by_name(
    program: Program, workspace: Workspace, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sequence = a_sequence(workspace)
    asked = {"action": "subscribe", "sequence": sequence.public_id}
    theirs = a_channel().public_id
    assert program.refused(upload(program, "id\nx")) == [("action", "required"), ("sequence", "required")]
    assert program.refused(upload(program, "id\nx", **asked, colour="red")) == [("colour", "unknown_field")]
    assert program.refused(upload(program, "id\nx", **asked, channel=theirs)) == [("channel", "not_found")]
    assert program.refused(upload(program, "colour\nx", **asked)) == [("columns.colour", "unknown_field")]
    body = {**asked, "filter": {"channel": theirs}}
    assert program.refused(program.post("bulk-jobs/", body)) == [("filter.channel", "not_found")]
    assert program.refused(program.post("bulk-jobs/", asked)) == [("filter", "required")]
    assert upload(program, "id\nx", "text/plain", **asked).status_code == 415
    monkeypatch.setattr(uploads, "MOST_BYTES", 5)
    assert upload(program, "id\nctc_x", **asked).json()["code"] == "body_too_large"
    draft = a_sequence(workspace, state="draft").public_id
    assert upload(program, "id\nx", action="subscribe", sequence=draft).json()["code"] == "sequence_not_active"
    assert not BulkJob.objects.exists()


def test_a_longer_list_of_problems_costs_no_more_queries(
    program: Program, workspace: Workspace, channel: Channel
) -> None:
    sequence = a_sequence(workspace).public_id
    made = upload(program, "address\nann", action="subscribe", sequence=sequence, channel=channel.public_id).json()
    path, own = f"bulk-jobs/{made['id']}/problems/", {"workspace": workspace, "job": BulkJob.objects.get()}
    counts = []
    for start, end in ((0, 3), (3, 40)):
        BulkProblem.objects.bulk_create(BulkProblem(**own, line=line, code="required") for line in range(start, end))
        with CaptureQueriesContext(connection) as queries:
            assert [one["line"] for one in program.get(path).json()["results"]] == list(range(end))
        counts.append(sum("sequences_bulk" in query["sql"] for query in queries.captured_queries))
    assert counts == [2, 2]  # the job and its problems; what a key's first call of a minute costs is not the list's
