"""What Viber posts to our webhook, one event at a time, read into our words (docs/providers/viber.md)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from channels.backends.reading import (
    Json,
    address_of,
    message_id_of,
    moment_of_milliseconds,
    object_at,
    object_in,
    text_of,
)
from channels.backends.viber import TAP, profile_in
from channels.errors import MessageRejected
from channels.events import Blocked, Consent, Event, Introduction, MessageReceipt, ReceiptKind, Undelivered
from channels.messages import InboundEvent, InboundKind

_RECEIPTS = {"delivered": ReceiptKind.DELIVERED, "seen": ReceiptKind.READ}


def parse(body: bytes) -> list[Event]:
    """What one post says; of a conversation that somebody merely opened nothing comes, for they do not subscribe by it.

    Raises WebhookRejected(400) when the whole cannot be read.
    """
    post = object_in(body)
    at, token = moment_of_milliseconds(post.get("timestamp")), message_id_of(post.get("message_token"))
    return [] if at is None else list(_happened(post, at, token))


def _happened(post: Json, at: datetime, token: str) -> Iterator[Event]:
    match post.get("event"):
        case "message":
            yield from _said(post, object_at(post, "sender"), at, token)
        case "subscribed":
            yield from _subscribed(object_at(post, "user"), at, token)
        case "unsubscribed" if address := address_of(post.get("user_id")):
            yield Blocked(address, at, key=f"unsubscribed {token} {address}")
        case "delivered" | "seen" as came if token and (address := address_of(post.get("user_id"))):
            yield MessageReceipt(address, at, _RECEIPTS[came], token)
        case "failed" if token and (address := address_of(post.get("user_id"))):
            yield Undelivered(address, at, token, MessageRejected("Viber could not deliver it"))


def _said(post: Json, sender: Json, at: datetime, token: str) -> Iterator[Event]:
    """A tapped button writes in the person's name: our mark and the payload."""
    address, text = address_of(sender.get("id")), text_of(object_at(post, "message").get("text"))
    if not address:
        return
    key = f"message {token or post.get('timestamp')} {address}"
    if text.startswith(TAP):
        yield InboundEvent(address, at, InboundKind.BUTTON, payload=text.removeprefix(TAP), key=key)
    else:
        yield InboundEvent(address, at, InboundKind.MESSAGE, text, key=key)
    yield Introduction(address, at, profile_in(sender))


def _subscribed(user: Json, at: datetime, token: str) -> Iterator[Event]:
    if address := address_of(user.get("id")):
        key = f"subscribed {token} {address}"
        yield InboundEvent(address, at, InboundKind.OTHER, key=key)
        yield Consent(address, at, is_given=True, key=f"{key} yes")
        yield Introduction(address, at, profile_in(user))
