"""What programs set and see of messages that may go to the same person on another channel."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from channels.actions.link_contacts import link_contacts
from channels.models import Contact
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Workspace
from sequences.models import Delivery
from tests.actions.cast import enter
from tests.api.calling import Program
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow

pytestmark = pytest.mark.once("sqlite")


def linked(workspace: Workspace) -> tuple[Contact, Contact]:
    """Somebody who wrote long ago in the sandbox, and who has a contact on a webhook's channel."""
    now = timezone.now()
    ann = a_contact(a_channel(workspace), "ann", last_interaction_at=now - timedelta(days=3))
    there = a_contact(a_channel(workspace, "webhook"), "ann@crm")
    link_contacts(ann, there, now=now, actor=SYSTEM)
    return Contact.objects.get(pk=ann.pk), there


def test_kinds_are_stored_in_their_order_and_left_out_where_there_are_none(
    program: Program, workspace: Workspace
) -> None:
    step = {"sub_flow": a_sub_flow(workspace).public_id}
    chosen = {**step, "fall_back_to": ["webhook", "sms", "webhook"]}
    made = program.post("sequences/", {"name": "A", "steps": [chosen, step]}).json()
    assert [one.get("fall_back_to") for one in made["steps"]] == [["webhook", "sms"], None]
    emptied = [{**made["steps"][0], "fall_back_to": []}]
    changed = program.patch(f"sequences/{made['id']}/", {"steps": emptied}).json()
    assert "fall_back_to" not in changed["steps"][0]
    refused = program.post("sequences/", {"name": "B", "steps": [{**step, "fall_back_to": ["pigeon"]}]})
    assert [(one["field"], one["code"]) for one in refused.json()["errors"]] == [
        ("steps.0.fall_back_to.0", "unknown_choice")
    ]


def test_the_preview_says_where_it_goes_and_why(program: Program, workspace: Workspace) -> None:
    ann, there = linked(workspace)
    steps = [{"fall_back_to": ["webhook"]}, {}]
    lines = program.post("preview/", {"steps": steps, "contact": {"id": ann.public_id}}).json()["timeline"]
    assert (lines[0]["outcome"], lines[0]["route"], lines[0]["reason"]) == ("send", "message", None)
    assert (lines[0]["goes_to"], lines[0]["fell_back_because"]) == (there.public_id, "reply_window_closed")
    assert (lines[1]["outcome"], lines[1]["reason"], "goes_to" in lines[1]) == ("skip", "reply_window_closed", False)
    Contact.objects.filter(pk=there.pk).update(opted_out_at=timezone.now())
    lines = program.post("preview/", {"steps": steps, "contact": {"id": ann.public_id}}).json()["timeline"]
    assert lines[0]["outcome"] == "skip"


def test_a_delivery_says_where_it_went_and_why(program: Program, workspace: Workspace) -> None:
    ann, there = linked(workspace)
    [subscription] = enter(a_sequence(workspace), ann, now=timezone.now())
    row = Delivery.objects.create(
        workspace=workspace,
        subscription=subscription,
        step_id=subscription.next_step_id or 0,
        contact=there,
        channel=there.channel,
        state="sent",
        fell_back_because="reply_window_closed",
        due_at=timezone.now(),
        decided_at=timezone.now(),
    )
    shown = program.get(f"deliveries/{row.public_id}/").json()
    assert (shown["contact"], shown["channel"]) == (there.public_id, there.channel.public_id)
    assert (shown["fell_back_because"], shown["reason"]) == ("reply_window_closed", None)
