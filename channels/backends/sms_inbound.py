"""What Twilio posts to our webhook, reports and people's messages, read into our words (docs/providers/sms.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from channels.backends.reading import address_of, message_id_of, text_of
from channels.backends.sms_answers import late_error_of
from channels.events import Consent, Echo, Event, MessageReceipt, ReceiptKind, Undelivered
from channels.messages import InboundEvent, InboundKind

# Twilio itself blocks a number after the first, and lifts that after the second.
STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
START = frozenset({"START", "UNSTOP"})
_RECEIPTS = {"delivered": ReceiptKind.DELIVERED, "read": ReceiptKind.READ}
_TAKEN = frozenset({"accepted", "scheduled", "queued", "sending", "sent", *_RECEIPTS})
_NOT_ARRIVED = frozenset({"undelivered", "failed", "canceled"})


def parse(fields: Mapping[str, str], key: str, at: datetime) -> list[Event]:
    """What one post says; `key` is what we wrote into the address of the report. Twilio tells no moments."""
    status = fields.get("MessageStatus") or fields.get("SmsStatus", "")
    sid = message_id_of(fields.get("MessageSid") or fields.get("SmsSid"))
    if not sid:
        return []
    return list(_said(fields, sid, at) if status == "received" else _reported(fields, status, sid, key, at))


def _reported(fields: Mapping[str, str], status: str, sid: str, key: str, at: datetime) -> Iterator[Event]:
    """Reports come out of order; a receipt moves a message only forwards."""
    address = address_of(fields.get("To"))
    if not address or status not in _TAKEN | _NOT_ARRIVED:
        return
    if key:
        yield Echo(address, at, sid, text_of(key)[:100])
    if status in _RECEIPTS:
        yield MessageReceipt(address, at, _RECEIPTS[status], sid)
    elif status in _NOT_ARRIVED:
        yield Undelivered(address, at, sid, late_error_of(fields.get("ErrorCode")))


def _said(fields: Mapping[str, str], sid: str, at: datetime) -> Iterator[Event]:
    """STOP is a no and nothing else; START lets us in again."""
    address, text = address_of(fields.get("From")), text_of(fields.get("Body"))
    if not address:
        return
    word = (fields.get("OptOutType") or text).strip().upper()
    if word in STOP:
        yield Consent(address, at, is_given=False, key=f"{sid} stop")
        return
    yield InboundEvent(address, at, InboundKind.MESSAGE, text, key=sid)
    if word in START:
        yield Consent(address, at, is_given=True, key=f"{sid} start")
