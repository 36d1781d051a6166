"""A cast: Ann owns the bookshop, Ed edits there, Vic only looks; Mallory owns another workspace."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from django.test import Client

from channels.models import Channel, Contact
from sequencer.workspaces.models import Role, User, Workspace
from sequences.models import Delivery, Sequence, Step, SubFlow, Subscription
from tests.builders import a_channel, a_contact, a_member, a_sequence, a_workspace

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class Shop:
    """A workspace with one of everything, and a logged-in browser per role."""

    workspace: Workspace
    owner: User
    sandbox: Channel
    lea: Contact
    sequence: Sequence
    step: Step
    sub_flow: SubFlow
    subscription: Subscription
    delivery: Delivery
    browsers: dict[Role, Client] = field(default_factory=dict)

    def as_(self, role: Role) -> Client:
        if role not in self.browsers:
            user = self.owner if role == Role.OWNER else a_member(self.workspace, role)
            self.browsers[role] = Client()
            self.browsers[role].force_login(user)
        return self.browsers[role]


def a_shop(name: str, person: str) -> Shop:
    workspace = a_workspace(name, time_zone="Europe/Paris")
    owner = a_member(workspace)
    sandbox = a_channel(workspace, name=f"Sandbox of {name}")
    lea = a_contact(sandbox, first_name=person)
    sequence = a_sequence(workspace, name=f"Follow-up of {name}")
    step = sequence.steps.get()
    subscription = Subscription.objects.create(
        workspace=workspace,
        sequence=sequence,
        contact=lea,
        channel=sandbox,
        subscribed_at=NOW,
        countdown_started_at=NOW,
        next_step=step,
        next_send_at=NOW,
        next_because="countdown",
    )
    delivery = Delivery.objects.create(
        workspace=workspace,
        subscription=subscription,
        step=step,
        contact=lea,
        channel=sandbox,
        state="skipped",
        reason="reply_window_closed",
        due_at=NOW,
        decided_at=NOW,
    )
    return Shop(workspace, owner, sandbox, lea, sequence, step, step.sub_flow, subscription, delivery)


@pytest.fixture
def shop(db: None) -> Shop:
    return a_shop("Librairie Nord", "Léa")


@pytest.fixture
def other(db: None) -> Shop:
    """Another workspace: nothing of it may show."""
    return a_shop("Zanzibar Motors", "Zacharias")
