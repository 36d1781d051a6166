"""How far messages came: receipts move deliveries forwards, and one that is early waits for its message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Rows
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from channels.events import ReceiptOrEcho
from channels.models import Channel, Contact
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.echoes import named_by, settle_by_echoes
from sequences.actions.hearing import Heard
from sequences.models import Delivery, DeliveryState, EarlyKind, EarlyReceipt
from sequences.sql import dialect
from sequences.sql.heard import movable_deliveries, parts_in_order, undecided_deliveries

RECENT = timedelta(minutes=10)
FORGOTTEN_AFTER = timedelta(days=1)
BATCH = 1000
MOVABLE = (DeliveryState.SENT, DeliveryState.DELIVERED)
COLUMNS = ("state", "delivered_at", "read_at")


@dataclass(slots=True)
class Letter:
    """A delivery that may move, with its last message: the provider's own moment of it is not before `left_at`."""

    row: Delivery
    last_part: int
    left_at: datetime
    has_moved: bool = False

    def move(self, kind: EarlyKind, at: datetime) -> None:
        """Forwards only; what was read was delivered."""
        if kind == EarlyKind.READ and self.row.state in MOVABLE:
            self.row.state, self.row.read_at = DeliveryState.READ, at
        elif kind == EarlyKind.DELIVERED and self.row.state == DeliveryState.SENT:
            self.row.state = DeliveryState.DELIVERED
        else:
            return
        self.row.delivered_at = self.row.delivered_at or at
        self.has_moved = True


@dataclass(frozen=True, slots=True)
class Letters:
    """What a batch of receipts may move; `parts` finds (delivery, part) by (channel, provider's id)."""

    by_delivery: Mapping[int, Letter]
    by_contact: Mapping[int, Rows[Letter]]
    parts: Mapping[tuple[int, str], tuple[int, int]]

    def move(self, one: Heard) -> bool:
        """Move what the receipt speaks of; whether that is known. A sub-flow came as far as its last message did."""
        if one.until is not None:
            covered = [letter for letter in self.by_contact.get(one.contact_id, ()) if letter.left_at <= one.until]
        else:
            delivery_id, part = self.parts.get((one.channel_id, one.provider_message_id), (0, 0))
            letter = self.by_delivery.get(delivery_id)
            if letter is None:
                return False
            covered = [letter] if letter.last_part == part else []
        for letter in covered:
            letter.move(one.kind, one.at)
        return True

    def store(self) -> None:
        moved = [letter.row for letter in self.by_delivery.values() if letter.has_moved]
        dialect().update_rows(Delivery, COLUMNS, [(row.pk, row.state, row.delivered_at, row.read_at) for row in moved])


def receive(channel: Channel, receipts: Rows[ReceiptOrEcho], people: Mapping[str, Contact], *, now: datetime) -> None:
    """Take up what a channel's provider says of messages, in the caller's transaction; what is early is kept.

    Twice or late, the effect is one. `people` are those of the receipts whom we know, by address.
    """
    heard = [Heard.now(one, channel, people[one.address].pk, now=now) for one in receipts if one.address in people]
    early, settled = _take_up(heard, now=now)
    if early:
        EarlyReceipt.objects.bulk_create([one.parked(now) for one in early], batch_size=BATCH)
    if settled:
        match_early(settled, now=now)


def match_early(contact_ids: Iterable[int], *, now: datetime) -> None:
    """Messages of these contacts were just recorded: take up what was said of them before, in the same transaction."""
    parked = dialect().rows_of(EarlyReceipt, ("id",), contact_ids, key="contact_id")
    if parked:
        listed = EarlyReceipt.objects.filter(pk__in=[number for (number,) in parked])
        _match(listed.exclude(kind=EarlyKind.FAILED), now=now)


@in_one_transaction
def match_recent(*, now: datetime) -> None:
    """Take up what was parked in the very moment in which its message was recorded: neither saw the other."""
    recent = EarlyReceipt.objects.filter(parked_at__gt=now - RECENT).exclude(kind=EarlyKind.FAILED)
    _match(recent.order_by("-pk")[:BATCH], now=now)


def forget_early_receipts(*, now: datetime) -> int:
    """Drop a batch of what no message ever came for; how many."""
    return EarlyReceipt.objects.filter(parked_at__lte=now - FORGOTTEN_AFTER).order_by("parked_at").drop_first(BATCH)


def _match(parked: QuerySet[EarlyReceipt], *, now: datetime) -> None:
    heard = sorted((Heard.before(row) for row in parked), key=lambda one: one.at)
    if heard:
        early = {one.parked_id for one in _take_up(heard, now=now)[0]}
        done = [one.parked_id for one in heard if one.parked_id and one.parked_id not in early]
        EarlyReceipt.objects.filter(pk__in=done).delete()


def _take_up(heard: Rows[Heard], *, now: datetime) -> tuple[list[Heard], set[int]]:
    """Apply what can be applied; what is early comes back, and the contacts of whom an echo settled something.

    What is undecided is read first and the messages after: one that is recorded in between is found as a message.
    """
    named = named_by([one for one in heard if one.kind == EarlyKind.ECHO])
    receipts = [one for one in heard if one.kind != EarlyKind.ECHO]
    undecided = undecided_deliveries(
        {one.contact_id for one in receipts}, {number for _, number, _ in named}, since=now - FORGOTTEN_AFTER
    )
    early, settled = settle_by_echoes(named, undecided)
    if receipts:
        left = defaultdict(list)
        for row in undecided:
            if row.pk not in settled:
                left[row.contact_id].append(row)
        letters = _letters(receipts)
        early += [one for one in receipts if _is_early(one, letters.move(one), left[one.contact_id])]
        letters.store()
    return early, {row.contact_id for row in undecided if row.pk in settled}


def _is_early(one: Heard, is_found: bool, undecided: Rows[Delivery]) -> bool:
    """Whether it may speak of a message that is not written down yet."""
    if one.until is None:
        return not is_found and bool(undecided)
    return any(row.decided_at <= one.until for row in undecided if row.state != DeliveryState.UNKNOWN)


def _letters(receipts: Rows[Heard]) -> Letters:
    """Locked, without standing in a worker's way: once sent, a delivery is moved by receipts only."""
    of_one = [one for one in receipts if one.until is None]
    channels, names = {one.channel_id for one in of_one}, {one.provider_message_id for one in of_one}
    people = {one.contact_id for one in receipts if one.until is not None}
    found = {row.pk: row for row in movable_deliveries(channels, names, people)}
    by_delivery, parts = dict[int, Letter](), dict[tuple[int, str], tuple[int, int]]()
    for part in parts_in_order(found.keys()):
        row = found[part.delivery_id]
        by_delivery[row.pk] = Letter(row, part.part, part.left_at or row.decided_at)
        if part.provider_message_id:
            parts[part.channel_id, part.provider_message_id] = (row.pk, part.part)
    by_contact = defaultdict(list)
    for letter in by_delivery.values():
        by_contact[letter.row.contact_id].append(letter)
    return Letters(by_delivery, by_contact, parts)
