"""What went wrong at others (by number of the list of known failures of peers), and what a careless caller may send."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from channels.models import Contact
from sequencer.workspaces.models import Role, Workspace
from sequences.models import ContactEvent, SubFlow, Subscription, WebhookEndpoint
from tests.api.calling import Program
from tests.builders import a_channel, a_contact, a_member, a_sequence
from tests.isolation.walk import places


def test_each_failure_of_an_api_has_its_test() -> None:
    tests = [file.read_text() for file in Path(__file__).parents[1].rglob("test_*.py")]
    numbers = {int(number) for text in tests for number in re.findall(r"^def test_(\d+)_", text, re.MULTILINE)}
    assert numbers >= {1, 2, 3, 4, 6, 7, 8, 9, 14, 17, 20}


INSIDE = [
    "http://127.0.0.1/",
    "http://localhost:8000/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/",
    "http://2130706433/",
    "http://10.0.0.1/",
    "https://me:pass@shop.example/",
    "gopher://shop.example/",
    "https://shop.example\\@127.0.0.1/",
    "https://127.1/",
    "https://[::ffff:10.0.0.1]/",
    "https://169.254.169.254/latest/meta-data/",
]


@pytest.mark.parametrize("url", INSIDE)
def test_9_what_no_address_may_be_is_refused_on_every_way_in(
    program: Program, workspace: Workspace, settings: Any, url: str
) -> None:
    """Another product checked its test button and forgot its save button: here by form, by API and by PATCH."""
    settings.ALLOW_PRIVATE_ADDRESSES = False
    kept = program.post("webhook-endpoints/", {"url": "https://shop.example/hook"}).json()["id"]
    channel = a_channel(workspace, "messenger", {"page_id": "1", "page_access_token": "t"}).public_id
    credentials = {"page_id": "1", "page_access_token": "t", "app_secret": "s", "verify_token": "v"}
    settings_of = {"settings": {"base_url": url}, "credentials": credentials}
    answers = [
        program.post("webhook-endpoints/", {"url": url}),
        program.patch(f"webhook-endpoints/{kept}/", {"url": url}),
        program.post("channels/", {"kind": "messenger", "name": "Page", **settings_of}),
        program.patch(f"channels/{channel}/", settings_of),
    ]
    fields = [program.refused(answer)[0][0] for answer in answers]
    assert fields == ["url", "url", "settings.base_url", "settings.base_url"]
    owner = Client()
    owner.force_login(a_member(workspace, Role.OWNER))
    forms = [
        ("/admin/channels/channel/add/?kind=messenger", {"name": "By form", "settings_base_url": url}),
        ("/admin/sequences/webhookendpoint/add/", {"url": url, "description": "By form"}),
    ]
    for address, form in forms:
        assert owner.post(address, form).status_code == 200, "the form comes back"
    assert WebhookEndpoint.objects.count() == 1
    assert not workspace_channels_named(workspace, "By form")


def workspace_channels_named(workspace: Workspace, name: str) -> bool:
    return bool(a_channel(workspace).__class__.objects.filter(workspace=workspace, name=name).exists())


@pytest.mark.parametrize(
    "text",
    [
        "{{ env }}",
        "{{ settings.SECRET_KEY }}",
        "{{ fields.__class__.__mro__ }}",
        "{{ first_name.__class__ }}",
        "{{ 7*7 }}",
        "{{ fields['x'] }}",
        "{{ contact.channel.credentials }}",
        "{{ first_name|safe }}",
    ],
)
def test_14_a_text_reaches_nothing_but_the_listed_placeholders(program: Program, text: str) -> None:
    answer = program.post("sub-flows/", {"name": "Curious", "blocks": [{"type": "text", "text": text}]})
    assert [field for field, _ in program.refused(answer)] == ["blocks.0.text"]
    assert not SubFlow.objects.exists()


def test_14_what_another_template_language_would_run_stays_text(program: Program) -> None:
    text = "{% load x %} {% debug %} ${7*7} <%= 7*7 %> #{7*7}"
    made = program.post("sub-flows/", {"name": "Plain", "blocks": [{"type": "text", "text": text}]})
    assert made.json()["blocks"] == [{"type": "text", "text": text}]


def test_17_no_open_address_puts_anybody_into_a_sequence(workspace: Workspace) -> None:
    """Without a key, whatever address is called with whatever of ours in it: nobody is subscribed, nobody is made."""
    sequence, contact = a_sequence(workspace), a_contact(a_channel(workspace))
    ids = {sequence.public_id, contact.public_id, str(sequence.pk)}
    body = {"sequence": sequence.public_id, "contact": {"channel": contact.channel.public_id, "address": "eve"}}
    nobody, tried = Client(raise_request_exception=False), 0
    for place in places("/"):
        if place.template.startswith("/admin/"):
            continue  # walked as nobody elsewhere
        for address in list(place.addresses(ids))[:3]:
            nobody.post(address, body, content_type="application/json")
            nobody.get(address, {"sequence": sequence.public_id, "contact": contact.public_id})
            tried += 1
    assert tried > 40
    assert get_resolver().url_patterns
    assert (Subscription.objects.count(), Contact.objects.count()) == (0, 1)


HOSTILE = [
    "_connector=OR 1=1",
    "_negated=1",
    "state__in=active",
    "workspace=1",
    "workspace__id=1",
    "channel__credentials__startswith=a",
    "id__gt=0",
    "ordering=a.b",
    "order_by=-id",
    "limit=1;drop",
    "limit=-1",
    "cursor=bjE9",
    "cursor='",
    "state=active%00",
    "name\x1a=x",
]


@pytest.mark.parametrize("query", HOSTILE)
def test_20_a_list_is_narrowed_by_listed_names_only(program: Program, query: str) -> None:
    lists = [place.template for place in places("/api/v1/") if place.name.endswith("-list")]
    assert len(lists) >= 9
    for address in lists:
        answer = program.client.get(f"{address}?{query}")
        assert answer.status_code == 422, (address, query)
        assert answer.json()["errors"][0]["field"]


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[1, 2", b'{"a": NaN}', b'{"a": 1}{"b": 2}', b"'single'"])
def test_malformed_json_is_400_wherever_a_body_is_taken(program: Program, body: bytes) -> None:
    for path in ("contacts/", "events/", "preview/", "interactions/", "webhook-endpoints/", "sequences/"):
        answer = program.client.post(f"/api/v1/{path}", body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json"), path


def test_a_body_over_the_limit_is_413_and_one_at_it_is_read(program: Program, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    for size, status in ((10_000, 422), (10_001, 413)):
        body = b'{"address": "' + b"x" * (size - 15) + b'"}'
        assert len(body) == size
        answer = program.client.post("/api/v1/contacts/", body, content_type="application/json")
        assert answer.status_code == status
    assert answer.json()["code"] == "body_too_large"


def test_every_unknown_field_is_named_also_inside(program: Program) -> None:
    body = {"contact": {"channel": "chn_x", "address": "a", "shoe": 1}, "name": "paid", "colour": 2, "size": 3}
    named = [field for field, code in program.refused(program.post("events/", body)) if code == "unknown_field"]
    assert sorted(named) == ["colour", "contact.shoe", "size"]


def test_an_unknown_version_of_an_action_is_refused(program: Program, workspace: Workspace) -> None:
    sequence, channel = a_sequence(workspace), a_channel(workspace)
    body = {"sequence": sequence.public_id, "contact": {"channel": channel.public_id, "address": "noor"}}
    for version in ("2", "0", "latest", ""):
        answer = program.post(f"actions/subscribe-to-sequence/?version={version}", body)
        assert program.refused(answer) == [("version", "unknown_choice")]
    assert not Subscription.objects.exists()
    entry = program.get("actions/").json()[0]
    assert program.post(f"actions/subscribe-to-sequence/?version={entry['version']}", body).status_code == 201


@pytest.mark.parametrize("at", ["2999-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_an_event_in_the_far_future_is_refused_and_makes_nobody(
    program: Program, workspace: Workspace, at: str
) -> None:
    person = {"channel": a_channel(workspace).public_id, "address": "noor"}
    answer = program.post("events/", {"contact": person, "name": "paid", "at": at})
    assert program.refused(answer) == [("at", "in_the_future")]
    assert not ContactEvent.objects.exists()
    assert not Contact.objects.exists()
