"""What a person waits for, and why something did not go, in words."""

from __future__ import annotations

from datetime import datetime

from sequences.actions.settle_unknown import NOT_ARRIVED, SETTLED
from sequences.admin.elsewhere_words import why_elsewhere
from sequences.models import Delivery, Subscription
from sequences.sentences import sentence
from sequences.waiting import why_next


def why(subscription: Subscription, *, now: datetime) -> str:
    """Why the next message goes when it goes; after the end, why it ended."""
    code = subscription.ended_because or why_next(subscription, now=now)
    return sentence(code) if code else ""


def reason_of(delivery: Delivery) -> str:
    if delivery.reason_details.get(SETTLED) == NOT_ARRIVED:
        return sentence("looked_and_not_there")
    reason = sentence(delivery.reason, delivery.reason_details) if delivery.reason else ""
    return " ".join(filter(None, [why_elsewhere(delivery), reason]))
