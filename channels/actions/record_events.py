"""Write down what a provider told us by webhook, each event once, all in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection

from channels.actions.opt_out import opt_in, opt_out
from channels.actions.pause_channel import pause_by_account
from channels.actions.refresh_profiles import mark_due_profiles
from channels.actions.refresh_templates import note_template
from channels.events import (
    Consent,
    Echo,
    Event,
    MessageReceipt,
    PolicyNotice,
    TemplateNotice,
    WatermarkReceipt,
)
from channels.inbound import people_at, record_inbound
from channels.messages import InboundEvent
from channels.models import Channel, PausedBecause, SeenEvent
from channels.signals import receipts_arrived
from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import SYSTEM
from sequencer.workspaces.transactions import in_one_transaction

# Longer than any provider repeats itself; Meta gives up after hours.
REMEMBERED_FOR = timedelta(days=8)
BATCH = 500


@in_one_transaction
def record_events(channel: Channel, events: Iterable[Event], *, now: datetime) -> list[int]:
    """Let each event that was not seen before have its effect, in the order in which they happened.

    Receipts and echoes have no key: hearing them twice changes nothing. Returns the ids of the contacts whose profile
    is to be read, once this is committed.
    """
    fresh = sorted(_unseen(channel, list(events), now=now), key=lambda event: event.at)
    interactions = [event for event in fresh if isinstance(event, InboundEvent)]
    consents = [event for event in fresh if isinstance(event, Consent)]
    if consents:
        # All people at once: who locks the same rows in another order would wait for us, and we for them.
        addresses = [event.address for event in interactions] + [event.address for event in consents]
        people_at(channel, addresses, now=now)
    people = record_inbound(channel, interactions, now=now)
    receipts = [event for event in fresh if isinstance(event, MessageReceipt | WatermarkReceipt | Echo)]
    if receipts:
        receipts_arrived.send(Channel, channel=channel, receipts=receipts, now=now)
    _note_consents(channel, consents, now=now)
    for event in fresh:
        if isinstance(event, PolicyNotice):
            _note_policy(channel, event, now=now)
        elif isinstance(event, TemplateNotice):
            note_template(channel, event, now=now)
    return mark_due_profiles(channel, people, now=now)


def forget_old_events(*, now: datetime) -> int:
    """Forget a batch of what nobody repeats any more; how many."""
    return SeenEvent.objects.filter(at__lte=now - REMEMBERED_FOR).order_by("at").drop_first(BATCH)


def _unseen(channel: Channel, events: Sequence[Event], *, now: datetime) -> list[Event]:
    """The events without a key, and of the others the first of each key that nobody recorded yet.

    Whoever records the same at this very moment waits here until we are done, and then finds it seen.
    """
    digests = [_digest(getattr(event, "key", "")) for event in events]
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


def _digest(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest() if key else ""


def _note_consents(channel: Channel, consents: Sequence[Consent], *, now: datetime) -> None:
    people = people_at(channel, [event.address for event in consents], now=now) if consents else {}
    for event in consents:
        contact = people[event.address]
        if event.is_given:
            opt_in(contact, now=now, actor=SYSTEM)
        else:
            opt_out(contact, at=min(event.at, now), now=now, actor=SYSTEM)


def _note_policy(channel: Channel, notice: PolicyNotice, *, now: datetime) -> None:
    """A block pauses; only an owner's hand resumes, whatever the provider says later."""
    changes = {"policy": [None, notice.action], "reason": [None, notice.reason]}
    record_audit("policy_notice", channel, actor=SYSTEM, now=now, changes=changes)
    if notice.action == "block":
        because, detail = PausedBecause.ACCOUNT_RESTRICTED.value, notice.reason or "policy enforcement"
        pause_by_account(channel.pk, because=because, detail=detail, now=now)
