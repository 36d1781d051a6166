"""What people do on a channel: upsert the contact, open the reply window, and let others know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from channels.messages import InboundEvent, InboundKind
from channels.models import Channel, Contact
from channels.signals import contact_interacted
from sequencer.workspaces.actor import SYSTEM, Actor

REPLIES = (InboundKind.MESSAGE, InboundKind.BUTTON)


@transaction.atomic
def record_inbound(
    channel: Channel, events: Sequence[InboundEvent], *, now: datetime, actor: Actor = SYSTEM
) -> list[Contact]:
    """Record what happened on one channel, in the order given; the contacts concerned, in the same order.

    Moments in the future count as now. Older news never moves a reply window back. Blocked clears: they wrote.
    """
    return [_record(channel, event, now=now, actor=actor) for event in events]


def _record(channel: Channel, event: InboundEvent, *, now: datetime, actor: Actor) -> Contact:
    at = min(event.at, now)
    Contact.objects.get_or_create(
        channel=channel,
        address=event.address,
        workspace_id=channel.workspace_id,
        defaults={"created_at": now},
    )
    contact: Contact = Contact.objects.select_for_update(no_key=True).get(
        channel=channel, address=event.address, workspace_id=channel.workspace_id
    )
    open_window(contact, at=at, kind=event.kind, payload=event.payload, now=now, actor=actor)
    return contact


def open_window(
    contact: Contact, *, at: datetime, kind: InboundKind, payload: str = "", now: datetime, actor: Actor = SYSTEM
) -> None:
    """Note an interaction of a contact whose row the caller has locked, and tell the listeners."""
    contact.last_interaction_at = later(contact.last_interaction_at, at)
    if kind in REPLIES:
        contact.last_reply_at = later(contact.last_reply_at, at)
    contact.blocked_at = None
    contact.unreachable_in_a_row = 0
    contact.save(update_fields=["last_interaction_at", "last_reply_at", "blocked_at", "unreachable_in_a_row"])
    contact_interacted.send(Contact, contact=contact, at=at, kind=kind, payload=payload, now=now, actor=actor)


def later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)
