"""Sequences, sub-flows, channels, subscriptions, deliveries: created, read, listed, changed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone

from channels.models import Channel
from channels.secrets import unseal
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Workspace
from sequences.actions.subscribe import subscribe
from sequences.models import Delivery, SentPart, Subscription
from tests.api.calling import Program
from tests.builders import LONG_AGO, a_channel, a_contact, a_sequence, a_sub_flow

MESSENGER = {"page_id": "1", "page_access_token": "t", "app_secret": "s", "verify_token": "v"}


def test_a_sequence_comes_back_as_it_was_given(program: Program, workspace: Workspace) -> None:
    hello, channel = a_sub_flow(workspace).public_id, a_channel(workspace).public_id
    step = {
        "name": "Reminder",
        "delay": {"amount": 2, "unit": "hours"},
        "window": {"start": "09:00", "end": "18:00"},
        "weekdays": ["mon", "fri"],
        "sub_flow": hello,
        "enabled": False,
        "content_type": "account_update",
        "notification_type": "no_push",
        "outside_reply_window": "hold",
    }
    given = {"name": "Welcome", "stop_on_reply": True, "reentry": False, "channels": [channel], "steps": [step]}
    made = program.post("sequences/", given)
    assert made.status_code == 201, made.content
    body = made.json()
    step["id"] = body["steps"][0]["id"]
    assert body == {"id": body["id"], "state": "active", **given}
    assert program.get(f"sequences/{body['id']}/").json() == body


def test_a_step_needs_little(program: Program, workspace: Workspace) -> None:
    hello = a_sub_flow(workspace).public_id
    (step,) = program.post("sequences/", {"name": "A", "steps": [{"sub_flow": hello}]}).json()["steps"]
    assert step["delay"] == {"amount": 0, "unit": "immediately"}
    assert (step["window"], len(step["weekdays"]), step["enabled"]) == (None, 7, True)


def test_patching_steps_replaces_the_list(program: Program, workspace: Workspace) -> None:
    hello = a_sub_flow(workspace).public_id
    made = program.post("sequences/", {"name": "A", "steps": [{"sub_flow": hello}, {"sub_flow": hello}]}).json()
    first, second = made["steps"]
    path = f"sequences/{made['id']}/"
    changed = program.patch(path, {"steps": [{**second, "name": "kept"}, {"sub_flow": hello, "name": "new"}]}).json()
    assert [step["name"] for step in changed["steps"]] == ["kept", "new"]
    assert changed["steps"][0]["id"] == second["id"]
    assert first["id"] not in [step["id"] for step in changed["steps"]]
    assert changed["name"] == "A"


def test_patching_the_state_pauses_resumes_and_archives(program: Program, workspace: Workspace) -> None:
    path = f"sequences/{a_sequence(workspace).public_id}/"
    for state in ("paused", "active", "archived"):
        assert program.patch(path, {"state": state}).json()["state"] == state
    assert program.patch(path, {"state": "active"}).status_code in (409, 422)


def test_what_is_archived_stays_as_it_was(program: Program, workspace: Workspace) -> None:
    row = a_sequence(workspace, name="Old", state="archived")
    path = f"sequences/{row.public_id}/"
    before = program.get(path).json()
    hello = a_sub_flow(workspace).public_id
    changes: list[Any] = [{"name": "New"}, {"steps": []}, {"steps": [{"sub_flow": hello}]}, {"reentry": False}]
    for values in changes:
        assert program.refused(program.patch(path, values)) == [("state", "invalid_transition")]
    assert program.patch(path, {"state": "archived", "name": "Old"}).json() == before


def test_a_known_step_is_what_the_list_says_of_it(program: Program, workspace: Workspace) -> None:
    """The list replaces the list: what it does not name of a step is the default, not what was stored."""
    hello = a_sub_flow(workspace).public_id
    window = {"start": "09:00", "end": "18:00"}
    given = {"sub_flow": hello, "name": "Offer", "window": window, "enabled": False, "weekdays": ["mon"]}
    made = program.post("sequences/", {"name": "A", "steps": [given]}).json()
    number = made["steps"][0]["id"]
    patched = program.patch(f"sequences/{made['id']}/", {"steps": [{"id": number, "sub_flow": hello}]}).json()
    (step,) = patched["steps"]
    assert (step["id"], step["name"], step["window"], step["enabled"]) == (number, "", None, True)
    assert len(step["weekdays"]) == 7


def test_sub_flows_come_back_as_they_were_given(program: Program, workspace: Workspace) -> None:
    given = {
        "name": "Coupon",
        "blocks": [{"type": "text", "text": 'Hi {{ first_name|default:"there" }}'}, {"type": "pause", "seconds": 5}],
        "utility_template": {"name": "order", "language": "fr", "parameters": ["{{ first_name }}"]},
        "external": None,
    }
    made = program.post("sub-flows/", given)
    assert made.status_code == 201, made.content
    assert made.json() == {"id": made.json()["id"], **given}
    headed = program.patch(f"sub-flows/{made.json()['id']}/", {"subject": " Hi {{ first_name }} "}).json()
    assert headed == {"id": made.json()["id"], **given, "subject": "Hi {{ first_name }}"}
    refused = program.patch(f"sub-flows/{made.json()['id']}/", {"subject": "{{ shoe_size }}"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "subject")
    assert program.patch(f"sub-flows/{made.json()['id']}/", {"subject": ""}).json() == made.json()
    changed = program.patch(f"sub-flows/{made.json()['id']}/", {"utility_template": None}).json()
    assert (changed["utility_template"], changed["blocks"]) == (None, given["blocks"])


def test_a_template_always_tells_its_parameters(program: Program) -> None:
    bare, blocks = {"name": "order", "language": "fr"}, [{"type": "text", "text": "Hello"}]
    for number, given in enumerate([bare, {**bare, "parameters": None}, {**bare, "parameters": []}]):
        made = program.post("sub-flows/", {"name": f"{number}", "utility_template": given, "blocks": blocks})
        assert made.status_code == 201, made.content
        assert made.json()["utility_template"] == {**bare, "parameters": []}


def test_a_sub_flow_may_live_in_another_platform(program: Program, workspace: Workspace) -> None:
    external = {"channel": a_channel(workspace).public_id, "reference": "f123", "name": "Coupon there"}
    made = program.post("sub-flows/", {"name": "Coupon", "external": external})
    assert (made.status_code, made.json()["external"]) == (201, external)


def test_credentials_go_in_and_never_come_out(program: Program, workspace: Workspace) -> None:
    settings = {"base_url": "http://127.0.0.1:9", "after_24_hours": "message_tag"}
    made = program.post(
        "channels/", {"kind": "messenger", "name": "Page", "credentials": MESSENGER, "settings": settings}
    )
    assert made.status_code == 201, made.content
    body = made.json()
    assert body["settings"] == settings
    assert body["webhook_url"] == f"http://testserver/webhooks/messenger/{body['id']}/"
    assert resolve(urlsplit(body["webhook_url"]).path).view_name == "webhook"
    assert "credentials" not in body
    channel = Channel.objects.get()
    change = {"credentials": {"verify_token": "new"}, "settings": {"base_url": "http://127.0.0.1:9/v2"}}
    assert program.patch(f"channels/{body['id']}/", change).status_code == 200
    channel.refresh_from_db()
    stored = unseal(channel.credentials, workspace_id=workspace.pk, channel_id=channel.pk)
    assert stored == {**MESSENGER, "verify_token": "new"}
    assert channel.settings == {**settings, "base_url": "http://127.0.0.1:9/v2"}


def test_a_channel_is_paused_and_resumed_by_hand(program: Program, workspace: Workspace) -> None:
    path = f"channels/{a_channel(workspace, trouble_rounds=3, trouble_until=timezone.now()).public_id}/"
    paused = program.patch(path, {"state": "paused"}).json()
    assert (paused["state"], paused["paused_because"]) == ("paused", "by_hand")
    resumed = program.patch(path, {"state": "active"}).json()
    assert (resumed["state"], resumed["paused_because"]) == ("active", None)
    assert Channel.objects.get().trouble_rounds == 0


def test_a_subscription_tells_what_comes_next_and_can_be_stopped(program: Program, workspace: Workspace) -> None:
    sequence = a_sequence(workspace, steps=[{"delay_amount": 1, "delay_unit": "hours"}])
    ann = a_contact(a_channel(workspace))
    subscribe(sequence, [ann], now=LONG_AGO, actor=SYSTEM)
    (row,) = program.get("subscriptions/", contact=ann.public_id, state="active").json()["results"]
    assert row == {
        "id": row["id"],
        "sequence": sequence.public_id,
        "contact": ann.public_id,
        "state": "active",
        "ended_because": None,
        "subscribed_at": "2026-01-01T12:00:00Z",
        "next_step": sequence.steps.get().public_id,
        "next_send_at": "2026-01-01T13:00:00Z",
        "next_because": "countdown",
    }
    Channel.objects.update(state="paused")
    assert program.get(f"subscriptions/{row['id']}/").json()["next_because"] == "channel_paused"
    stopped = program.patch(f"subscriptions/{row['id']}/", {"state": "stopped"}).json()
    assert (stopped["state"], stopped["ended_because"], stopped["next_send_at"]) == ("stopped", "unsubscribed", None)


def a_delivery(workspace: Workspace, number: int) -> Delivery:
    sequence = a_sequence(workspace)
    (done,) = subscribe(sequence, [a_contact(a_channel(workspace))], now=LONG_AGO, actor=SYSTEM)
    assert done.subscription
    row = Delivery.objects.create(
        workspace=workspace,
        subscription=done.subscription,
        step=sequence.steps.get(),
        contact=done.contact,
        channel_id=done.contact.channel_id,
        state="sent",
        attempts=1,
        due_at=LONG_AGO,
        decided_at=LONG_AGO,
        sent_at=LONG_AGO,
    )
    SentPart.objects.create(
        workspace=workspace,
        delivery=row,
        channel_id=row.channel_id,
        part=0,
        provider_message_id=f"m{number}",
        sent_at=LONG_AGO,
    )
    return row


def test_a_delivery_carries_the_providers_ids(program: Program, workspace: Workspace) -> None:
    row = a_delivery(workspace, 7)
    (shown,) = program.get("deliveries/", sequence=row.subscription.sequence.public_id, state="sent").json()["results"]
    assert (shown["provider_message_ids"], shown["reason"], shown["attempts"]) == (["m7"], None, 1)
    assert shown["due_at"] == shown["sent_at"] == "2026-01-01T12:00:00Z"
    assert program.post("deliveries/").status_code == 405
    assert program.patch(f"deliveries/{row.public_id}/", {"state": "failed"}).status_code == 405


def test_lists_come_in_stable_pages(program: Program, workspace: Workspace) -> None:
    wanted = [a_contact(channel := a_channel(workspace)).public_id, *(a_contact(channel).public_id for _ in range(6))]
    page = program.get("contacts/", limit=3).json()
    assert page["previous"] is None
    seen, pages = [row["id"] for row in page["results"]], [page]
    a_contact(channel)  # somebody new comes while we read
    while page["next"]:
        page = program.get(page["next"]).json()
        pages.append(page)
        seen += [row["id"] for row in page["results"]]
    assert seen[:7] == wanted
    assert len(seen) == 8
    back = program.get(pages[-1]["previous"]).json()
    assert back["results"] == pages[-2]["results"]
    assert program.get(back["previous"]).json()["previous"] is None


@pytest.mark.parametrize(
    "query",
    [{"limit": 0}, {"limit": 201}, {"limit": "x"}, {"cursor": "nonsense"}, {"kind": "x"}, {"channel": "5"}, {"x": "y"}],
)
def test_a_query_that_cannot_be_understood_is_refused(program: Program, query: dict[str, Any]) -> None:
    assert [field for field, _ in program.refused(program.get("contacts/", **query))] == list(query)


@pytest.mark.parametrize(
    "path", ["sequences/", "sub-flows/", "channels/", "contacts/", "subscriptions/", "deliveries/"]
)
def test_a_longer_list_costs_no_more_queries(program: Program, workspace: Workspace, path: str) -> None:
    counts = []
    program.get(path)
    for number in range(12):
        a_delivery(workspace, number)
        if number in (2, 11):
            with CaptureQueriesContext(connection) as queries:
                assert len(program.get(path).json()["results"]) >= number + 1
            counts.append(len(queries))
    assert counts[0] == counts[1]
    assert Subscription.objects.count() == 12
