"""Subscribe people to a sequence."""

from __future__ import annotations

from collections.abc import Sequence as Rows
from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from channels.models import Contact
from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor, ActorKind
from sequencer.workspaces.refusals import Conflict
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.locking import share_sequences
from sequences.actions.planning import PLANNED_COLUMNS, planned_values
from sequences.actions.steps import steps_of
from sequences.models import PastEntry, Sequence, SequenceState, Subscription, SubscriptionState
from sequences.rules.plan import Progress, plan_next
from sequences.rules.zones import pick_zone
from sequences.sql import dialect
from sequences.sql.light import light_rows

OPEN_FOR_PEOPLE = (SequenceState.ACTIVE, SequenceState.PAUSED)
ASKED_OF_A_CONTACT = ("id", "channel_id", "time_zone", "utc_offset_minutes", "opted_out_at", "blocked_at")
# What differs from person to person, then what is the same in one zone.
OWN = ("contact_id", "channel_id")
# As somebody begins; the rest says who, where and what comes next.
UNTOUCHED: dict[str, Any] = {
    "last_step_id": None,
    "done_steps": [],
    "not_before_at": None,
    "run_id": None,
    "first_sent_at": None,
    "deaths": 0,
}


@dataclass(frozen=True, slots=True)
class Subscribed:
    """What became of one contact. `reason` is "", already_active, reentry_not_allowed or contact_unavailable."""

    contact: Contact
    created: bool
    reason: str = ""
    subscription: Subscription | None = None


@in_one_transaction
def subscribe(
    sequence: Sequence, contacts: Rows[Contact], *, now: datetime, actor: Actor, is_restart: bool = False
) -> list[Subscribed]:
    """Start the sequence for each contact that may enter it; answers in the order given.

    All contacts are of the sequence's workspace; `is_restart`: a second time is wanted, whatever the sequence says.
    Raises Conflict("sequence_not_active") for a draft or archived one.
    """
    entered = enter(sequence, [contact.pk for contact in contacts], now=now, is_restart=is_restart)
    numbers = {number for _, number in entered if number}
    rows = {row.pk: row for row in light_rows(Subscription, numbers)} if numbers else {}
    answers = [
        Subscribed(contact, created=not why, reason=why, subscription=rows.get(number or 0))
        for contact, (why, number) in zip(contacts, entered, strict=True)
    ]
    _note(sequence, [answer for answer in answers if answer.created], actor=actor, now=now)
    return answers


def enter(
    sequence: Sequence, contact_ids: Rows[int], *, now: datetime, is_restart: bool = False
) -> list[tuple[str, int | None]]:
    """`subscribe` by numbers, a part of the caller's transaction, without a word in the audit log: for each, why not
    ("" when they entered), and the subscription that began, or that is in the way.
    """
    shared = share_sequences([sequence.pk])[sequence.pk]
    if shared.state not in OPEN_FOR_PEOPLE:
        raise Conflict("sequence_not_active")
    people = _locked(contact_ids)
    before = _latest_subscriptions(shared, contact_ids)
    may_enter_again, plans = shared.reentry or is_restart, _Plans(shared, now)
    long_ago = set[int]() if may_enter_again else _entered_long_ago(shared, people.keys() - before.keys())
    fresh: dict[int, tuple[Any, ...]] = {}
    answers: list[tuple[str, int | None]] = []
    for number in contact_ids:
        _, channel_id, time_zone, offset, opted_out_at, blocked_at = people[number]
        state, earlier = before.get(number, ("", None))
        if opted_out_at or blocked_at:
            answers.append(("contact_unavailable", None))
        elif state == SubscriptionState.ACTIVE or number in fresh:
            answers.append(("already_active", earlier))
        elif not may_enter_again and (earlier or number in long_ago):
            answers.append(("reentry_not_allowed", earlier))
        else:
            fresh[number] = (number, channel_id, *plans.values_in(time_zone, offset))
            answers.append(("", None))
    stored = dict(zip(fresh, dialect().insert_rows(Subscription, plans.columns, list(fresh.values())), strict=True))
    return [(why, stored.get(number, known)) for number, (why, known) in zip(contact_ids, answers, strict=True)]


def _locked(contact_ids: Rows[int]) -> dict[int, tuple[Any, ...]]:
    """Two callers with the same person go one after the other; an opt-out is seen, or waits."""
    return {row[0]: row for row in dialect().lock_rows(Contact, ASKED_OF_A_CONTACT, contact_ids)}


def _latest_subscriptions(sequence: Sequence, contact_ids: Rows[int]) -> dict[int, tuple[str, int]]:
    """The state and number of each contact's subscription to this sequence: the active one, else the last."""
    columns = ("contact_id", "state", "id")
    rows = dialect().rows_of(Subscription, columns, set(contact_ids), key="contact_id", sequence_id=sequence.pk)
    rows.sort(key=lambda row: (row[1] == SubscriptionState.ACTIVE, row[2]))
    return {contact: (state, number) for contact, state, number in rows}


def _entered_long_ago(sequence: Sequence, contact_ids: Set[int]) -> set[int]:
    """Those whose subscription was dropped. Asked after the subscriptions: what is dropped meanwhile is found here."""
    rows = dialect().rows_of(PastEntry, ("contact_id",), contact_ids, key="contact_id", sequence=sequence.pk)
    return {number for (number,) in rows}


class _Plans:
    """What is the same for all who begin at one moment in one zone, as values for `columns` behind OWN."""

    def __init__(self, sequence: Sequence, now: datetime) -> None:
        self._sequence, self._now = sequence, now
        self._steps = steps_of([sequence.pk])[sequence.pk]
        self._by_zone: dict[tzinfo, tuple[Any, ...]] = {}
        self._same_for_all = {
            "workspace_id": sequence.workspace_id,
            "sequence_id": sequence.pk,
            "subscribed_at": now,
            "countdown_started_at": now,
            **UNTOUCHED,
        }
        self.columns = (*OWN, *self._same_for_all, *PLANNED_COLUMNS)

    def values_in(self, time_zone: str, offset: int | None) -> tuple[Any, ...]:
        zone = pick_zone(time_zone, offset, self._sequence.workspace.time_zone).tz
        if zone not in self._by_zone:
            is_paused = self._sequence.state == SequenceState.PAUSED
            plan = plan_next(self._steps, Progress(countdown_started_at=self._now), zone, is_paused=is_paused)
            self._by_zone[zone] = (*self._same_for_all.values(), *planned_values(plan, now=self._now))
        return self._by_zone[zone]


def _note(sequence: Sequence, entered: list[Subscribed], *, actor: Actor, now: datetime) -> None:
    """In the audit log: one person by name, many by their number."""
    if actor.kind in (ActorKind.USER, ActorKind.API_KEY) and len(entered) == 1:
        row = entered[0].subscription
        into = {"contact": [None, str(entered[0].contact)], "sequence": [None, str(sequence)]}
        if row is not None:
            record_audit("subscribed", row, actor=actor, now=now, changes=into)
    elif entered and actor.kind == ActorKind.USER:
        record_audit("subscribed", sequence, actor=actor, now=now, changes={"people": [None, len(entered)]})
