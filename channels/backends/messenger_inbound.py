"""What Messenger posts to our webhook, read into our words (docs/providers/messenger.md); touches nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.backends.messenger_templates import state_told
from channels.errors import WebhookRejected
from channels.events import (
    Consent,
    Echo,
    Event,
    MessageReceipt,
    PolicyNotice,
    ReceiptKind,
    TemplateNotice,
    WatermarkReceipt,
)
from channels.messages import InboundEvent, InboundKind

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_MILLISECOND = 100_000_000_000  # a smaller number counts seconds
LAST_MILLISECOND = 4_102_444_800_000  # the year 2100
_ID = re.compile(r"[\x21-\x7e]{1,200}")
_MID = re.compile(r"[\x21-\x7e]{1,255}")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")

Json = dict[str, Any]


def parse(body: bytes, page_id: str) -> list[Event]:
    """Everything in one post that we understand and that is this Page's ("" takes any), the earliest first.

    What is unknown or malformed in itself is passed over; raises WebhookRejected(400) when the whole cannot be read.
    """
    try:
        post = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WebhookRejected("not JSON", status=400) from error
    if not isinstance(post, dict):
        raise WebhookRejected("not a JSON object", status=400)
    if post.get("object") != "page":
        return []
    return sorted(_events(post, page_id), key=lambda event: event.at)


def _events(post: Json, page_id: str) -> Iterator[Event]:
    for entry in _objects(post.get("entry")):
        if page_id and str(entry.get("id")) != page_id:
            continue
        # In standby another app leads the conversation: what people do there opens the window all the same.
        for raw in (*_objects(entry.get("messaging")), *_objects(entry.get("standby"))):
            yield from _read(raw, page_id, entry.get("time"))
        for change in _objects(entry.get("changes")):
            yield from _changed(change, entry.get("time"))


def _changed(change: Json, entry_time: object) -> Iterator[Event]:
    """What a Page tells of itself; of that we listen to the fate of its templates."""
    told, at = change.get("value"), _moment_of_change(entry_time)
    if change.get("field") != "message_template_status_update" or not isinstance(told, dict) or at is None:
        return
    name, language = _text(told.get("message_template_name")), _text(told.get("message_template_language"))
    state = state_told(told.get("event"))
    if 0 < len(name) <= 512 and 0 < len(language) <= 32 and state:
        reason = "" if told.get("reason") == "NONE" else _text(told.get("reason"))[:200]
        key = f"template {_number(at)} {name} {language} {state.value}"
        yield TemplateNotice(at, name, language, state, reason, key)


def _read(raw: Json, page_id: str, entry_time: object) -> Iterator[Event]:
    at = _moment(raw.get("timestamp")) or _moment(entry_time)
    if at is None:
        return
    if isinstance(notice := raw.get("policy_enforcement"), dict):
        action, reason = _text(notice.get("action"))[:20], _text(notice.get("reason"))[:200]
        yield PolicyNotice(at, action, reason, key=f"policy {_number(at)} {action}")
        return
    if isinstance(message := raw.get("message"), dict) and message.get("is_echo") is True:
        yield from _echo(raw, message, at)
        return
    address = _id_of(raw.get("sender"))
    if address is None or address == page_id:
        return
    for name, read in _READERS.items():
        if isinstance(found := raw.get(name), dict):
            yield from read(found, address, at)
            return


def _message(message: Json, address: str, at: datetime) -> Iterator[Event]:
    quick_reply = message.get("quick_reply")
    payload = _text(quick_reply.get("payload")) if isinstance(quick_reply, dict) else ""
    kind = InboundKind.BUTTON if payload else InboundKind.MESSAGE
    key = _mid(message) or f"{address} {_number(at)} message"
    yield InboundEvent(address, at, kind, _text(message.get("text")), payload, key)


def _postback(postback: Json, address: str, at: datetime) -> Iterator[Event]:
    key = _mid(postback) or f"{address} {_number(at)} postback"
    title, payload = _text(postback.get("title")), _text(postback.get("payload"))
    yield InboundEvent(address, at, InboundKind.BUTTON, title, payload, key)


def _reaction(reaction: Json, address: str, at: datetime) -> Iterator[Event]:
    """To take a reaction back is none."""
    if reaction.get("action") != "unreact":
        yield InboundEvent(address, at, InboundKind.OTHER, key=f"{address} {_number(at)} reaction {_mid(reaction)}")


def _referral(referral: Json, address: str, at: datetime) -> Iterator[Event]:
    yield InboundEvent(address, at, InboundKind.OTHER, key=f"{address} {_number(at)} referral")


def _delivery(delivery: Json, address: str, at: datetime) -> Iterator[Event]:
    mids = delivery.get("mids")
    for mid in mids if isinstance(mids, list) else ():
        if isinstance(mid, str) and _MID.fullmatch(mid):
            yield MessageReceipt(address, at, ReceiptKind.DELIVERED, mid)
    if until := _moment(delivery.get("watermark")):
        yield WatermarkReceipt(address, at, ReceiptKind.DELIVERED, until)


def _read_receipt(read: Json, address: str, at: datetime) -> Iterator[Event]:
    if until := _moment(read.get("watermark")):
        yield WatermarkReceipt(address, at, ReceiptKind.READ, until)


def _optin(optin: Json, address: str, at: datetime) -> Iterator[Event]:
    """Only the consent to be written to; other opt-ins (a checkbox, a plugin) name no right that we use."""
    if optin.get("type") != "notification_messages":
        return
    status = _text(optin.get("notification_messages_status"))[:30].replace(" ", "_")
    is_given = status != "STOP_NOTIFICATIONS"
    yield Consent(address, at, is_given, key=f"{address} {_number(at)} optin {status}")


def _echo(raw: Json, message: Json, at: datetime) -> Iterator[Event]:
    """Sent by the Page: the person is its recipient."""
    address, mid = _id_of(raw.get("recipient")), _mid(message)
    if address and mid:
        yield Echo(address, at, mid, _text(message.get("metadata"))[:100])


_READERS: dict[str, Callable[[Json, str, datetime], Iterator[Event]]] = {
    "message": _message,
    "postback": _postback,
    "reaction": _reaction,
    "delivery": _delivery,
    "read": _read_receipt,
    "optin": _optin,
    "referral": _referral,
}


def _objects(value: object) -> Iterator[Json]:
    yield from (item for item in (value if isinstance(value, list) else ()) if isinstance(item, dict))


def _id_of(who: object) -> str | None:
    number = who.get("id") if isinstance(who, dict) else None
    text = str(number) if isinstance(number, str | int) and not isinstance(number, bool) else ""
    return text if _ID.fullmatch(text) else None


def _mid(value: Json) -> str:
    mid = value.get("mid")
    return mid if isinstance(mid, str) and _MID.fullmatch(mid) else ""


def _text(value: object) -> str:
    """No database stores a NUL or half a character."""
    return _UNSTORABLE.sub("", value) if isinstance(value, str) else ""


def _moment_of_change(value: object) -> datetime | None:
    """Entries that tell changes count in seconds, those of conversations in milliseconds."""
    if isinstance(value, int) and not isinstance(value, bool) and value < FIRST_MILLISECOND:
        return _moment(value * 1000)
    return _moment(value)


def _moment(value: object) -> datetime | None:
    """Messenger counts in milliseconds."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < LAST_MILLISECOND:
        return None
    return EPOCH + timedelta(milliseconds=value)


def _number(at: datetime) -> int:
    return (at - EPOCH) // timedelta(milliseconds=1)
