"""What Messenger posts to our webhook, read into our words (docs/providers/messenger.md); touches nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from channels.backends.meta_notices import template_judged
from channels.backends.reading import (
    Json,
    address_of,
    message_id_of,
    milliseconds,
    moment_of_milliseconds,
    object_in,
    objects,
    text_of,
)
from channels.events import (
    Consent,
    Echo,
    Event,
    MessageReceipt,
    PolicyNotice,
    ReceiptKind,
    WatermarkReceipt,
)
from channels.messages import InboundEvent, InboundKind

Reader = Callable[[Json, str, datetime], Iterator[Event]]


def parse(body: bytes, page_id: str) -> list[Event]:
    """Everything in one post that we understand and that is this Page's ("" takes any), the earliest first.

    What is unknown or malformed in itself is passed over; raises WebhookRejected(400) when the whole cannot be read.
    """
    return parse_events(body, page_id, "page", READERS)


def parse_events(body: bytes, owner: str, about: str, readers: Mapping[str, Reader]) -> list[Event]:
    """The same of any of Meta's conversations: `about` is the post's object, `owner` the id of its entries."""
    post = object_in(body)
    if post.get("object") != about:
        return []
    return sorted(_events(post, owner, readers), key=lambda event: event.at)


def _events(post: Json, owner: str, readers: Mapping[str, Reader]) -> Iterator[Event]:
    for entry in objects(post.get("entry")):
        if owner and str(entry.get("id")) != owner:
            continue
        # In standby another app leads the conversation: what people do there opens the window all the same.
        for raw in (*objects(entry.get("messaging")), *objects(entry.get("standby"))):
            yield from _read(raw, owner, entry.get("time"), readers)
        for change in objects(entry.get("changes")):
            # Of what a Page tells of itself we listen to the fate of its templates.
            if change.get("field") == "message_template_status_update" and isinstance(change.get("value"), dict):
                yield from template_judged(change["value"], entry.get("time"))


def _read(raw: Json, owner: str, entry_time: object, readers: Mapping[str, Reader]) -> Iterator[Event]:
    at = moment_of_milliseconds(raw.get("timestamp")) or moment_of_milliseconds(entry_time)
    if at is None:
        return
    if isinstance(notice := raw.get("policy_enforcement"), dict):
        action, reason = text_of(notice.get("action"))[:20], text_of(notice.get("reason"))[:200]
        yield PolicyNotice(at, action, reason, key=f"policy {milliseconds(at)} {action}")
        return
    if isinstance(message := raw.get("message"), dict) and message.get("is_echo") is True:
        yield from _echo(raw, message, at)
        return
    address = _person(raw.get("sender"))
    if not address or address == owner:
        return
    for name, read in readers.items():
        if isinstance(found := raw.get(name), dict):
            yield from read(found, address, at)
            return


def _message(message: Json, address: str, at: datetime) -> Iterator[Event]:
    quick_reply = message.get("quick_reply")
    payload = text_of(quick_reply.get("payload")) if isinstance(quick_reply, dict) else ""
    kind = InboundKind.BUTTON if payload else InboundKind.MESSAGE
    key = _mid(message) or f"{address} {milliseconds(at)} message"
    yield InboundEvent(address, at, kind, text_of(message.get("text")), payload, key)


def _postback(postback: Json, address: str, at: datetime) -> Iterator[Event]:
    key = _mid(postback) or f"{address} {milliseconds(at)} postback"
    title, payload = text_of(postback.get("title")), text_of(postback.get("payload"))
    yield InboundEvent(address, at, InboundKind.BUTTON, title, payload, key)


def _reaction(reaction: Json, address: str, at: datetime) -> Iterator[Event]:
    """To take a reaction back is none."""
    if reaction.get("action") != "unreact":
        yield InboundEvent(
            address, at, InboundKind.OTHER, key=f"{address} {milliseconds(at)} reaction {_mid(reaction)}"
        )


def _referral(referral: Json, address: str, at: datetime) -> Iterator[Event]:
    yield InboundEvent(address, at, InboundKind.OTHER, key=f"{address} {milliseconds(at)} referral")


def _delivery(delivery: Json, address: str, at: datetime) -> Iterator[Event]:
    mids = delivery.get("mids")
    for mid in mids if isinstance(mids, list) else ():
        if isinstance(mid, str) and message_id_of(mid):
            yield MessageReceipt(address, at, ReceiptKind.DELIVERED, mid)
    if until := moment_of_milliseconds(delivery.get("watermark")):
        yield WatermarkReceipt(address, at, ReceiptKind.DELIVERED, until)


def _read_receipt(read: Json, address: str, at: datetime) -> Iterator[Event]:
    if until := moment_of_milliseconds(read.get("watermark")):
        yield WatermarkReceipt(address, at, ReceiptKind.READ, until)


def _optin(optin: Json, address: str, at: datetime) -> Iterator[Event]:
    """Only the consent to be written to; other opt-ins (a checkbox, a plugin) name no right that we use."""
    if optin.get("type") != "notification_messages":
        return
    status = text_of(optin.get("notification_messages_status"))[:30].replace(" ", "_")
    is_given = status != "STOP_NOTIFICATIONS"
    yield Consent(address, at, is_given, key=f"{address} {milliseconds(at)} optin {status}")


def _echo(raw: Json, message: Json, at: datetime) -> Iterator[Event]:
    """Sent by the Page: the person is its recipient."""
    address, mid = _person(raw.get("recipient")), _mid(message)
    if address and mid:
        yield Echo(address, at, mid, text_of(message.get("metadata"))[:100])


READERS: dict[str, Reader] = {
    "message": _message,
    "postback": _postback,
    "reaction": _reaction,
    "delivery": _delivery,
    "read": _read_receipt,
    "optin": _optin,
    "referral": _referral,
}


def _person(who: object) -> str:
    return address_of(who.get("id")) if isinstance(who, dict) else ""


def _mid(value: Json) -> str:
    mid = value.get("mid")
    return message_id_of(mid) if isinstance(mid, str) else ""
