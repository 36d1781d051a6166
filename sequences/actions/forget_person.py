"""What sequences know of a person goes when they are erased; deliveries and subscriptions stay, for the numbers."""

from __future__ import annotations

import json
from datetime import datetime

from django.db.models import Q

from channels.models import Contact
from sequencer.workspaces.actions.audit import forget_in_audit
from sequences.actions.forget_uploads import forget_uploads
from sequences.models import (
    ContactEvent,
    Delivery,
    EarlyReceipt,
    KeptAnswer,
    SentPart,
    Subscription,
    Trial,
    WebhookMessage,
)
from sequences.rules.outgoing import EventType

FORGOTTEN = json.dumps({"erased": True})


def forget_person(contact: Contact, *, address: str, now: datetime) -> None:
    """In the transaction of the erasure. Providers' ids of messages go too: they lead to one person's conversation."""
    deliveries = Delivery.objects.filter(contact=contact)
    SentPart.objects.filter(delivery__in=deliveries).update(provider_message_id=None)
    deliveries.exclude(reason_details={}).update(reason_details={})
    for model in (ContactEvent, EarlyReceipt, Trial):
        model._default_manager.filter(contact=contact).delete()
    # What tells the endpoints of the erasure itself was just written.
    WebhookMessage.objects.filter(contact=contact).exclude(type=EventType.CONTACT_ERASED).delete()
    forget_uploads(contact, address=address)
    _forget_answers(contact, address)
    subscriptions = Subscription.objects.filter(contact=contact)
    forget_in_audit(contact, kind="subscription", ids=subscriptions.values_list("pk", flat=True))
    forget_in_audit(contact, kind="delivery", ids=deliveries.values_list("pk", flat=True))


def _forget_answers(contact: Contact, address: str) -> None:
    """Answers of the API that are kept for repeated calls: whoever repeats one has no second effect, and no answer."""
    written = json.dumps(address, ensure_ascii=False)[1:-1]
    of_them = Q(body__contains=contact.public_id) | Q(body__contains=written)
    KeptAnswer.objects.filter(of_them, workspace=contact.workspace_id).update(body=FORGOTTEN)
