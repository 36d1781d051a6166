"""What Telegram posts to our webhook, one update at a time, read into our words (docs/providers/telegram.md)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from channels.backends.questions import Profile
from channels.backends.reading import (
    Json,
    address_of,
    moment_of_seconds,
    object_at,
    object_in,
    one_line,
    text_of,
)
from channels.events import Blocked, Consent, Event, Introduction, Renamed
from channels.messages import InboundEvent, InboundKind

START = "/start"
AWAY = ("kicked", "left")
# What a group tells of itself in the shape of a message; nobody said anything.
_ABOUT_THE_GROUP = frozenset(
    {
        "new_chat_members",
        "left_chat_member",
        "new_chat_title",
        "new_chat_photo",
        "delete_chat_photo",
        "group_chat_created",
        "supergroup_chat_created",
        "channel_chat_created",
        "message_auto_delete_timer_changed",
        "pinned_message",
    }
)


def parse(body: bytes, received_at: datetime) -> list[Event]:
    """What one update says; the unknown is passed over. Raises WebhookRejected(400) for what is no JSON object.

    A tap bears no moment of its own: it happened when we heard of it.
    """
    update = object_in(body)
    key = f"update {text_of(str(update.get('update_id')))[:40]}"
    found = [
        *_said(object_at(update, "message"), key, received_at),
        *_tapped(object_at(update, "callback_query"), key, received_at),
        *_let_in_or_out(object_at(update, "my_chat_member"), key, received_at),
    ]
    return sorted(found, key=lambda event: event.at)


def tapped_query(body: bytes) -> str:
    """The id of the tap in an update, which wants an answer; empty where it is none."""
    return text_of(object_at(object_in(body), "callback_query").get("id"))[:100]


def _said(message: Json, key: str, received_at: datetime) -> Iterator[Event]:
    address, at = address_of(object_at(message, "chat").get("id")), _moment(message.get("date"), received_at)
    if not address or at is None:
        return
    if new := address_of(message.get("migrate_to_chat_id")):
        yield Renamed(new, at, former=address)
    elif former := address_of(message.get("migrate_from_chat_id")):
        yield Renamed(address, at, former=former)
    elif not object_at(message, "from").get("is_bot") and not message.keys() & _ABOUT_THE_GROUP:
        text = text_of(message.get("text"))
        yield InboundEvent(address, at, InboundKind.MESSAGE, text or text_of(message.get("caption")), key=key)
        if text.split(maxsplit=1)[:1] == [START]:
            yield Consent(address, at, is_given=True, key=f"{key} start")
        yield from _introduced(message, address, at)


def _tapped(query: Json, key: str, at: datetime) -> Iterator[Event]:
    """On a button below a message of ours; where that message cannot be seen any more, the person alone is told."""
    chat = object_at(object_at(query, "message"), "chat")
    if address := address_of(chat.get("id")) or address_of(object_at(query, "from").get("id")):
        yield InboundEvent(address, at, InboundKind.BUTTON, payload=text_of(query.get("data")), key=key)


def _let_in_or_out(change: Json, key: str, received_at: datetime) -> Iterator[Event]:
    address, at = address_of(object_at(change, "chat").get("id")), _moment(change.get("date"), received_at)
    was, now_is = (object_at(change, name).get("status") for name in ("old_chat_member", "new_chat_member"))
    if not address or at is None or not isinstance(now_is, str):
        return
    if now_is in AWAY:
        yield Blocked(address, at, key)
    elif was in AWAY:
        yield InboundEvent(address, at, InboundKind.OTHER, key=key)


def _moment(seconds: object, received_at: datetime) -> datetime | None:
    """Told in whole seconds: within that very second it is the moment of its coming, so that order is kept."""
    at = moment_of_seconds(seconds)
    return received_at if at is not None and at <= received_at < at + timedelta(seconds=1) else at


def _introduced(message: Json, address: str, at: datetime) -> Iterator[Event]:
    """In a chat of two the one who writes is whom we write to."""
    person = object_at(message, "from")
    if address == address_of(person.get("id")):
        first, last = one_line(person.get("first_name"), 100), one_line(person.get("last_name"), 100)
        yield Introduction(address, at, Profile(first, last, one_line(person.get("language_code"), 20)))
