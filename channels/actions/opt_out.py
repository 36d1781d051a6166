"""A person's consent: opting out ends what they are in, opting in lets messages go again."""

from __future__ import annotations

from datetime import datetime

from channels.models import Contact
from channels.signals import contact_unavailable
from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.transactions import in_one_transaction


@in_one_transaction
def opt_out(contact: Contact, *, now: datetime, actor: Actor, at: datetime | None = None, note: str = "") -> bool:
    """Nothing more is sent to them; all their subscriptions end. False when they had opted out before.

    `at` is the moment they said so, when that was earlier; `note` is kept in the audit log.
    """
    at = at or now
    if not Contact.objects.filter(pk=contact.pk, opted_out_at=None).update(opted_out_at=at):
        return False
    contact.opted_out_at = at
    contact_unavailable.send(Contact, contact=contact, because="opted_out", now=now, actor=actor)
    record_audit("opted_out", contact, actor=actor, now=now, changes=_noted(note))
    return True


@in_one_transaction
def opt_in(contact: Contact, *, now: datetime, actor: Actor, note: str = "") -> bool:
    """They may be written to again; nothing that ended starts anew. False when they had not opted out."""
    if not Contact.objects.filter(pk=contact.pk).exclude(opted_out_at=None).update(opted_out_at=None):
        return False
    contact.opted_out_at = None
    record_audit("opted_in", contact, actor=actor, now=now, changes=_noted(note))
    return True


def _noted(note: str) -> dict[str, list[str | None]]:
    return {"note": [None, note]} if note else {}
