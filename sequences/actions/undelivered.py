"""Messages that were taken and did not arrive: failed after all, with what that says of the person and the channel.

Nothing is sent again, and the subscription, which went on when the message was taken, is not moved back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Sequence as Rows
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Max

from channels import errors
from channels.actions.pause_channel import pause_by_account
from channels.events import Undelivered
from channels.models import Channel, Contact
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.channel_health import note_answers
from sequences.actions.gone import mark_gone, note_unreachable
from sequences.actions.hearing import Heard
from sequences.actions.receipts import BATCH, FORGOTTEN_AFTER
from sequences.actions.telling import tell_late_failures
from sequences.models import Delivery, DeliveryState, EarlyKind, EarlyReceipt, SentPart
from sequences.rules.health import Observation, Sign
from sequences.rules.reasons import Reason
from sequences.sql.heard import undecided_deliveries

# Where the message is what was refused, or the moment; whatever else came between says that the person was not reached.
REASONS: dict[type[errors.ChannelError], Reason] = {
    errors.MessageRejected: Reason.CONTENT_REJECTED,
    errors.UnsupportedMessage: Reason.UNSUPPORTED,
    errors.WindowClosed: Reason.REPLY_WINDOW_CLOSED,
    errors.ContactGone: Reason.CONTACT_GONE,
}
UNDECIDED = (DeliveryState.SENDING, DeliveryState.WAITING, DeliveryState.UNKNOWN)


@in_one_transaction
def hear_failures(channel: Channel, failures: Rows[Undelivered], *, now: datetime) -> None:
    """Take up what a channel's provider says did not arrive; what is early is kept. The contacts are locked already."""
    here = Contact.objects.filter(channel=channel, workspace_id=channel.workspace_id)
    people = {row.address: row for row in here.filter(address__in={one.address for one in failures})}
    heard = [Heard.now(one, channel, people[one.address].pk, now=now) for one in failures if one.address in people]
    early = _take_up(heard, {row.pk: row for row in people.values()}, now=now)
    EarlyReceipt.objects.bulk_create([one.parked(now) for one in early], batch_size=BATCH)


@in_one_transaction
def match_failures(*, now: datetime) -> None:
    """Take up what came before its message was written down, or while the rest of its sub-flow was on its way."""
    parked = list(EarlyReceipt.objects.filter(kind=EarlyKind.FAILED).order_by("-pk")[:BATCH])
    if not parked:
        return
    rows = Contact.objects.filter(pk__in={row.contact_id for row in parked})
    people = {row.pk: row for row in rows.select_for_update(no_key=True).order_by("pk")}
    heard = sorted((Heard.before(row) for row in parked), key=lambda one: one.at)
    early = {one.parked_id for one in _take_up(heard, people, now=now)}
    EarlyReceipt.objects.filter(pk__in=[row.pk for row in parked if row.pk not in early]).delete()


def _take_up(heard: Rows[Heard], people: dict[int, Contact], *, now: datetime) -> list[Heard]:
    """Fail what can be failed; what is early comes back. A message that was read or delivered stays so."""
    since = now - FORGOTTEN_AFTER
    undecided = {row.contact_id for row in undecided_deliveries({one.contact_id for one in heard}, (), since=since)}
    parts = _parts_of(heard)
    numbers = {number for number, _ in parts.values()}
    rows = Delivery.objects.filter(pk__in=numbers).select_for_update(no_key=True).order_by("pk")
    found = {row.pk: row for row in rows}
    last = dict(SentPart.objects.filter(delivery__in=numbers).values_list("delivery").annotate(Max("part")))
    early, failed = [], []
    for one in heard:
        number, part = parts.get((one.channel_id, one.provider_message_id), (0, 0))
        row = found.get(number)
        if row is None or row.state in UNDECIDED:
            early += [one] if one.contact_id in undecided else []
        elif row.state == DeliveryState.SENT or (row.state == DeliveryState.DELIVERED and part < last[number]):
            _fail(row, one)
            failed.append((row, one))
    _note_people(failed, people, now=now)
    _note_channels(failed, now=now)
    if failed:
        transaction.on_commit(partial(tell_late_failures, _kinds_and_reasons(failed)))
    return early


def _kinds_and_reasons(failed: Rows[tuple[Delivery, Heard]]) -> Counter[tuple[str, str]]:
    channels = Channel.objects.filter(pk__in={row.channel_id for row, _ in failed})
    kinds = dict(channels.values_list("pk", "kind"))
    return Counter((kinds[row.channel_id], row.reason) for row, _ in failed)


def _parts_of(heard: Rows[Heard]) -> dict[tuple[int, str], tuple[int, int]]:
    """The delivery and the part that each speaks of, by (channel, provider's id)."""
    channels, names = {one.channel_id for one in heard}, {one.provider_message_id for one in heard}
    rows = SentPart.objects.filter(channel__in=channels, provider_message_id__in=names)
    found = rows.values_list("channel_id", "provider_message_id", "delivery_id", "part")
    return {(channel_id, name): (delivery_id, part) for channel_id, name, delivery_id, part in found if name}


def _fail(row: Delivery, one: Heard) -> None:
    error = one.error or errors.MessageRejected()
    row.state, row.reason = DeliveryState.FAILED, REASONS.get(type(error), Reason.CONTACT_UNREACHABLE).value
    row.reason_details = {"detail": error.detail[:500]} if error.detail else {}
    row.save(update_fields=["state", "reason", "reason_details"])


def _note_people(failed: Iterable[tuple[Delivery, Heard]], people: dict[int, Contact], *, now: datetime) -> None:
    """A word that is older than what the person did since says nothing of them any more."""
    for _, one in failed:
        contact = people[one.contact_id]
        if contact.last_interaction_at is not None and contact.last_interaction_at > one.at:
            continue
        match one.error:
            case errors.ContactGone(because=because):
                mark_gone(contact, because, now=now)
            case errors.ContactUnreachable():
                note_unreachable(contact, now=now)


def _note_channels(failed: Iterable[tuple[Delivery, Heard]], *, now: datetime) -> None:
    observations: dict[int, list[Observation]] = {}
    for row, one in failed:
        match one.error:
            case errors.ChannelMisconfigured(because=because, detail=detail):
                pause_by_account(one.channel_id, because=because, detail=detail, now=now)
            case errors.ChannelTrouble(wait=wait):
                seen = Observation(Sign.TROUBLE, one.contact_id, row.pk, wait=wait)
                observations.setdefault(one.channel_id, []).append(seen)
    if observations:
        note_answers(observations, now=now)
