"""How far messages came: receipts move deliveries forwards, and one that is early waits for its message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Rows
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from channels.events import Echo, Receipt
from channels.models import Channel, Contact
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.echoes import settle_by_echoes
from sequences.actions.hearing import Heard
from sequences.models import Delivery, DeliveryState, EarlyKind, EarlyReceipt, SentPart
from sequences.sql import dialect

RECENT = timedelta(minutes=10)
FORGOTTEN_AFTER = timedelta(days=1)
BATCH = 1000
MOVABLE = (DeliveryState.SENT, DeliveryState.DELIVERED)
COLUMNS = ("state", "delivered_at", "read_at")
# Something was sent, or may have been, that is not written down yet.
UNDECIDED = Q(state__in=(DeliveryState.SENDING, DeliveryState.UNKNOWN)) | Q(
    state=DeliveryState.WAITING, parts_done__gt=0
)


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


@in_one_transaction
def receive(channel: Channel, receipts: Rows[Receipt | Echo], *, now: datetime) -> None:
    """Take up what a channel's provider says of messages; what is early is kept. Twice or late, the effect is one."""
    here = Contact.objects.filter(channel=channel, workspace_id=channel.workspace_id)
    people = dict(here.filter(address__in={one.address for one in receipts}).values_list("address", "pk"))
    heard = [Heard.now(one, channel, people[one.address], now=now) for one in receipts if one.address in people]
    early = _take_up(heard, now=now)
    EarlyReceipt.objects.bulk_create([one.parked(now) for one in early], batch_size=BATCH)
    if echoed := {one.contact_id for one in heard if one.kind == EarlyKind.ECHO}:
        match_early(echoed, now=now)


def match_early(contact_ids: Iterable[int], *, now: datetime) -> None:
    """Messages of these contacts were just recorded: take up what was said of them before, in the same transaction."""
    parked = dialect().rows_of(EarlyReceipt, ("id",), contact_ids, key="contact_id")
    if parked:
        _match(EarlyReceipt.objects.filter(pk__in=[number for (number,) in parked]), now=now)


@in_one_transaction
def match_recent(*, now: datetime) -> None:
    """Take up what was parked in the very moment in which its message was recorded: neither saw the other."""
    _match(EarlyReceipt.objects.filter(parked_at__gt=now - RECENT).order_by("-pk")[:BATCH], now=now)


def forget_early_receipts(*, now: datetime) -> int:
    """Drop a batch of what no message ever came for; how many."""
    return EarlyReceipt.objects.filter(parked_at__lte=now - FORGOTTEN_AFTER).order_by("parked_at").drop_first(BATCH)


def _match(parked: QuerySet[EarlyReceipt], *, now: datetime) -> None:
    heard = sorted((Heard.before(row) for row in parked), key=lambda one: one.at)
    if heard:
        early = {one.parked_id for one in _take_up(heard, now=now)}
        done = [one.parked_id for one in heard if one.parked_id and one.parked_id not in early]
        EarlyReceipt.objects.filter(pk__in=done).delete()


def _take_up(heard: Rows[Heard], *, now: datetime) -> list[Heard]:
    """Apply what can be applied; what is early comes back.

    What is undecided is read first and the messages after: one that is recorded in between is found as a message.
    """
    early = settle_by_echoes([one for one in heard if one.kind == EarlyKind.ECHO])
    receipts = [one for one in heard if one.kind != EarlyKind.ECHO]
    if not receipts:
        return early
    undecided = _undecided({one.contact_id for one in receipts}, now=now)
    letters = _letters(receipts)
    early += [one for one in receipts if _is_early(one, letters.move(one), undecided[one.contact_id])]
    letters.store()
    return early


def _is_early(one: Heard, is_found: bool, undecided: Rows[tuple[str, datetime]]) -> bool:
    """Whether it may speak of a message that is not written down yet."""
    if one.until is None:
        return not is_found and bool(undecided)
    return any(at <= one.until for state, at in undecided if state != DeliveryState.UNKNOWN)


def _undecided(contact_ids: Iterable[int], *, now: datetime) -> dict[int, list[tuple[str, datetime]]]:
    """State and moment of decision of each contact's deliveries of which a message may yet be written down."""
    rows = Delivery.objects.filter(UNDECIDED, contact__in=list(contact_ids), decided_at__gt=now - FORGOTTEN_AFTER)
    found = defaultdict(list)
    for contact_id, state, at in rows.values_list("contact_id", "state", "decided_at"):
        found[contact_id].append((state, at))
    return found


def _letters(receipts: Rows[Heard]) -> Letters:
    """Locked, without standing in a worker's way: once sent, a delivery is moved by receipts only."""
    parts = _parts([one for one in receipts if one.until is None])
    people = {one.contact_id for one in receipts if one.until is not None}
    concerned = Q(pk__in={delivery_id for delivery_id, _ in parts.values()}) | Q(contact__in=people)
    rows = Delivery.objects.filter(concerned, state__in=MOVABLE).select_for_update(no_key=True).order_by("pk")
    found = {row.pk: row for row in rows}
    last = {part.delivery_id: part for part in SentPart.objects.filter(delivery__in=found.keys()).order_by("part")}
    by_contact = defaultdict(list)
    by_delivery = {}
    for number, part in last.items():
        row = found[number]
        by_delivery[number] = letter = Letter(row, part.part, part.left_at or row.decided_at)
        by_contact[row.contact_id].append(letter)
    return Letters(by_delivery, by_contact, parts)


def _parts(receipts: Rows[Heard]) -> dict[tuple[int, str], tuple[int, int]]:
    if not receipts:
        return {}
    channels, names = {one.channel_id for one in receipts}, {one.provider_message_id for one in receipts}
    rows = SentPart.objects.filter(channel__in=channels, provider_message_id__in=names)
    found = rows.values_list("channel_id", "provider_message_id", "delivery_id", "part")
    return {(channel_id, name): (delivery_id, part) for channel_id, name, delivery_id, part in found if name}
