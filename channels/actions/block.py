"""A person who blocked us: what they are in on that channel ends, until they let us in again."""

from __future__ import annotations

from datetime import datetime

from channels.models import Contact
from channels.signals import contact_unavailable
from sequencer.workspaces.actor import SYSTEM, Actor
from sequencer.workspaces.transactions import in_one_transaction


@in_one_transaction
def block(contact: Contact, *, at: datetime, now: datetime, actor: Actor = SYSTEM) -> bool:
    """Nothing more is sent to them; all their subscriptions end. False when they had blocked us, or wrote, since `at`.

    The caller has locked the contact's row.
    """
    wrote_at = contact.last_interaction_at
    if (contact.blocked_at is not None and not contact.is_gone) or (wrote_at is not None and wrote_at > at):
        return False
    contact.blocked_at, contact.unreachable_in_a_row = at, 0
    contact.save(update_fields=["blocked_at", "unreachable_in_a_row"])
    contact_unavailable.send(Contact, contact=contact, because="blocked", now=now, actor=actor)
    return True
