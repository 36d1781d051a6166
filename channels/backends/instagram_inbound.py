"""What Instagram posts to our webhook: Messenger's shapes with a few of its own (docs/providers/instagram.md)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from channels.backends.messenger_inbound import READERS, parse_events
from channels.backends.reading import Json, message_id_of
from channels.events import Event, MessageReceipt, ReceiptKind


def parse(body: bytes, account_id: str) -> list[Event]:
    """Everything in one post that we understand and that is this account's ("" takes any), the earliest first.

    What is unknown or malformed in itself is passed over; raises WebhookRejected(400) when the whole cannot be read.
    """
    return parse_events(body, account_id, "instagram", _READERS)


def _message(message: Json, address: str, at: datetime) -> Iterator[Event]:
    """One that its author took back is none; we keep no copy of what people write."""
    if message.get("is_deleted") is not True:
        yield from READERS["message"](message, address, at)


def _read_receipt(read: Json, address: str, at: datetime) -> Iterator[Event]:
    """Of one message, not of all up to a moment."""
    mid = read.get("mid")
    if isinstance(mid, str) and message_id_of(mid):
        yield MessageReceipt(address, at, ReceiptKind.READ, mid)


_READERS = {
    "message": _message,
    "postback": READERS["postback"],
    "reaction": READERS["reaction"],
    "read": _read_receipt,
    "referral": READERS["referral"],
}
