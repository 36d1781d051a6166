"""What providers post in the benchmark of webhooks, about people who are all inside a sequence."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.models import Channel, Contact
from sequences.models import Delivery, SentPart, Sequence, Subscription, SubscriptionState
from tests import builders
from tests.doubles import graph_events as messenger
from tests.doubles import whatsapp_events as whatsapp

PEOPLE = 100
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Sort:
    """Posts of one sort: `make` gives the body of the next, of `events` events; nothing comes twice."""

    name: str
    channel: Channel
    make: Callable[[], bytes]
    events: int = 1


def sorts(messages: int) -> Iterator[Sort]:
    """A message, a tap and a receipt by itself, and many messages in one post; at most so many receipts."""
    sequence, at = builders.a_sequence(), datetime.now(UTC).replace(microsecond=0)
    page = _channel(sequence, "messenger", messenger.CREDENTIALS)
    number = _channel(sequence, "whatsapp", whatsapp.CREDENTIALS)
    told = enumerate(_sent(number, sequence, messages))
    taken = enumerate(_sent(page, sequence, messages))

    def on_page(events: int) -> bytes:
        listed = itertools.islice(_numbers, events)
        return messenger.post_of(*(messenger.message(_person(n), at, mid=f"m_{n}") for n in listed))

    def to_number() -> bytes:
        n = next(_numbers)
        return whatsapp.post_of(whatsapp.message(_person(n), at, id=f"wamid.in.{n}"))

    def receipt() -> bytes:
        n, row = next(told)
        return whatsapp.post_of(whatsapp.status(_person(n), at, _name(n), "delivered", f"{row.pk}.0"))

    def tapped() -> bytes:
        n = next(_numbers)
        return messenger.post_of(messenger.postback(_person(n), at + timedelta(milliseconds=n), "MENU"))

    def arrived() -> bytes:
        n, row = next(taken)
        return messenger.post_of(messenger.delivery(_person(n), at, _name(n), until=row.decided_at))

    yield Sort("Messenger: a message", page, lambda: on_page(1))
    yield Sort("Messenger: a tap", page, tapped)
    yield Sort("Messenger: our message is delivered", page, arrived)
    yield Sort("WhatsApp: a message", number, to_number)
    yield Sort("WhatsApp: our message is delivered", number, receipt)
    yield Sort("Messenger: 100 messages in a post", page, lambda: on_page(100), events=100)


def _person(number: int) -> str:
    return f"3360000{number % PEOPLE:04}"


def _name(number: int) -> str:
    return f"wamid.out.{number}"


def _channel(sequence: Sequence, kind: str, credentials: dict[str, str]) -> Channel:
    """A channel whose people wait for a message of the sequence; all is known of them, so that nobody is asked for."""
    now, step = datetime.now(UTC), sequence.steps.get()
    channel = builders.a_channel(sequence.workspace, kind, credentials)
    known = {"first_name": "Kerry", "last_name": "Fisher", "profile_read_at": now}
    people = [builders.a_contact(channel, _person(number), **known) for number in range(PEOPLE)]
    waits = {"next_step": step, "next_send_at": now + timedelta(days=1), "next_because": "countdown"}
    Subscription.objects.bulk_create(_inside(sequence, contact, now, **waits) for contact in people)
    return channel


def _inside(sequence: Sequence, contact: Contact, now: datetime, **fields: Any) -> Subscription:
    here = {"workspace": sequence.workspace, "sequence": sequence, "channel": contact.channel, "contact": contact}
    return Subscription(**here, subscribed_at=now, countdown_started_at=now, **fields)


def _moment(begin: datetime, nth: int) -> datetime:
    return begin + timedelta(milliseconds=nth)


def _sent(channel: Channel, sequence: Sequence, messages: int) -> list[Delivery]:
    """Deliveries of messages that went out and that no receipt came for yet, the people served in turns."""
    people = list(Contact.objects.filter(channel=channel).order_by("pk"))
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    here = {"workspace": sequence.workspace, "channel": channel, "sent_at": now}
    done = {"state": SubscriptionState.COMPLETED, "ended_at": now, "ended_because": "completed"}
    past = Subscription.objects.bulk_create(
        _inside(sequence, people[number % PEOPLE], now, **done) for number in range(messages)
    )
    fields = {**here, "step": sequence.steps.get(), "state": "sent", "due_at": now, "decided_at": now, "parts_done": 1}
    rows = Delivery.objects.bulk_create(
        Delivery(**fields | {"decided_at": _moment(now, nth)}, subscription=one, contact_id=one.contact_id)
        for nth, one in enumerate(past)
    )
    SentPart.objects.bulk_create(
        SentPart(**here, delivery=row, part=0, provider_message_id=_name(number)) for number, row in enumerate(rows)
    )
    return rows
