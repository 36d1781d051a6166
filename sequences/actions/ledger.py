"""Deliveries as the pipeline holds them while it decides: read and stored many at a time, without a model's weight."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from channels.models import Contact
from sequences.actions.doubt import doubt_in, noted_doubt
from sequences.actions.refusals import noted_refusals, refusals_in
from sequences.models import Delivery, DeliveryState, Subscription
from sequences.rules.reasons import Reason
from sequences.sql import dialect

_SENDING = DeliveryState.SENDING.value


@dataclass(slots=True)
class Entry:
    """One row: to be, while `id` is None, or begun earlier. The names are the columns' own."""

    id: int | None
    workspace_id: int
    subscription_id: int
    step_id: int
    contact_id: int
    channel_id: int
    due_at: datetime
    decided_at: datetime
    time_zone: str
    state: str = ""
    reason: str = ""
    reason_details: dict[str, Any] = field(default_factory=dict)
    fell_back_because: str = ""
    route: str = ""
    attempts: int = 0
    parts_done: int = 0
    run_id: int | None = None
    request_started_at: datetime | None = None
    sent_at: datetime | None = None

    @property
    def may_go_on(self) -> bool:
        """Never twice: only what waits, was passed over before anything went, or has surely not left any hands."""
        if self.id is None:
            return True
        match self.state:
            case DeliveryState.WAITING:
                return True
            case DeliveryState.SKIPPED:
                return self.reason == Reason.CONDITION_NOT_MET and not self.parts_done
            case DeliveryState.SENDING:
                return self.request_started_at is None
        return False

    @property
    def is_bound(self) -> bool:
        """It was begun, or may have arrived: it goes on where it is, and nowhere else."""
        return self.sent_at is not None or (bool(self.reason_details) and doubt_in(self.reason_details) is not None)

    def go_to(self, contact: Contact, instead_because: str) -> None:
        """Where it goes now; a message that goes on where it is keeps why."""
        if not self.is_bound:
            self.contact_id, self.channel_id = contact.pk, contact.channel_id
            self.fell_back_because = instead_because

    def send(self, route: str, run_id: int, *, now: datetime) -> None:
        """In this run's hands and about to leave: one attempt is used."""
        self.state, self.run_id, self.route = _SENDING, run_id, route
        self.attempts, self.decided_at, self.request_started_at = self.attempts + 1, now, None
        if kept := self.reason_details:
            kept = {**noted_doubt(doubt_in(kept)), **noted_refusals(refusals_in(kept))}
        self.reason, self.reason_details = "", kept

    def close(self, state: DeliveryState, why: Reason | None, detail: str, *, now: datetime) -> None:
        """Decided for good. What was begun and cannot go on counts as sent, with the reason why the rest did not."""
        is_begun = self.sent_at is not None and state != DeliveryState.UNKNOWN
        self.state = (DeliveryState.SENT if is_begun else state).value
        self.reason = why.value if why else ""
        self.reason_details = {"detail": detail[:500]} if detail else {}
        self.decided_at, self.run_id, self.request_started_at = now, None, None


def entry_to_be(row: Subscription, step_id: int, *, decided_at: datetime) -> Entry:
    """For a message that is decided without a look at the clock of its person."""
    people = (row.workspace_id, row.pk, step_id, row.contact_id, row.contact.channel_id)
    return Entry(None, *people, due_at=row.next_send_at or decided_at, decided_at=decided_at, time_zone="")


_COLUMNS = tuple(one.name for one in fields(Entry))
_INSERTED = _COLUMNS[1:]
_FIELDS = tuple(name.removesuffix("_id") for name in _INSERTED)
_CHANGING = (
    "contact_id",
    "channel_id",
    "fell_back_because",
    "state",
    "run_id",
    "attempts",
    "parts_done",
    "route",
    "decided_at",
    "request_started_at",
    "reason",
    "reason_details",
    "time_zone",
)


def entries_of(subscription_ids: Iterable[int]) -> dict[tuple[int, int], Entry]:
    """What was begun or decided earlier, by subscription and step."""
    rows = dialect().rows_of(Delivery, _COLUMNS, subscription_ids, key="subscription_id")
    found = [Entry(*row) for row in rows]
    return {(entry.subscription_id, entry.step_id): entry for entry in found}


def store_entries(entries: Iterable[Entry]) -> None:
    """Insert the rows to be, which have their id afterwards, and write what changes of the others."""
    listed = list(entries)
    fresh = [entry for entry in listed if entry.id is None]
    known = [entry for entry in listed if entry.id is not None]
    numbers = dialect().insert_rows(Delivery, _FIELDS, list(map(attrgetter(*_INSERTED), fresh)))
    for entry, number in zip(fresh, numbers, strict=True):
        entry.id = number
    changing = [name.removesuffix("_id") for name in _CHANGING]
    dialect().update_rows(Delivery, changing, list(map(attrgetter("id", *_CHANGING), known)))
