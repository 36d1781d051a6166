"""Write down what a provider told us by webhook, each event once, all in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import connection

from channels.actions.block import block
from channels.actions.introduce import introduce
from channels.actions.opt_out import opt_in, opt_out
from channels.actions.pause_channel import pause_by_account
from channels.actions.refresh_profiles import mark_due_profiles
from channels.actions.refresh_templates import note_template
from channels.actions.rename_contacts import note_second_names, under_their_address
from channels.actions.take_at_once import take_at_once
from channels.backends import backend_for
from channels.events import (
    Blocked,
    Consent,
    Echo,
    Event,
    Introduction,
    OfPeople,
    PolicyNotice,
    ReceiptOrEcho,
    Renamed,
    TemplateNotice,
    Undelivered,
)
from channels.inbound import note_inbound
from channels.messages import InboundEvent
from channels.models import Channel, Contact, PausedBecause, SeenEvent
from channels.models.seen_event import digest_of
from channels.named import Named
from channels.signals import messages_failed, receipts_arrived
from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.transactions import in_one_transaction

# Longer than any provider repeats itself; Meta gives up after hours.
REMEMBERED_FOR = timedelta(days=8)
BATCH = 500
Kind = TypeVar("Kind", bound=Event)
People = Mapping[str, Contact]
# Whoever did one of these is a contact from then on.
BRINGS_CONTACT = InboundEvent | Consent | Blocked


def record_events(channel: Channel, events: Iterable[Event], *, now: datetime) -> list[int]:
    """Let each event that was not seen before have its effect, in the order in which they happened; all or nothing.

    Receipts and echoes have no key: hearing them twice changes nothing. Returns the ids of the contacts whose profile
    is to be read, once this is committed.
    """
    in_order = sorted(events, key=lambda event: event.at)
    if not in_order or take_at_once(channel, in_order, now=now):
        return []
    return record_one_by_one(channel, in_order, now=now)


@in_one_transaction
def record_one_by_one(channel: Channel, events: Sequence[Event], *, now: datetime) -> list[int]:
    """The same of any events, by the words of Python."""
    named = _spoken_of(channel, events)
    told = under_their_address(named, events, now=now)
    fresh = sorted(_unseen(channel, told, now=now), key=lambda event: event.at)
    named.welcome(channel, {event.address for event in fresh if isinstance(event, BRINGS_CONTACT)}, now=now)
    people = note_inbound(named.by_address, _all(fresh, InboundEvent), now=now)
    note_second_names(named, fresh, now=now)
    introduce(named.by_address, _all(fresh, Introduction))
    _tell_of_messages(channel, fresh, named.by_address, now=now)
    _note_consents(_all(fresh, Consent), named.by_address, now=now)
    _note_blocks(_all(fresh, Blocked), named.by_address, now=now)
    for event in fresh:
        if isinstance(event, PolicyNotice):
            _note_policy(channel, event, now=now)
        elif isinstance(event, TemplateNotice):
            note_template(channel, event, now=now)
    return mark_due_profiles(channel, people, now=now)


def forget_old_events(*, now: datetime) -> int:
    """Forget a batch of what nobody repeats any more; how many."""
    return SeenEvent.objects.filter(at__lte=now - REMEMBERED_FOR).order_by("at").drop_first(BATCH)


def _spoken_of(channel: Channel, events: Sequence[Event]) -> Named:
    """Everybody whom these events name, in one statement; locked where more than how far a message came is told."""
    names = {event.address for event in events if isinstance(event, OfPeople)}
    names |= {event.former for event in _all(events, Renamed)}
    is_told_of_people = any(isinstance(event, OfPeople) and not isinstance(event, ReceiptOrEcho) for event in events)
    has_others = backend_for(channel.kind).has_two_names or bool(_all(events, Renamed))
    return Named.of(channel, names, with_others=has_others, is_locked=is_told_of_people)


def _all(events: Iterable[Event], kind: type[Kind]) -> list[Kind]:
    return [event for event in events if isinstance(event, kind)]


def _tell_of_messages(channel: Channel, fresh: Sequence[Event], people: People, *, now: datetime) -> None:
    """Whoever got a message can be reached; whoever did not is told after that."""
    receipts = [event for event in fresh if isinstance(event, ReceiptOrEcho)]
    if receipts:
        if backend_for(channel.kind).capabilities.fails_late:
            _note_reached(receipts, people)
        receipts_arrived.send(Channel, channel=channel, receipts=receipts, people=people, now=now)
    if failures := _all(fresh, Undelivered):
        messages_failed.send(Channel, channel=channel, failures=failures, now=now)


def _note_reached(receipts: Iterable[ReceiptOrEcho], people: People) -> None:
    """Where to be taken is not to have arrived, only a receipt says that a person can be reached."""
    told = {people[one.address] for one in receipts if not isinstance(one, Echo) and one.address in people}
    if missed := [contact.pk for contact in told if contact.unreachable_in_a_row]:
        Contact.objects.filter(pk__in=missed).update(unreachable_in_a_row=0)


def _unseen(channel: Channel, events: Sequence[Event], *, now: datetime) -> list[Event]:
    """The events without a key, and of the others the first of each key that nobody recorded yet.

    Whoever records the same at this very moment waits here until we are done, and then finds it seen.
    """
    keys = [getattr(event, "key", "") for event in events]
    digests = [digest_of(key) if key else "" for key in keys]
    unseen = _remember(channel, {digest for digest in digests if digest}, now=now)
    fresh = []
    for event, digest in zip(events, digests, strict=True):
        if not digest or digest in unseen:
            unseen.discard(digest)
            fresh.append(event)
    return fresh


def _remember(channel: Channel, digests: set[str], *, now: datetime) -> set[str]:
    """Those of the digests that were not there; in one order, so that two who do this never wait for each other."""
    listed, fresh = sorted(digests), set[str]()
    at = SeenEvent._meta.get_field("at").get_db_prep_value(now, connection)
    for start in range(0, len(listed), BATCH):
        some = listed[start : start + BATCH]
        values = ", ".join(["(%s, %s, %s, %s)"] * len(some))
        statement = (
            f"INSERT INTO {SeenEvent._meta.db_table} (workspace_id, channel_id, key, at) VALUES {values} "  # noqa: S608
            "ON CONFLICT DO NOTHING RETURNING key"
        )
        rows = [value for digest in some for value in (channel.workspace_id, channel.pk, digest, at)]
        with connection.cursor() as cursor:
            cursor.execute(statement, rows)
            fresh |= {key for (key,) in cursor.fetchall()}
    return fresh


def _note_consents(consents: Iterable[Consent], people: People, *, now: datetime) -> None:
    for event in consents:
        contact = people[event.address]
        if event.is_given and contact.opted_out_at is not None and event.at < contact.opted_out_at:
            continue  # they thought better of it since
        if event.is_given:
            opt_in(contact, now=now, actor=SYSTEM)
        else:
            opt_out(contact, at=min(event.at, now), now=now, actor=SYSTEM)


def _note_blocks(blocks: Iterable[Blocked], people: People, *, now: datetime) -> None:
    for event in blocks:
        block(people[event.address], at=min(event.at, now), now=now)


def _note_policy(channel: Channel, notice: PolicyNotice, *, now: datetime) -> None:
    """A block pauses; only an owner's hand resumes, whatever the provider says later."""
    changes = {"policy": [None, notice.action], "reason": [None, notice.reason]}
    record_audit("policy_notice", channel, actor=SYSTEM, now=now, changes=changes)
    if notice.action == "block":
        because, detail = PausedBecause.ACCOUNT_RESTRICTED.value, notice.reason or "policy enforcement"
        pause_by_account(channel.pk, because=because, detail=detail, now=now)
