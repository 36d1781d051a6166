"""What WhatsApp posts to our webhook, read into our words (docs/providers/whatsapp.md); touches nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from channels.backends.meta_notices import template_judged
from channels.backends.reading import (
    Json,
    address_of,
    message_id_of,
    milliseconds,
    moment_of_seconds,
    object_at,
    object_in,
    objects,
    profile_named,
    text_of,
)
from channels.backends.whatsapp_errors import told_later
from channels.backends.words import consent_in
from channels.events import Consent, Echo, Event, Introduction, MessageReceipt, ReceiptKind, Renamed, Undelivered
from channels.messages import InboundEvent, InboundKind

RECEIPTS = {"delivered": ReceiptKind.DELIVERED, "read": ReceiptKind.READ, "played": ReceiptKind.READ}
PREFERENCES = {"stop": False, "resume": True, "signup": True}


def parse(body: bytes, phone_number_id: str) -> list[Event]:
    """Everything in one post that we understand and that is this number's ("" takes any), the earliest first.

    What is unknown or malformed in itself is passed over; raises WebhookRejected(400) when the whole cannot be read.
    """
    post = object_in(body)
    if post.get("object") != "whatsapp_business_account":
        return []
    return sorted(_events(post, phone_number_id), key=lambda event: event.at)


def _events(post: Json, phone_number_id: str) -> Iterator[Event]:
    for entry in objects(post.get("entry")):
        for change in objects(entry.get("changes")):
            value = object_at(change, "value")
            match change.get("field"):
                case "messages" if _is_ours(value, phone_number_id):
                    yield from _conversation(value)
                case "user_preferences" if _is_ours(value, phone_number_id):
                    yield from _preferences(value)
                case "message_template_status_update":
                    yield from template_judged(value, entry.get("time"))


def _is_ours(value: Json, phone_number_id: str) -> bool:
    """One webhook is told of all the numbers of a business account."""
    named = object_at(value, "metadata").get("phone_number_id")
    return not phone_number_id or named is None or str(named) == phone_number_id


def _conversation(value: Json) -> Iterator[Event]:
    people = {name: contact for contact in objects(value.get("contacts")) for name in _names(contact) if name}
    for message in objects(value.get("messages")):
        yield from _message(message, people)
    for status in objects(value.get("statuses")):
        yield from _status(status)


def _names(contact: Json) -> tuple[str, str]:
    """The number, and the user id that stands alone where the person hides it."""
    return address_of(contact.get("wa_id")), address_of(contact.get("user_id"))


def _message(message: Json, people: dict[str, Json]) -> Iterator[Event]:
    at = moment_of_seconds(message.get("timestamp"))
    number, user = address_of(message.get("from")), address_of(message.get("from_user_id"))
    address = number or user
    if at is None or not address:
        return
    if message.get("type") == "system":
        yield from _changed_number(object_at(message, "system"), address, at)
        return
    contact = people.get(number) or people.get(user) or {}
    if number and (other := user or _names(contact)[1]):
        yield Renamed(number, at, former=other, is_both=True)
    key = message_id_of(message.get("id")) or f"{address} {milliseconds(at)} message"
    kind, text, payload = _said(message)
    yield InboundEvent(address, at, kind, text, payload, key)
    if name := text_of(object_at(contact, "profile").get("name")):
        yield Introduction(address, at, profile_named(name))
    is_given = consent_in(text) if kind is InboundKind.MESSAGE else None
    if is_given is not None:
        yield Consent(address, at, is_given, key=f"{key} consent")


def _said(message: Json) -> tuple[InboundKind, str, str]:
    """What they did, its words, and what stands behind a button; anything that has a type is a message."""
    match message.get("type"):
        case "text":
            return InboundKind.MESSAGE, text_of(object_at(message, "text").get("body")), ""
        case "button":
            button = object_at(message, "button")
            return InboundKind.BUTTON, text_of(button.get("text")), text_of(button.get("payload"))
        case "interactive":
            interactive = object_at(message, "interactive")
            reply = object_at(interactive, "button_reply") or object_at(interactive, "list_reply")
            return InboundKind.BUTTON, text_of(reply.get("title")), text_of(reply.get("id"))
        case "reaction":
            return InboundKind.OTHER, "", ""
        case kind:
            return InboundKind.MESSAGE, text_of(object_at(message, str(kind)).get("caption")), ""


def _changed_number(system: Json, former: str, at: datetime) -> Iterator[Event]:
    new = address_of(system.get("wa_id")) or address_of(system.get("user_id"))
    if new and new != former:
        yield Renamed(new, at, former=former)


def _status(status: Json) -> Iterator[Event]:
    """How far a message of ours came. Our own key in it settles whatever was in doubt, as an echo does."""
    at, mid = moment_of_seconds(status.get("timestamp")), message_id_of(status.get("id"))
    address = address_of(status.get("recipient_id")) or address_of(status.get("recipient_user_id"))
    if at is None or not mid or not address:
        return
    if key := text_of(status.get("biz_opaque_callback_data"))[:100]:
        yield Echo(address, at, mid, key)
    match status.get("status"):
        case "failed":
            yield Undelivered(address, at, mid, told_later(status.get("errors")))
        case str() as word if word in RECEIPTS:
            yield MessageReceipt(address, at, RECEIPTS[word], mid)


def _preferences(value: Json) -> Iterator[Event]:
    """To stop marketing messages is to opt out; we cannot know which of ours a person takes for marketing."""
    for preference in objects(value.get("user_preferences")):
        at, word = moment_of_seconds(preference.get("timestamp")), preference.get("value")
        address = next((name for name in _names(preference) if name), "")
        if at is not None and address and isinstance(word, str) and word in PREFERENCES:
            yield Consent(address, at, PREFERENCES[word], key=f"{address} {milliseconds(at)} preference {word}")
