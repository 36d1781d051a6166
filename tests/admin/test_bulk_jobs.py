"""A file of people, uploaded on the page of a sequence, and what the pages say of it."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from channels.models import Channel
from sequencer.workspaces.models import Role, Workspace
from sequences.models import BulkJob, Sequence, Subscription
from sequences.tasks import carry_on_bulk
from tests.builders import a_channel, a_contact, a_member, a_sequence, a_workspace


@pytest.fixture
def workspace(db: None) -> Workspace:
    return a_workspace("Bakery")


@pytest.fixture
def channel(workspace: Workspace) -> Channel:
    return a_channel(workspace)


@pytest.fixture
def sequence(workspace: Workspace) -> Sequence:
    return a_sequence(workspace, name="Coupon")


def as_member(workspace: Workspace, role: Role = Role.EDITOR) -> Client:
    client = Client()
    client.force_login(a_member(workspace, role))
    return client


def upload(client: Client, sequence: Sequence, channel: Channel, text: str, verb: str = "subscribe") -> str:
    """The page that the upload leads to."""
    form = {"verb": verb, "channel": channel.pk, "file": SimpleUploadedFile("people.csv", text.encode())}
    return client.post(reverse("admin:sequences_bulk", args=[sequence.pk]), form, follow=True).content.decode()


def test_an_uploaded_file_is_carried_out_and_its_refused_lines_are_named(
    workspace: Workspace, sequence: Sequence, channel: Channel
) -> None:
    client = as_member(workspace)
    a_contact(channel, "cleo", first_name="Cleo", opted_out_at=channel.created_at)
    page = upload(client, sequence, channel, "address;first_name\nnoor;Noor\ncleo;\n;\nida;Ida;more\n")
    assert "Waiting for a worker" in page
    assert "data-unfinished" in page
    job = BulkJob.objects.get()
    carry_on_bulk(job.pk)
    address = reverse("admin:sequences_bulk_job", args=[job.pk])
    part = client.get(address, {"part": "1"}).content.decode()
    assert "data-unfinished" not in part
    assert "3 of 3 done." in part
    assert "1 person entered." in part
    page = client.get(address).content.decode()
    assert "This person opted out or blocked the channel." in page
    assert "At most 2 are allowed." in page
    assert Subscription.objects.get().contact.first_name == "Noor"
    assert "1 person entered." in client.get(reverse("admin:sequences_bulk", args=[sequence.pk])).content.decode()


def test_a_file_that_cannot_be_used_is_refused_on_the_form(
    workspace: Workspace, sequence: Sequence, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_member(workspace)
    assert "colour: There is no such field." in upload(client, sequence, channel, "address,colour\nann,red")
    assert "This value is needed." in upload(client, sequence, channel, "")
    monkeypatch.setattr("sequences.admin.bulk_jobs.MOST_BYTES", 5)
    assert "This file is too large" in upload(client, sequence, channel, "address\nann")
    monkeypatch.undo()
    Sequence.objects.update(state="draft")
    assert "nobody can be subscribed" in upload(client, sequence, channel, "address\nann")
    assert "There is no" not in upload(client, sequence, channel, "address\nann", "unsubscribe")
    assert BulkJob.objects.get().verb == "unsubscribe"


def test_whoever_may_not_change_people_neither_uploads_nor_cancels(
    workspace: Workspace, sequence: Sequence, channel: Channel
) -> None:
    upload(as_member(workspace), sequence, channel, "address\nann")
    viewer, cancel = (
        as_member(workspace, Role.VIEWER),
        reverse("admin:sequences_bulk_cancel", args=[BulkJob.objects.get().pk]),
    )
    assert viewer.post(cancel).status_code == 403
    assert viewer.post(reverse("admin:sequences_bulk", args=[sequence.pk])).status_code == 403
    assert as_member(workspace).get(cancel).status_code == 405
    assert "Cancelled" in as_member(workspace).post(cancel, follow=True).content.decode()
