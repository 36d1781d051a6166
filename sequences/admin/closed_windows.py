"""Who was just subscribed and will not get the first message, because they did not write lately."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from channels.backends import KINDS
from channels.messages import ContentType
from channels.models import Contact
from channels.window import is_open
from sequences.models import Sequence, Step


def begins_inside_the_window_only(sequence: Sequence) -> bool:
    """Whether the first message goes only to people who wrote within 24 hours, on a channel with that rule."""
    first = Step.objects.filter(sequence=sequence, is_enabled=True).in_use().in_order().first()
    return first is not None and first.content_type == ContentType.DEFAULT


def is_closed_for(contact: Contact, *, now: datetime) -> bool:
    """Whether the channel's rule holds back an ordinary message to this person now."""
    channel = contact.channel
    if channel.kind not in KINDS:
        return False
    return not is_open(contact.last_interaction_at, KINDS[channel.kind].reply_window(channel.settings), now=now)


def count_closed(contacts: Iterable[Contact], *, now: datetime) -> int:
    return sum(is_closed_for(contact, now=now) for contact in contacts)
