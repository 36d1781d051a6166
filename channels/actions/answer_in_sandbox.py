"""Answer in the name of a sandbox contact, as if they had written or tapped."""

from __future__ import annotations

from datetime import datetime

from channels.inbound import record_inbound
from channels.messages import InboundEvent, InboundKind
from channels.models import Contact, Direction, SandboxMessage
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.transactions import in_one_transaction

MAX_TEXT = 2000


@in_one_transaction
def answer_in_sandbox(contact: Contact, text: str, *, payload: str = "", now: datetime, actor: Actor) -> SandboxMessage:
    """Show `text` as the contact's own and let it count as their message, or with `payload` as the tap of a button."""
    kind = InboundKind.BUTTON if payload else InboundKind.MESSAGE
    shown = show_as_theirs(contact, text, at=now)
    event = InboundEvent(contact.address, now, kind, text=text[:MAX_TEXT], payload=payload)
    record_inbound(contact.channel, [event], now=now, actor=actor)
    return shown


def show_as_theirs(contact: Contact, text: str, *, at: datetime) -> SandboxMessage:
    """The bubble alone, for whoever records by other means that the contact wrote."""
    return SandboxMessage.objects.create(
        workspace_id=contact.workspace_id,
        channel_id=contact.channel_id,
        contact=contact,
        direction=Direction.FROM_CONTACT,
        content={"type": "text", "text": text[:MAX_TEXT]},
        at=at,
    )
