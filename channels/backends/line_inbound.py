"""What LINE posts to our webhook, read into our words (docs/providers/line.md); touches nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from channels.backends.reading import Json, address_of, moment_of_milliseconds, object_at, object_in, objects, text_of
from channels.events import Blocked, Consent, Event
from channels.messages import InboundEvent, InboundKind

# Whose address it is, by the kind of chat.
_ADDRESSES = {"user": "userId", "group": "groupId", "room": "roomId"}


def parse(body: bytes) -> list[Event]:
    """Everything in one post that we understand, the earliest first; no events at all is what LINE's own check sends.

    Raises WebhookRejected(400) when the whole cannot be read.
    """
    found = [event for raw in objects(object_in(body).get("events")) for event in _read(raw)]
    return sorted(found, key=lambda event: event.at)


def _read(raw: Json) -> Iterator[Event]:
    """A repeated event bears the id of the first; in standby another program leads, and people act all the same."""
    source, at = object_at(raw, "source"), moment_of_milliseconds(raw.get("timestamp"))
    address = address_of(source.get(_ADDRESSES.get(text_of(source.get("type")), "")))
    key = text_of(raw.get("webhookEventId"))[:100] or f"{address} {raw.get('timestamp')} {raw.get('type')}"[:300]
    if at is not None and address:
        yield from _happened(raw, address, at, key)


def _happened(raw: Json, address: str, at: datetime, key: str) -> Iterator[Event]:
    match raw.get("type"):
        case "message":
            text = text_of(object_at(raw, "message").get("text"))
            yield InboundEvent(address, at, InboundKind.MESSAGE, text, key=key)
        case "postback":
            payload = text_of(object_at(raw, "postback").get("data"))
            yield InboundEvent(address, at, InboundKind.BUTTON, payload=payload, key=key)
        case "follow":
            yield InboundEvent(address, at, InboundKind.OTHER, key=key)
            yield Consent(address, at, is_given=True, key=f"{key} follow")
        case "join":
            yield InboundEvent(address, at, InboundKind.OTHER, key=key)
        case "unfollow" | "leave":
            yield Blocked(address, at, key)
