"""What the engine's tests say again and again: a Page on the double, people who enter a sequence, where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Rows
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from channels.inbound import record_inbound
from channels.messages import InboundEvent, InboundKind
from channels.models import Channel, Contact
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.models import Workspace
from sequences.actions.save_sequence import StepDraft, draft_of, save_sequence
from sequences.actions.subscribe import subscribe
from sequences.models import Delivery, Sequence, Step, Subscription
from tests.builders import a_channel, a_contact, a_sequence, a_sub_flow, a_workspace
from tests.doubles.graph import GraphDouble
from tests.engine import Clock

SECOND = timedelta(seconds=1)
HOURLY = {"delay_unit": "hours", "delay_amount": 1}
TWO_PARTS = [{"type": "text", "text": "One"}, {"type": "text", "text": "Two"}]


def hours(count: int) -> dict[str, object]:
    return {"delay_unit": "hours", "delay_amount": count}


def one_then_two_and_three(workspace: Workspace) -> Sequence:
    """One at once, Two and Three two hours after the one before."""
    return a_sequence(workspace, texts(workspace, "One") + texts(workspace, "Two", "Three", **hours(2)))


def a_stopping_sequence(workspace: Workspace, **first: object) -> Sequence:
    return a_sequence(workspace, [first, *texts(workspace, "Later", **HOURLY)], stop_on_reply=True)


def how_it_ended(person: Contact) -> tuple[str, str]:
    row = subscription_of(person)
    return row.state, row.ended_because


def a_page(
    graph: GraphDouble, workspace: Workspace | None = None, token: str = "page-token", **settings: Any
) -> Channel:
    """A Messenger channel that talks to the double, fast enough for a test's crowd."""
    settings = {"base_url": graph.base_url, "sends_per_second": 10_000, **settings}
    return a_channel(workspace, kind="messenger", credentials={"page_access_token": token}, settings=settings)


def a_sandbox(workspace: Workspace | None = None, **settings: Any) -> Channel:
    """A channel without the 24-hour rule, for tests that are not about it."""
    return a_channel(workspace or a_workspace(), settings={"reply_window": False, **settings})


def people_of(channel: Channel, count: int, **fields: Any) -> list[Contact]:
    return [a_contact(channel, **fields) for _ in range(count)]


def enter(sequence: Sequence, *contacts: Contact, now: datetime) -> list[Subscription]:
    """Subscribe them; each one must get in."""
    answers = subscribe(sequence, contacts, now=now, actor=SYSTEM)
    assert all(answer.created for answer in answers), answers
    return [subscription_of(contact, sequence) for contact in contacts]


def subscription_of(contact: Contact, sequence: Sequence | None = None) -> Subscription:
    """The latest subscription of a contact, fresh from the database."""
    rows = Subscription.objects.filter(contact=contact)
    found: Subscription | None = (rows.filter(sequence=sequence) if sequence else rows).order_by("-pk").first()
    assert found is not None
    return found


def delivery_of(contact: Contact, step: Step | None = None) -> Delivery:
    """The one delivery of a contact (of that step)."""
    rows = Delivery.objects.filter(contact=contact)
    found: Delivery = (rows.filter(step=step) if step else rows).get()
    return found


def states_of(contact: Contact) -> list[tuple[str, str]]:
    """(state, reason) of each delivery, in the order they were made."""
    return list(Delivery.objects.filter(contact=contact).order_by("pk").values_list("state", "reason"))


def steps_in(sequence: Sequence) -> list[Step]:
    return list(Step.objects.filter(sequence=sequence).in_use().in_order())


def interacts(
    contact: Contact,
    now: datetime,
    kind: InboundKind = InboundKind.MESSAGE,
    *,
    at: datetime | None = None,
    payload: str = "",
) -> None:
    """The person does something at `at` (now, unless told), and we hear of it now."""
    record_inbound(contact.channel, [InboundEvent(contact.address, at or now, kind, payload=payload)], now=now)


def texts(workspace: Workspace, *words: str, **settings: Any) -> list[Mapping[str, Any]]:
    """One step for each word, which is what it sends."""
    return [{"sub_flow": a_sub_flow(workspace, text=word), **settings} for word in words]


def edit_steps(sequence: Sequence, clock: Clock, steps: Rows[StepDraft], **fields: Any) -> Sequence:
    """Save the sequence with these steps, as a form would."""
    draft = replace(draft_of(Sequence.objects.get(pk=sequence.pk)), steps=tuple(steps), **fields)
    return save_sequence(sequence.workspace, sequence, draft, now=clock(), actor=SYSTEM)


def drafts_of(sequence: Sequence) -> list[StepDraft]:
    return list(draft_of(sequence).steps)


def a_step_draft(workspace: Workspace, text: str, **settings: Any) -> StepDraft:
    return StepDraft(sub_flow_id=a_sub_flow(workspace, text=text).pk, **settings)
