"""The next message of one person, put off or exchanged on their page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Role, Workspace
from sequences.actions.subscribe import subscribe
from sequences.models import Subscription
from tests.builders import a_channel, a_contact, a_member, a_sequence, a_workspace


@pytest.fixture
def row(db: None) -> Subscription:
    workspace = a_workspace()
    day = {"delay_amount": 1, "delay_unit": "days"}
    sequence = a_sequence(
        workspace, [{**day, "name": "One"}, {**day, "name": "Two"}, {**day, "name": "Off", "is_enabled": False}]
    )
    (done,) = subscribe(sequence, [a_contact(a_channel(workspace))], now=timezone.now(), actor=SYSTEM)
    assert done.subscription
    return done.subscription


def as_member(workspace: Workspace, role: Role = Role.EDITOR) -> Client:
    client = Client()
    client.force_login(a_member(workspace, role))
    return client


def test_the_page_of_a_person_puts_the_next_message_off_or_takes_another(row: Subscription) -> None:
    client, steer = as_member(row.workspace), reverse("admin:channels_contact_steer", args=[row.contact_id])
    page = client.get(reverse("admin:channels_contact_change", args=[row.contact_id])).content.decode()
    two = row.sequence.steps.get(name="Two")
    assert f'<option value="{two.pk}">Two</option>' in page
    assert ">Off</option>" not in page
    assert row.next_send_at
    later = client.post(steer, {"subscription": row.pk, "longer": "72"}, follow=True).content.decode()
    assert "The next message goes later." in later
    assert Subscription.objects.get().next_send_at == row.next_send_at + timedelta(days=3)
    moved = client.post(steer, {"subscription": row.pk, "step": two.pk}, follow=True).content.decode()
    assert "The next message is another one now" in moved
    assert Subscription.objects.get().next_step == two
    Subscription.objects.update(state="stopped")
    refused = client.post(steer, {"subscription": row.pk, "longer": "72"}, follow=True).content.decode()
    assert "not in the sequence any more" in refused


def test_nothing_moves_for_who_may_not_or_asks_for_nonsense(row: Subscription) -> None:
    steer = reverse("admin:channels_contact_steer", args=[row.contact_id])
    elsewhere = a_sequence(row.workspace).steps.get()
    before = Subscription.objects.values().get()
    assert (
        as_member(row.workspace, Role.VIEWER).post(steer, {"subscription": row.pk, "longer": "24"}).status_code == 403
    )
    client = as_member(row.workspace)
    for body in ({"longer": "5"}, {"longer": "x"}, {"step": elsewhere.pk}, {}):
        assert client.post(steer, {"subscription": row.pk, **body}).status_code == 302
    assert client.post(steer, {"longer": "24", "subscription": "9"}).status_code == 302
    assert Subscription.objects.values().get() == before
