"""What a webhook says: the same small shapes for every type, written once, before the first try."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from channels.models import Channel, Contact
from sequences.models import Delivery, Step, Subscription, WebhookEndpoint, WebhookMessage
from sequences.rules.outgoing import EventType

# What the type says of a state, whatever the row has become meanwhile.
STATE_OF = {one.value: one.value.partition(".")[2] for one in EventType}


def write_bodies(messages: Iterable[WebhookMessage]) -> None:
    """Fill in and store the bodies that are missing; the contacts are loaded."""
    fresh = [message for message in messages if not message.body]
    if not fresh:
        return
    subscriptions = Subscription.objects.select_related("sequence").in_bulk({row.subscription_id for row in fresh})
    deliveries = Delivery.objects.in_bulk({row.delivery_id for row in fresh})
    for message in fresh:
        data = _data(message, subscriptions.get(message.subscription_id), deliveries.get(message.delivery_id))
        said = {"type": message.type, "timestamp": _utc(message.at), "data": data}
        message.body = json.dumps(said, separators=(",", ":"), ensure_ascii=False)
    WebhookMessage.objects.bulk_update(fresh, ["body"], batch_size=500)


def _data(message: WebhookMessage, subscription: Subscription | None, delivery: Delivery | None) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if message.contact is not None:
        data["contact"] = _contact(message.contact)
    if subscription is not None:
        data["subscription"] = _subscription(message, subscription)
        data["sequence"] = {"id": subscription.sequence.public_id, "name": subscription.sequence.name}
    if delivery is not None:
        data["delivery"] = _delivery(message, delivery)
    return data or {"endpoint": WebhookEndpoint.public_id.of(message.endpoint_id)}


def _contact(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.public_id,
        "channel": Channel.public_id.of(contact.channel_id),
        "address": None if contact.erased_at else contact.address,
    }


def _subscription(message: WebhookMessage, row: Subscription) -> dict[str, Any]:
    is_of_it = message.type.startswith("subscription.")
    values: dict[str, Any] = {"id": row.public_id, "subscribed_at": _utc(row.subscribed_at)}
    if is_of_it:
        word = STATE_OF[message.type]
        values["state"] = "active" if word == "started" else word
        values["ended_because"] = message.reason or None
    return values


def _delivery(message: WebhookMessage, row: Delivery) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "step": Step.public_id.of(row.step_id),
        "state": STATE_OF[message.type],
        "reason": message.reason or None,
        "sent_at": _utc(row.sent_at),
    }


def _utc(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
