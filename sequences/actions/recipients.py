"""Whom a message goes to, with what their kind of channel has to tell them of leaving."""

from __future__ import annotations

from channels.backends import Backend
from channels.messages import Recipient
from channels.models import Contact
from channels.ways_out import way_out
from sequences.models import Sequence


def recipient_of(contact: Contact, backend: Backend, sequence_id: int) -> Recipient:
    """The contact as the backend knows them; letters say how to leave this sequence, and everything."""
    capabilities = backend.capabilities
    if not capabilities.told_of_people:
        return Recipient(contact.address, contact.pk)
    known = contact.placeholder_values()
    if not capabilities.letters:
        return Recipient(contact.address, contact.pk, known)
    return Recipient(
        contact.address,
        contact.pk,
        known,
        opt_out_url=way_out(contact),
        leave_url=way_out(contact, str(Sequence.public_id.of(sequence_id))),
    )
