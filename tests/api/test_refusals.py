"""Refused on the field, in both languages, and nothing stored."""

from __future__ import annotations

from typing import Any

import pytest

from channels.models import Channel, Contact
from sequencer.workspaces.models import Workspace
from sequences.models import Sequence, SubFlow
from tests.api.calling import Program
from tests.builders import a_channel, a_sequence, a_sub_flow

MESSENGER = {"page_id": "1", "page_access_token": "t", "app_secret": "s", "verify_token": "v"}

STEPS = [
    ({"window": {"start": "09:00", "end": "09:00"}}, "window", "window_is_empty"),
    ({"window": {"start": "09:00"}}, "window.end", "required"),
    ({"window": {"start": "9am", "end": "18:00"}}, "window.start", "invalid_format"),
    ({"window": {"start": "24:00", "end": "18:00"}}, "window.start", "invalid_format"),
    ({"window": "always"}, "window", "invalid_type"),
    ({"weekdays": []}, "weekdays", "no_weekday"),
    ({"weekdays": ["lundi"]}, "weekdays.0", "unknown_choice"),
    ({"weekdays": 127}, "weekdays", "invalid_type"),
    ({"sub_flow": None}, "sub_flow", "required"),
    ({"sub_flow": "sfl_nothing"}, "sub_flow", "not_found"),
    ({"delay": {"amount": -1, "unit": "hours"}}, "delay", "delay_negative"),
    ({"delay": {"amount": 366, "unit": "days"}}, "delay", "delay_too_long"),
    ({"delay": {"amount": 10**14, "unit": "weeks"}}, "delay", "delay_too_long"),
    ({"delay": {"amount": "2", "unit": "hours"}}, "delay.amount", "invalid_type"),
    ({"delay": {"amount": 1.5, "unit": "hours"}}, "delay.amount", "invalid_type"),
    ({"delay": {"unit": "hours"}}, "delay.amount", "required"),
    ({"delay": {"amount": 2}}, "delay.unit", "required"),
    ({"delay": {"amount": 2, "unit": "months"}}, "delay.unit", "unknown_choice"),
    ({"delay": {"amount": 2, "unit": "immediately"}}, "delay", "immediately_takes_no_amount"),
    ({"content_type": "advert"}, "content_type", "unknown_choice"),
    ({"notification_type": "loud"}, "notification_type", "unknown_choice"),
    ({"outside_reply_window": "send"}, "outside_reply_window", "unknown_choice"),
    ({"enabled": "yes"}, "enabled", "invalid_type"),
    ({"name": "x" * 101}, "name", "too_long"),
    ({"colour": "red"}, "colour", "unknown_field"),
    ({"id": "stp_nothing"}, "id", "not_found"),
]


@pytest.mark.parametrize(("values", "field", "code"), STEPS)
def test_a_wrong_step_is_named(
    program: Program, workspace: Workspace, values: dict[str, Any], field: str, code: str
) -> None:
    right = {"sub_flow": a_sub_flow(workspace).public_id}
    body = {"name": "Welcome", "steps": [right, {**right, **values}]}
    assert program.refused(program.post("sequences/", body)) == [(f"steps.1.{field}", code)]
    assert not Sequence.objects.exists()


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"name": ""}, "name", "required"),
        ({"name": 5}, "name", "invalid_type"),
        ({"name": "a\x00"}, "name", "invalid_character"),
        ({"name": "\ud800"}, "name", "invalid_character"),
        ({"name": "Welcome"}, "name", "name_taken"),
        ({"state": "running"}, "state", "unknown_choice"),
        ({"state": "archived"}, "state", "invalid_transition"),
        ({"reentry": 1}, "reentry", "invalid_type"),
        ({"stop_on_reply": None}, "stop_on_reply", "required"),
        ({"steps": {}}, "steps", "invalid_type"),
        ({"steps": [{}] * 101}, "steps", "too_many"),
        ({"channels": ["chn_nothing"]}, "channels.0", "not_found"),
        ({"is_enabled": True}, "is_enabled", "unknown_field"),
    ],
)
def test_a_wrong_sequence_is_named(
    program: Program, workspace: Workspace, values: dict[str, Any], field: str, code: str
) -> None:
    a_sequence(workspace, name="Welcome")
    assert program.refused(program.post("sequences/", {"name": "New", **values})) == [(field, code)]


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"blocks": []}, "blocks", "required"),
        ({"blocks": "hello"}, "blocks", "invalid_type"),
        ({"blocks": [{"type": "text", "text": "Hi {{ age }}"}]}, "blocks.0.text", "unknown_placeholder"),
        ({"blocks": [{"type": "dance"}]}, "blocks.0.type", "unknown_type"),
        (
            {"blocks": [{"type": "buttons", "text": "Go", "buttons": [{"url": "https://a.example"}]}]},
            "blocks.0.buttons.0.label",
            "required",
        ),
        (
            {"blocks": [{"type": "action", "action": "subscribe", "sequence": "seq_nothing"}]},
            "blocks.0.sequence",
            "not_found",
        ),
        ({"utility_template": {"name": "t"}}, "utility_template.language", "required"),
        ({"external": {"reference": "x"}}, "external.channel", "required"),
        ({"name": "Taken"}, "name", "name_taken"),
    ],
)
def test_a_wrong_sub_flow_is_named(
    program: Program, workspace: Workspace, values: dict[str, Any], field: str, code: str
) -> None:
    a_sub_flow(workspace, name="Taken")
    body = {"name": "New", "blocks": [{"type": "text", "text": "Hi"}], **values}
    assert program.refused(program.post("sub-flows/", body)) == [(field, code)]
    assert SubFlow.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"kind": "pigeon"}, "kind", "unknown_kind"),
        ({"credentials": {**MESSENGER, "page_id": ""}}, "credentials.page_id", "required"),
        ({"credentials": {**MESSENGER, "page_id": 5}}, "credentials.page_id", "invalid_type"),
        ({"credentials": {**MESSENGER, "password": "x"}}, "credentials.password", "unknown_field"),
        ({"credentials": {**MESSENGER, "app_secret": "a\nb"}}, "credentials.app_secret", "invalid_character"),
        ({"settings": {"base_url": "ftp://x"}}, "settings.base_url", "invalid_url"),
        ({"settings": {"base_url": "http://me:pass@x"}}, "settings.base_url", "invalid_url"),
        ({"settings": {"sends_per_second": 0}}, "settings.sends_per_second", "out_of_range"),
        ({"settings": {"sends_per_second": 0.009}}, "settings.sends_per_second", "out_of_range"),
        ({"settings": {"sends_per_second": 5e-324}}, "settings.sends_per_second", "out_of_range"),
        ({"settings": {"sends_per_second": 10_001}}, "settings.sends_per_second", "out_of_range"),
        ({"settings": {"sends_per_second": "fast"}}, "settings.sends_per_second", "invalid_type"),
        ({"settings": {"after_24_hours": "always"}}, "settings.after_24_hours", "unknown_choice"),
        ({"settings": {"colour": "red"}}, "settings.colour", "unknown_field"),
        ({"state": "broken"}, "state", "unknown_choice"),
        ({"webhook_url": "http://x"}, "webhook_url", "read_only"),
    ],
)
def test_a_wrong_channel_is_named(program: Program, values: dict[str, Any], field: str, code: str) -> None:
    body = {"kind": "messenger", "name": "Page", "credentials": MESSENGER, **values}
    assert program.refused(program.post("channels/", body)) == [(field, code)]
    assert not Channel.objects.exists()


def test_messenger_without_credentials_names_each_that_is_missing(program: Program) -> None:
    refused = program.refused(program.post("channels/", {"kind": "messenger", "name": "Page"}))
    assert refused == [(f"credentials.{name}", "required") for name in MESSENGER]


def test_a_change_is_refused_like_a_creation(program: Program, workspace: Workspace) -> None:
    sequence, channel = a_sequence(workspace), a_channel(workspace)
    table = [
        (f"sequences/{sequence.public_id}/", {"steps": [{}]}, ("steps.0.sub_flow", "required")),
        (f"sequences/{sequence.public_id}/", {"id": "x"}, ("id", "read_only")),
        (f"channels/{channel.public_id}/", {"kind": "messenger"}, ("kind", "cannot_change")),
        (f"channels/{channel.public_id}/", {"name": ""}, ("name", "required")),
    ]
    for path, body, error in table:
        assert program.refused(program.patch(path, body)) == [error]


def test_the_same_refusals_come_in_english_and_in_french(workspace: Workspace) -> None:
    """Each refusal of the list that we promise: same field, same code, another sentence."""
    ours, theirs = a_sub_flow(workspace).public_id, a_sub_flow().public_id
    channel = a_channel(workspace).public_id
    steps: list[dict[str, Any]] = [
        {"sub_flow": ours, "window": {"start": "09:00", "end": "09:00"}},
        {"sub_flow": ours, "weekdays": []},
        {},
        {"sub_flow": ours, "delay": {"amount": -1, "unit": "hours"}},
        {"sub_flow": ours, "delay": {"amount": 53, "unit": "weeks"}},
        {"sub_flow": theirs},
    ]
    ann = {"channel": channel, "address": "ann"}
    calls = [
        ("sequences/", {"name": "A", "steps": steps}),
        ("sequences/", {"name": "A", "steps": [{"sub_flow": ours, "content_type": "advert"}]}),
        ("sub-flows/", {"name": "A", "blocks": [{"type": "text", "text": "{{ age }}"}]}),
        ("sub-flows/", {"name": "A", "blocks": [{"type": "buttons", "text": "Go", "buttons": [{"payload": "x"}]}]}),
        ("contacts/", {**ann, "time_zone": "Mars/Olympus"}),
        ("contacts/", {**ann, "last_interaction_at": "2999-01-01T00:00:00Z"}),
    ]
    english, french = Program(workspace), Program(workspace, language="fr")
    for path, body in calls:
        one, other = english.post(path, body), french.post(path, body)
        assert english.refused(one) == french.refused(other)
        for before, after in zip(one.json()["errors"], other.json()["errors"], strict=True):
            assert before["detail"] != after["detail"]
    assert not Contact.objects.exists()
