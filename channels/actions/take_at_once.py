"""Take up the usual post by one statement of its own: what people do all day, and how far our messages came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection

from channels.actions.introduce import FIELDS
from channels.actions.refresh_profiles import ASKED_AGAIN_AFTER, FRESH_FOR, shows_profiles
from channels.backends.questions import Profile
from channels.events import Event, Introduction, ReceiptOrEcho, Renamed
from channels.inbound import REPLIES
from channels.messages import InboundEvent
from channels.models import Channel
from channels.models.seen_event import digest_of
from channels.signals import receipts_told
from sequencer.array_texts import array_of
from sequencer.faults import Edge
from sequencer.workspaces.transactions import LOST_A_RACE

Words = InboundEvent | Introduction | Renamed
TAKE_WORDS = f"SELECT channels_take_words({', '.join(['%s'] * 16)})"
TAKEN_AT_ONCE = Edge("take_at_once")


@dataclass(slots=True)
class Told:
    """What a post tells by the way of a person who does something in it."""

    other_name: str = ""
    profile: Profile = field(default_factory=Profile)


def take_at_once(channel: Channel, events: Sequence[Event], *, now: datetime) -> bool:
    """Whether these events, the earliest first, had all their effect; else they had none, and go the longer way.

    It commits, unless it is a part of the caller's transaction. What is saved are ways to the database and back:
    SQLite has none.
    """
    if connection.vendor != "postgresql":
        return False
    try:
        with TAKEN_AT_ONCE.crossed():
            if all(isinstance(event, ReceiptOrEcho) for event in events):
                return _take_receipts(channel, events, now=now)
            return all(isinstance(event, Words) for event in events) and _take_words(channel, events, now=now)
    except OperationalError as error:
        if connection.in_atomic_block or getattr(error.__cause__, "sqlstate", None) not in LOST_A_RACE:
            raise
        return False


def _take_receipts(channel: Channel, receipts: Sequence[Event], *, now: datetime) -> bool:
    answers = receipts_told.send(Channel, channel=channel, receipts=receipts, now=now)
    return any(is_taken for _, is_taken in answers)


def _take_words(channel: Channel, words: Sequence[Event], *, now: datetime) -> bool:
    acts = [event for event in words if isinstance(event, InboundEvent)]
    people = {event.address: Told() for event in acts}
    if not (all(_is_plain(event, people) for event in words) and len({event.key for event in acts}) == len(acts)):
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            TAKE_WORDS, [channel.pk, channel.workspace_id, *_people(channel, people, now=now), *_acts(acts, now=now)]
        )
        (is_taken,) = cursor.fetchone()
    return bool(is_taken)


def _is_plain(event: Event, people: dict[str, Told]) -> bool:
    """Whether the database can tell what becomes of it; what it says of a person by the way is noted."""
    match event:
        case InboundEvent():
            return event.key != ""
        case Introduction() if event.address in people:
            people[event.address].profile = event.profile
            return True
        case Renamed(is_both=True) if event.address in people:
            told = people[event.address]
            is_one_name = told.other_name in ("", event.former)
            told.other_name = event.former
            return is_one_name
    return False


def _people(channel: Channel, people: dict[str, Told], *, now: datetime) -> list[Any]:
    told, profiles = people.values(), [one.profile for one in people.values()]
    columns: list[Iterable[object]] = [people, [one.other_name for one in told]]
    columns += [[getattr(profile, name) for profile in profiles] for name in FIELDS]
    asks = shows_profiles(channel.kind)
    return [*map(array_of, columns), *((now - FRESH_FOR, now - ASKED_AGAIN_AFTER) if asks else (None, None))]


def _acts(acts: Sequence[InboundEvent], *, now: datetime) -> list[Any]:
    columns: list[Iterable[object]] = [
        [act.address for act in acts],
        [digest_of(act.key) for act in acts],
        [min(act.at, now) for act in acts],
        [act.kind in REPLIES for act in acts],
        sorted({act.kind.value for act in acts}),
        sorted({act.payload for act in acts} - {""}),
    ]
    return [*map(array_of, columns), now]
