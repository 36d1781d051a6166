"""Everything that is held about one person, as one JSON document for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import ForeignKey, Model

from channels.actions.link_contacts import linked_to
from channels.models import Contact, SandboxMessage
from sequencer.workspaces.models import AuditEvent
from sequences.models import ContactEvent, Delivery, EarlyReceipt, PastEntry, Step, Subscription, Trial, WebhookMessage

# Keys of ours that say nothing of the person, and what says more of whoever worked with them.
LEFT_OUT = {"workspace_id", "key", "token", "fingerprint", "object_id", "actor_id", "ip_address", "request_id"}
# Plain numbers of rows: told as outsiders know them.
NUMBERS: dict[str, tuple[str, type[Any]]] = {
    "subscription_id": ("subscription", Subscription),
    "delivery_id": ("delivery", Delivery),
}


def export_of(contact: Contact, *, now: datetime) -> dict[str, Any]:
    """Each section is a list of rows with the names of their columns; moments are in UTC, ids those of the API."""
    mine = {"contact": contact, "workspace": contact.workspace_id}
    subscriptions = Subscription.objects.filter(**mine).select_related("sequence").order_by("id")
    deliveries = Delivery.objects.filter(**mine).prefetch_related("parts").order_by("id")
    about = AuditEvent.objects.filter(workspace=contact.workspace_id)
    return {
        "exported_at": now,
        "contact": {**_row(contact), "channel": contact.channel.name},
        "linked_to": [one.public_id for one in linked_to(contact)],
        "subscriptions": [{**_row(row), "sequence": row.sequence.name} for row in subscriptions],
        "past_sequences": [row.sequence.name for row in PastEntry.objects.filter(**mine).select_related("sequence")],
        "deliveries": [
            {**_row(row), "provider_message_ids": [part.provider_message_id for part in row.parts.all()]}
            for row in deliveries
        ],
        "events": _rows(ContactEvent.objects.filter(**mine)),
        "conversation": _rows(SandboxMessage.objects.filter(**mine)),
        "early_receipts": _rows(EarlyReceipt.objects.filter(**mine)),
        "tests": _rows(Trial.objects.filter(**mine)),
        "webhooks": _rows(WebhookMessage.objects.filter(**mine)),
        "audit_log": _rows(about.filter(object_kind="contact", object_id=contact.pk))
        + _rows(about.filter(object_kind="subscription", object_id__in=[row.pk for row in subscriptions])),
    }


def _rows(rows: Iterable[Model]) -> list[dict[str, Any]]:
    return [_row(row) for row in rows]


def _row(row: Model) -> dict[str, Any]:
    known_as = getattr(row, "public_id", None)
    told = {"id": known_as} if known_as else {}
    for field in row._meta.concrete_fields:
        if not field.primary_key and field.attname not in LEFT_OUT:
            told |= _told(field, getattr(row, field.attname))
    return told


def _told(field: Any, value: Any) -> dict[str, Any]:
    """A column by its name. A row that outsiders have no id for is not named at all."""
    if field.attname in NUMBERS:
        name, model = NUMBERS[field.attname]
        return {name: model.public_id.of(value)}
    if isinstance(field, ForeignKey):
        ids = getattr(field.related_model, "public_id", None)
        return {field.name: ids.of(value)} if ids else {}
    if field.name == "done_steps":
        return {field.name: [Step.public_id.of(number) for number in value]}
    return {field.name: value}
