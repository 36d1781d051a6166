"""People: written by channel and address, again and again, without losing what is known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from channels.models import Channel, Contact
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Workspace
from sequences.actions.subscribe import subscribe
from sequences.api.moments import utc_text
from sequences.models import Subscription
from tests.api.calling import Program
from tests.builders import LONG_AGO, a_channel, a_contact, a_sequence


@pytest.fixture
def channel(workspace: Workspace) -> Channel:
    return a_channel(workspace)


def test_a_contact_comes_back_as_it_was_given(program: Program, channel: Channel) -> None:
    ann = {
        "channel": channel.public_id,
        "address": "ann",
        "first_name": "Ann",
        "last_name": "Lee",
        "language": "en",
        "time_zone": "Asia/Tokyo",
        "utc_offset_minutes": 540,
        "last_interaction_at": "2026-01-01T10:00:00Z",
        "opted_out_at": None,
        "tags": ["vip"],
        "fields": {"order_number": 7},
    }
    made = program.post("contacts/", ann)
    assert made.status_code == 201, made.content
    assert made.json() == {"id": made.json()["id"], **ann}


def test_writing_a_contact_again_adds_to_what_is_known(program: Program, channel: Channel) -> None:
    ann = {"channel": channel.public_id, "address": "ann"}
    first = program.post("contacts/", {**ann, "first_name": "Ann", "tags": ["a"], "fields": {"x": 1, "y": 1}}).json()
    again = program.post("contacts/", {**ann, "last_name": "Lee", "tags": ["b", "a"], "fields": {"y": 2}})
    assert again.status_code == 200
    assert again.json() == {**first, "last_name": "Lee", "tags": ["a", "b"], "fields": {"x": 1, "y": 2}}


def test_the_later_interaction_wins_and_an_opt_out_stays(program: Program, channel: Channel) -> None:
    ann = {"channel": channel.public_id, "address": "ann"}
    program.post("contacts/", {**ann, "last_interaction_at": "2026-05-01T00:00:00Z"})
    program.post("contacts/", {**ann, "opted_out_at": "2026-05-02T00:00:00Z"})
    for earlier in ("2026-04-01T00:00:00Z", None):
        shown = program.post("contacts/", {**ann, "last_interaction_at": earlier, "opted_out_at": None}).json()
        assert shown["last_interaction_at"] == "2026-05-01T00:00:00Z"
        assert shown["opted_out_at"] == "2026-05-02T00:00:00Z"


def test_patching_replaces_tags_and_an_owners_hand_lifts_an_opt_out(program: Program, channel: Channel) -> None:
    bob = a_contact(channel, tags=["a"], fields={"x": 1, "y": 1}, opted_out_at=LONG_AGO)
    values = {"tags": ["b"], "fields": {"x": None}, "opted_out_at": None}
    shown = program.patch(f"contacts/{bob.public_id}/", values).json()
    assert (shown["tags"], shown["fields"], shown["opted_out_at"]) == (["b"], {"y": 1}, None)


def test_an_opt_out_ends_what_the_person_is_in(program: Program, channel: Channel) -> None:
    bob = a_contact(channel)
    subscribe(a_sequence(channel.workspace), [bob], now=LONG_AGO, actor=SYSTEM)
    program.patch(f"contacts/{bob.public_id}/", {"opted_out_at": "2026-05-02T00:00:00Z"})
    assert Subscription.objects.get().ended_because == "opted_out"


def test_another_time_zone_moves_what_waits(program: Program, channel: Channel) -> None:
    bob = a_contact(channel, time_zone="Europe/Paris")
    window = {"delay_amount": 1, "delay_unit": "days", "window_start": "09:00", "window_end": "10:00"}
    subscribe(a_sequence(channel.workspace, steps=[window]), [bob], now=LONG_AGO, actor=SYSTEM)
    program.patch(f"contacts/{bob.public_id}/", {"time_zone": "Asia/Tokyo"})
    assert utc_text(Subscription.objects.get().next_send_at) == "2026-01-03T00:00:00Z"  # 09:00 in Tokyo


def test_an_interaction_given_here_frees_what_waited_for_it(program: Program, channel: Channel) -> None:
    bob = a_contact(channel)
    subscribe(a_sequence(channel.workspace), [bob], now=LONG_AGO, actor=SYSTEM)
    Subscription.objects.update(next_send_at=None, next_because="reply_window_closed")
    program.patch(f"contacts/{bob.public_id}/", {"last_interaction_at": "2026-05-02T00:00:00Z"})
    assert Subscription.objects.get().next_send_at is not None


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone", "unknown_time_zone"),
        ({"time_zone": "europe/paris"}, "time_zone", "unknown_time_zone"),
        ({"last_interaction_at": "2999-01-01T00:00:00Z"}, "last_interaction_at", "in_the_future"),
        ({"opted_out_at": "2999-01-01T00:00:00Z"}, "opted_out_at", "in_the_future"),
        ({"last_interaction_at": "2026-01-01T10:00:00"}, "last_interaction_at", "invalid_format"),
        ({"last_interaction_at": "0001-01-01T00:00:00Z"}, "last_interaction_at", "out_of_range"),
        ({"last_interaction_at": "1969-12-31T23:59:59Z"}, "last_interaction_at", "out_of_range"),
        ({"opted_out_at": "0001-01-01T00:00:00Z"}, "opted_out_at", "out_of_range"),
        ({"last_interaction_at": 5}, "last_interaction_at", "invalid_type"),
        ({"utc_offset_minutes": "60"}, "utc_offset_minutes", "invalid_type"),
        ({"utc_offset_minutes": True}, "utc_offset_minutes", "invalid_type"),
        ({"utc_offset_minutes": 1000}, "utc_offset_minutes", "out_of_range"),
        ({"first_name": 5}, "first_name", "invalid_type"),
        ({"first_name": "a\x00b"}, "first_name", "invalid_character"),
        ({"first_name": "x" * 101}, "first_name", "too_long"),
        ({"tags": "vip"}, "tags", "invalid_type"),
        ({"tags": ["vip", 5]}, "tags.1", "invalid_type"),
        ({"fields": []}, "fields", "invalid_type"),
        ({"fields": {"x": {"y": "\x00"}}}, "fields", "invalid_character"),
        ({"nickname": "Annie"}, "nickname", "unknown_field"),
        ({"id": "ctc_1"}, "id", "read_only"),
        ({"channel": 5}, "channel", "invalid_type"),
        ({"address": ""}, "address", "required"),
    ],
)
def test_what_cannot_be_is_refused_on_its_field(
    program: Program, channel: Channel, values: dict[str, Any], field: str, code: str
) -> None:
    given = {"channel": channel.public_id, "address": "ann", **values}
    assert program.refused(program.post("contacts/", given)) == [(field, code)]
    assert not Contact.objects.exists()


def test_an_interaction_opens_the_reply_window(program: Program, channel: Channel) -> None:
    before = timezone.now() - timedelta(seconds=1)
    contact = {"channel": channel.public_id, "address": "ann", "first_name": "Ann"}
    shown = program.post("interactions/", {"contact": contact, "kind": "message", "text": "hello"})
    assert shown.status_code == 200, shown.content
    ann = Contact.objects.get()
    assert shown.json()["contact"]["id"] == ann.public_id
    assert ann.last_interaction_at
    assert ann.last_interaction_at > before
    earlier = {"contact": {"id": ann.public_id}, "kind": "other", "at": "2026-01-01T00:00:00Z"}
    assert program.post("interactions/", earlier).json()["contact"] == shown.json()["contact"]


def test_a_reply_stops_a_sequence_that_stops_on_reply(program: Program, channel: Channel) -> None:
    bob = a_contact(channel)
    subscribe(a_sequence(channel.workspace, stop_on_reply=True), [bob], now=LONG_AGO, actor=SYSTEM)
    Subscription.objects.update(first_sent_at=LONG_AGO)
    for kind, state in (("other", "active"), ("button", "stopped")):
        program.post("interactions/", {"contact": {"id": bob.public_id}, "kind": kind})
        assert Subscription.objects.get().state == state


def test_an_interaction_is_neither_in_the_future_nor_before_computers(program: Program, channel: Channel) -> None:
    body: dict[str, Any] = {
        "contact": {"channel": channel.public_id, "address": "ann"},
        "kind": "message",
        "at": "2999-01-01T00:00:00Z",
    }
    assert program.refused(program.post("interactions/", body)) == [("at", "in_the_future")]
    body = {**body, "at": "0001-01-01T00:00:00Z"}
    assert program.refused(program.post("interactions/", body)) == [("at", "out_of_range")]
    body = {**body, "at": None, "kind": "shout"}
    assert program.refused(program.post("interactions/", body)) == [("kind", "unknown_choice")]


def test_an_e_mail_address_means_the_same_however_it_is_spelled(program: Program, workspace: Workspace) -> None:
    channel = a_channel(workspace, "email").public_id
    made = program.post("contacts/", {"channel": channel, "address": " Ann@Bücher.Example "})
    assert (made.status_code, made.json()["address"]) == (201, "ann@xn--bcher-kva.example")
    again = program.post("contacts/", {"channel": channel, "address": "ANN@xn--bcher-kva.example", "first_name": "Ann"})
    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    same = program.patch(f"contacts/{made.json()['id']}/", {"address": "ann@BÜCHER.example"})
    assert same.status_code == 200
    person = {
        "sequence": a_sequence(workspace).public_id,
        "contact": {"channel": channel, "address": "Ann@bücher.example"},
    }
    assert program.post("actions/subscribe-to-sequence/", person).status_code == 201
    assert program.post("actions/unsubscribe-from-sequence/", person).json()["stopped"]
    for wrong in ("ann", "zoé@example.com", "ann@example.com, bob@example.com"):
        refused = program.post("contacts/", {"channel": channel, "address": wrong})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "address")
