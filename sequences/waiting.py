"""What a subscription waits for right now, as people and programs are told it."""

from __future__ import annotations

from datetime import datetime

from sequences.models import Subscription
from sequences.rules.reasons import Because


def why_next(subscription: Subscription, *, now: datetime) -> str:
    """The stored `next_because`, unless the message is due and its channel keeps it back; the channel is loaded."""
    is_due = subscription.next_send_at is not None and subscription.next_send_at <= now
    if is_due and subscription.channel.is_paused:
        return Because.CHANNEL_PAUSED.value
    trouble_until = subscription.channel.trouble_until
    if is_due and trouble_until is not None and trouble_until > now:
        return Because.CHANNEL_TROUBLE.value
    return subscription.next_because
