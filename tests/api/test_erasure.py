"""A person is erased: no table says any more who they were, the numbers stay, nobody brings them back in silence."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from channels.inbound import record_inbound
from channels.messages import InboundEvent, InboundKind
from channels.models import Channel, Contact
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import AuditEvent, Role, Workspace
from sequences.export_contact import export_of
from sequences.models import BulkChunk, BulkJob, BulkProblem, Delivery, Sequence, Subscription, Tally, WebhookMessage
from tests.actions.cast import a_sandbox
from tests.actions.test_bulk_jobs import a_job, carried_out
from tests.actions.test_outbox import an_endpoint
from tests.api.calling import Program
from tests.builders import a_member, a_sequence
from tests.engine import Clock, Engine
from tests.isolation.world import NOW, a_business

CANARY = "canary-4711"
PERSON = {
    "address": f"{CANARY}@example.com",
    "first_name": f"{CANARY} Ann",
    "last_name": CANARY,
    "language": "fr",
    "time_zone": "Europe/Paris",
    "tags": [CANARY],
    "fields": {"order": CANARY},
}


@pytest.fixture
def channel(workspace: Workspace) -> Channel:
    return a_sandbox(workspace)


@pytest.fixture
def sequence(workspace: Workspace) -> Sequence:
    return a_sequence(workspace, [{}, {"delay_unit": "days", "delay_amount": 3}])


@pytest.fixture
def ann(program: Program, workspace: Workspace, channel: Channel, sequence: Sequence) -> str:
    """Everything happens to her that leaves a trace; her id."""
    an_endpoint(workspace)
    person = {**PERSON, "channel": channel.public_id}
    body = {"sequence": sequence.public_id, "contact": person}
    subscribed = program.post("actions/subscribe-to-sequence/", body, key="ann-1").json()["subscription"]
    program.post("interactions/", {"contact": {"id": subscribed["contact"]}, "kind": "message", "text": CANARY})
    program.post("events/", {"contact": {"id": subscribed["contact"]}, "name": "paid", "data": {"card": CANARY}})
    program.post("contacts/", {**person, "first_name": f"{CANARY} Anna"}, key="ann-2")
    engine = Engine(Clock(Subscription.objects.get().subscribed_at))
    engine.settle()
    engine.close()
    Delivery.objects.update(reason_details={"detail": CANARY})
    columns = "channel,address,first_name,time_zone"
    theirs = f'{channel.public_id},{PERSON["address"]},"{CANARY}\nAnn"'
    done = a_job(sequence, f"{columns}\n{theirs},{PERSON['address']}", channel)
    assert carried_out(done).counts == {"invalid": 1}
    a_job(sequence, f"{columns}\n,bob,Bob\n{theirs}\n,ida,Ida\n", channel)
    by_id = {"id": subscribed["contact"], "first_name": CANARY}
    a_job(sequence, [{"address": "bob"}, by_id, {"address": "ida"}], channel)
    contact: str = subscribed["contact"]
    return contact


def places_with_the_canary() -> list[str]:
    rows = [(model.__name__, row) for model in apps.get_models() for row in model._default_manager.values()]
    assert len(rows) > 10
    return [f"{name} {row}" for name, row in rows if CANARY in str(row)]


def test_no_table_says_who_they_were_and_the_numbers_stay(program: Program, ann: str) -> None:
    assert len({place.split()[0] for place in places_with_the_canary()}) >= 5, "nothing was planted"
    tallies = list(Tally.objects.values_list("state", "number"))
    erased = program.post(f"contacts/{ann}/erase/")
    assert (erased.status_code, erased.content) == (204, b"")
    assert places_with_the_canary() == []
    assert BulkProblem.objects.get().code == "erased_line"
    assert list(Tally.objects.values_list("state", "number")) == tallies
    assert (Delivery.objects.get().state, Subscription.objects.get().state) == ("sent", "stopped")
    assert AuditEvent.objects.latest("pk").verb == "erased"
    assert program.get(f"contacts/{ann}/").status_code == 404
    assert program.get("contacts/").json()["results"] == []
    assert program.refused(program.post("interactions/", {"contact": {"id": ann}, "kind": "other"})) == [
        ("contact.id", "not_found")
    ]


def test_who_was_told_of_them_is_told_that_they_are_forgotten(program: Program, ann: str) -> None:
    program.post(f"contacts/{ann}/erase/")
    assert list(WebhookMessage.objects.values_list("type", "contact")) == [
        ("contact.erased", Contact.public_id.parse(ann))
    ]


def test_added_again_they_are_a_stranger_who_opted_out(
    program: Program, channel: Channel, sequence: Sequence, ann: str
) -> None:
    program.post(f"contacts/{ann}/erase/")
    person = {**PERSON, "channel": channel.public_id}
    again = program.post("contacts/", person)
    assert again.status_code == 201
    assert again.json()["id"] != ann
    assert again.json()["opted_out_at"] is not None
    answer = program.post("actions/subscribe-to-sequence/", {"sequence": sequence.public_id, "contact": person})
    assert (answer.status_code, answer.json()["reason"]) == (200, "contact_unavailable")
    assert program.get("subscriptions/", contact=again.json()["id"]).json()["results"] == []
    assert program.post(f"contacts/{again.json()['id']}/erase/").status_code == 204
    assert program.post("contacts/", person).json()["opted_out_at"] is not None
    assert program.post("contacts/", {**person, "address": "somebody-else"}).json()["opted_out_at"] is None


def test_a_file_of_people_does_not_bring_them_back_in_silence(
    program: Program, channel: Channel, sequence: Sequence, ann: str
) -> None:
    program.post(f"contacts/{ann}/erase/")
    carried_out(a_job(sequence, f"address\n{PERSON['address']}\nsomebody-else\n", channel))
    back = dict(Contact.objects.filter(erased_at=None).values_list("address", "opted_out_at"))
    assert {address: at is not None for address, at in back.items()} == {
        PERSON["address"]: True,
        "somebody-else": False,
    }
    inside = Subscription.objects.active().values_list("contact__address", flat=True)
    assert list(inside) == ["somebody-else"]


@pytest.mark.parametrize("had_opted_out", [False, True])
def test_who_writes_to_us_begins_anew_unless_they_had_opted_out(
    program: Program, channel: Channel, ann: str, had_opted_out: bool
) -> None:
    now = Clock().forward(days=10)
    if had_opted_out:
        program.patch(f"contacts/{ann}/", {"opted_out_at": "2026-11-20T12:00:00Z"})
    program.post(f"contacts/{ann}/erase/")
    said = InboundEvent(PERSON["address"], now, InboundKind.MESSAGE)  # type: ignore[arg-type]
    [back] = record_inbound(channel, [said], now=now, actor=SYSTEM)
    assert back.public_id != ann
    assert (Contact.objects.get(pk=back.pk).opted_out_at is not None) == had_opted_out


def test_who_stands_beside_them_in_a_file_enters_and_keeps_their_line(
    program: Program, channel: Channel, ann: str
) -> None:
    program.post(f"contacts/{ann}/erase/")
    for job in BulkJob.objects.unfinished().order_by("source"):
        chunk = BulkChunk.objects.get(job=job)
        assert bytes(chunk.content).count(b"\n") == (4 if job.source == "csv" else 2), (
            "a line of theirs is an empty one"
        )
        carried_out(job)
    assert set(Contact.objects.filter(erased_at=None).values_list("address", flat=True)) == {"bob", "ida"}
    assert set(BulkProblem.objects.exclude(code="erased_line").values_list("line", "code")) == {
        (1, "already_active"),
        (3, "already_active"),
    }


def test_an_export_holds_no_number_of_a_row(db: None) -> None:
    business = a_business("MINE", numbered_from=3_000_000)
    held = json.dumps(export_of(business.rows[Contact], now=NOW), default=str)
    assert business.rows[Subscription].public_id in held
    assert re.findall(r"30000\d\d", held) == []


def test_everything_that_is_held_is_exported(program: Program, ann: str) -> None:
    export = program.get(f"contacts/{ann}/export/")
    assert export.status_code == 200
    held = export.json()
    assert (held["contact"]["id"], held["contact"]["address"]) == (ann, PERSON["address"])
    assert {name for name, rows in held.items() if rows} >= {
        "subscriptions",
        "deliveries",
        "events",
        "conversation",
        "webhooks",
        "audit_log",
    }
    assert held["events"][0]["data"] == {"card": CANARY}


def test_an_owner_exports_and_erases_on_the_page_and_an_editor_does_not(
    program: Program, workspace: Workspace, ann: str
) -> None:
    number = Contact.public_id.parse(ann) or 0
    owner, editor = Client(), Client()
    owner.force_login(a_member(workspace, Role.OWNER))
    editor.force_login(a_member(workspace, Role.EDITOR))

    def post(client: Client, what: str, **form: str) -> Any:
        return client.post(f"/admin/channels/contact/{number}/{what}/", form)

    assert [post(editor, what, sure="yes").status_code for what in ("export", "erase")] == [403, 403]
    file = post(owner, "export")
    assert json.loads(file.content)["contact"]["address"] == PERSON["address"]
    assert "attachment" in file["Content-Disposition"]
    assert post(owner, "erase").status_code == 302
    assert Contact.objects.get(pk=number).erased_at is None, "without the tick nothing happens"
    post(owner, "erase", sure="yes")
    assert Contact.objects.get(pk=number).erased_at is not None
    assert owner.get(f"/admin/channels/contact/{number}/change/").status_code in (302, 404)
    assert CANARY not in owner.get("/admin/sequences/subscription/").content.decode()
