"""What a flow builder does: subscribe somebody, unsubscribe them, and find out how."""

from __future__ import annotations

import jsonschema  # type: ignore[import-untyped]
import pytest

from channels.models import Channel, Contact, SandboxMessage
from sequencer.workspaces.models import Workspace
from sequences.api.catalogue import INPUT_SCHEMA
from sequences.models import Sequence, SequenceState, Subscription
from tests.api.calling import Program
from tests.builders import LONG_AGO, a_channel, a_contact, a_sequence

SUBSCRIBE, UNSUBSCRIBE = "actions/subscribe-to-sequence/", "actions/unsubscribe-from-sequence/"


@pytest.fixture
def channel(workspace: Workspace) -> Channel:
    return a_channel(workspace)


@pytest.fixture
def welcome(workspace: Workspace) -> Sequence:
    return a_sequence(workspace, name="Welcome", steps=[{"delay_amount": 2, "delay_unit": "hours"}])


def test_the_catalogue_says_all_that_a_flow_builder_needs(program: Program) -> None:
    entries = {entry["key"]: entry for entry in program.get("actions/").json()}
    assert set(entries) == {"subscribe_to_sequence", "unsubscribe_from_sequence"}
    entry = entries["subscribe_to_sequence"]
    assert (entry["group"], entry["method"], entry["path"]) == ("Basic actions", "POST", f"/api/v1/{SUBSCRIBE}")
    assert entry["label"]["en"] == "Subscribe a user to a sequence"
    for entry in entries.values():
        jsonschema.Draft202012Validator.check_schema(entry["input_schema"])
        jsonschema.validate(entry["example"], entry["input_schema"])


def test_the_choices_are_the_sequences_that_take_people(program: Program, workspace: Workspace) -> None:
    """A paused one takes them too: they wait in it."""
    for state in SequenceState.values:
        a_sequence(workspace, name=state, state=state)
    for entry in program.get("actions/").json():
        path = entry["choices"]["sequence"]["path"].removeprefix("/api/v1/")
        listed = program.client.get(f"/api/v1/{path}").json()["results"]
        assert {sequence["name"] for sequence in listed} == {"active", "paused"}


def test_the_catalogue_speaks_french(program: Program) -> None:
    entry = program.get("actions/").json()[0]
    assert entry["label"]["fr"] == "Abonner un utilisateur à une séquence"
    assert entry["group_label"]["fr"] == "Actions de base"


def test_somebody_unknown_is_created_and_subscribed(program: Program, channel: Channel, welcome: Sequence) -> None:
    body = {
        "sequence": welcome.public_id,
        "contact": {"channel": channel.public_id, "address": "ann", "first_name": "Ann", "fields": {"order": 1}},
    }
    jsonschema.validate(body, INPUT_SCHEMA)
    response = program.post(SUBSCRIBE, body)
    assert response.status_code == 201, response.content
    ann, answer = Contact.objects.get(), response.json()
    assert (ann.first_name, ann.fields) == ("Ann", {"order": 1})
    assert (answer["created"], answer["reason"]) == (True, None)
    assert answer["subscription"]["contact"] == ann.public_id
    assert answer["subscription"]["next_because"] == "countdown"
    assert ann.last_interaction_at is None  # being subscribed is no interaction


def test_somebody_who_is_in_it_stays(program: Program, channel: Channel, welcome: Sequence) -> None:
    bob = {"sequence": "Welcome", "contact": {"id": a_contact(channel).public_id}}
    first = program.post(SUBSCRIBE, bob).json()["subscription"]
    again = program.post(SUBSCRIBE, bob)
    assert again.status_code == 200
    assert again.json() == {"created": False, "reason": "already_active", "subscription": first}


def test_who_may_not_enter_is_told_why(program: Program, channel: Channel, welcome: Sequence) -> None:
    Sequence.objects.update(reentry=False)
    cleo, bob = a_contact(channel, blocked_at=LONG_AGO), a_contact(channel)
    refused = program.post(SUBSCRIBE, {"sequence": "Welcome", "contact": {"id": cleo.public_id}})
    assert (refused.status_code, refused.json()["reason"]) == (200, "contact_unavailable")
    assert refused.json()["subscription"] is None
    body = {"sequence": "Welcome", "contact": {"id": bob.public_id}}
    program.post(SUBSCRIBE, body)
    program.post(UNSUBSCRIBE, body)
    again = program.post(SUBSCRIBE, body)
    assert (again.status_code, again.json()["reason"]) == (200, "reentry_not_allowed")


@pytest.mark.parametrize(("state", "status"), [("draft", 409), ("archived", 409), ("paused", 201), ("active", 201)])
def test_a_sequence_takes_people_by_its_state(
    program: Program, channel: Channel, welcome: Sequence, state: str, status: int
) -> None:
    Sequence.objects.update(state=state, paused_at=LONG_AGO if state == "paused" else None)
    body = {"sequence": "Welcome", "contact": {"channel": channel.public_id, "address": "ann"}}
    response = program.post(SUBSCRIBE, body)
    assert response.status_code == status
    if status == 409:
        assert response.json()["code"] == "sequence_not_active"
        assert not Contact.objects.exists()  # in one transaction: neither is stored


def test_an_id_wins_over_a_name(program: Program, channel: Channel, welcome: Sequence) -> None:
    a_sequence(welcome.workspace, name=welcome.public_id)
    body = {"sequence": welcome.public_id, "contact": {"id": a_contact(channel).public_id}}
    assert program.post(SUBSCRIBE, body).json()["subscription"]["sequence"] == welcome.public_id


def test_unsubscribing_stops_what_is_left(program: Program, channel: Channel, welcome: Sequence) -> None:
    body = {"sequence": "Welcome", "contact": {"id": a_contact(channel).public_id}}
    assert program.post(UNSUBSCRIBE, body).json() == {"stopped": False, "subscription": None}
    program.post(SUBSCRIBE, body)
    answer = program.post(UNSUBSCRIBE, body).json()
    assert (answer["stopped"], answer["subscription"]["ended_because"]) == (True, "unsubscribed")
    again = program.post(UNSUBSCRIBE, body).json()
    assert (again["stopped"], again["subscription"]["state"]) == (False, "stopped")


def test_unsubscribing_a_stranger_creates_nobody(program: Program, channel: Channel, welcome: Sequence) -> None:
    body = {"sequence": "Welcome", "contact": {"channel": channel.public_id, "address": "ann"}}
    assert program.post(UNSUBSCRIBE, body).json() == {"stopped": False, "subscription": None}
    assert not Contact.objects.exists()


def test_what_is_missing_or_wrong_is_named(program: Program, channel: Channel, welcome: Sequence) -> None:
    ann = {"channel": channel.public_id, "address": "ann"}
    table = [
        ({}, [("sequence", "required"), ("contact", "required")]),
        ({"sequence": "Nothing", "contact": ann}, [("sequence", "not_found")]),
        ({"sequence": 5, "contact": ann}, [("sequence", "invalid_type")]),
        ({"sequence": "Welcome", "contact": {}}, [("contact.channel", "required"), ("contact.address", "required")]),
        ({"sequence": "Welcome", "contact": "ann"}, [("contact", "invalid_type")]),
        ({"sequence": "Welcome", "contact": {"id": "ctc_nothing"}}, [("contact.id", "not_found")]),
        ({"sequence": "Welcome", "contact": {**ann, "time_zone": "X/Y"}}, [("contact.time_zone", "unknown_time_zone")]),
        ({"sequence": "Welcome", "contact": {**ann, "age": 5}}, [("contact.age", "unknown_field")]),
        ({"sequence": "Welcome", "contact": ann, "now": True}, [("now", "unknown_field")]),
    ]
    for body, errors in table:
        assert program.refused(program.post(SUBSCRIBE, body)) == errors
    assert not Subscription.objects.exists()


def test_words_that_a_program_tells_of_stand_in_the_chat_of_the_sandbox(program: Program, channel: Channel) -> None:
    ann = {"channel": channel.public_id, "address": "ann"}
    for told in ({"kind": "message", "text": "Is it in stock?"}, {"kind": "message"}):
        assert program.post("interactions/", {"contact": ann, **told}).status_code == 200
    shown = SandboxMessage.objects.values_list("direction", "content__text", "contact__address")
    assert list(shown) == [("from_contact", "Is it in stock?", "ann")]
