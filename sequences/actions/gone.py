"""Who can no longer be reached on a channel: gone at once, or by being unreachable twice in a row."""

from __future__ import annotations

from datetime import datetime

from channels.models import Contact
from channels.models.contact import GONE_AFTER
from channels.signals import contact_unavailable
from sequencer.workspaces.actor import SYSTEM


def mark_gone(contact: Contact, because: str, *, now: datetime) -> None:
    """All that they are in on this channel ends; `because` is opted_out, blocked or contact_gone."""
    column = "opted_out_at" if because == "opted_out" else "blocked_at"
    gone = {"unreachable_in_a_row": GONE_AFTER} if because == "contact_gone" else {}
    Contact.objects.filter(pk=contact.pk, **{column: None}).update(**{column: now}, **gone)
    contact_unavailable.send(Contact, contact=contact, because=because, now=now, actor=SYSTEM)


def note_unreachable(contact: Contact, *, now: datetime) -> None:
    """Once more; the caller has locked the row."""
    row = Contact.objects.get(pk=contact.pk)
    row.unreachable_in_a_row += 1
    row.save(update_fields=["unreachable_in_a_row"])
    if row.unreachable_in_a_row >= GONE_AFTER:
        mark_gone(contact, "contact_gone", now=now)
