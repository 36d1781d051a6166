"""Subscribe people to a sequence."""

from __future__ import annotations

from collections.abc import Sequence as Rows
from dataclasses import dataclass
from datetime import datetime

from channels.models import Contact
from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor, ActorKind
from sequencer.workspaces.refusals import Conflict
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.locking import share_sequences
from sequences.actions.planning import PLANNED_COLUMNS, planned_values, zone_of
from sequences.actions.steps import steps_of
from sequences.models import Sequence, SequenceState, Subscription
from sequences.rules.plan import Progress, plan_next
from sequences.rules.steps import StepSettings

OPEN_FOR_PEOPLE = (SequenceState.ACTIVE, SequenceState.PAUSED)


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
    shared = share_sequences([sequence.pk])[sequence.pk]
    if shared.state not in OPEN_FOR_PEOPLE:
        raise Conflict("sequence_not_active")
    locked = _lock(contacts)
    before = _latest_subscriptions(shared, locked)
    steps = steps_of([shared.pk])[shared.pk]
    answers: list[Subscribed] = []
    for contact in contacts:
        earlier = before.get(contact.pk)
        refused = _why_not(locked[contact.pk], earlier, may_enter_again=shared.reentry or is_restart)
        if refused is None:
            before[contact.pk] = fresh = _start(shared, locked[contact.pk], steps, now)
            refused = Subscribed(contact, created=True, subscription=fresh)
        answers.append(refused)
    _store([answer.subscription for answer in answers if answer.created and answer.subscription], actor=actor, now=now)
    return answers


def _lock(contacts: Rows[Contact]) -> dict[int, Contact]:
    """Two callers with the same person go one after the other; an opt-out is seen, or waits."""
    wanted = [contact.pk for contact in contacts]
    rows = Contact.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    return {row.pk: row for row in rows}


def _latest_subscriptions(sequence: Sequence, contacts: dict[int, Contact]) -> dict[int, Subscription]:
    """Each contact's subscription to this sequence: the active one, else the last that ended."""
    rows = Subscription.objects.filter(sequence=sequence, contact__in=contacts.keys()).order_by("-ended_at", "id")
    latest: dict[int, Subscription] = {}
    for row in sorted(rows, key=lambda row: (row.state == "active", row.pk)):
        latest[row.contact_id] = row
    return latest


def _why_not(contact: Contact, before: Subscription | None, *, may_enter_again: bool) -> Subscribed | None:
    if not contact.is_available:
        return Subscribed(contact, created=False, reason="contact_unavailable")
    if before is not None and before.state == "active":
        return Subscribed(contact, created=False, reason="already_active", subscription=before)
    if before is not None and not may_enter_again:
        return Subscribed(contact, created=False, reason="reentry_not_allowed", subscription=before)
    return None


def _start(sequence: Sequence, contact: Contact, steps: list[StepSettings], now: datetime) -> Subscription:
    zone = zone_of(contact, sequence.workspace.time_zone).tz
    plan = plan_next(steps, Progress(countdown_started_at=now), zone, is_paused=sequence.state == SequenceState.PAUSED)
    columns = dict(zip(PLANNED_COLUMNS, planned_values(plan, now=now), strict=True))
    columns["next_step_id"] = columns.pop("next_step")
    return Subscription(
        workspace_id=sequence.workspace_id,
        sequence=sequence,
        contact=contact,
        channel_id=contact.channel_id,
        subscribed_at=now,
        countdown_started_at=now,
        **columns,
    )


def _store(fresh: list[Subscription], *, actor: Actor, now: datetime) -> None:
    Subscription.objects.bulk_create(fresh, batch_size=1000)
    if actor.kind in (ActorKind.USER, ActorKind.API_KEY) and len(fresh) == 1:
        into = {"contact": [None, str(fresh[0].contact)], "sequence": [None, str(fresh[0].sequence)]}
        record_audit("subscribed", fresh[0], actor=actor, now=now, changes=into)
    elif fresh and actor.kind == ActorKind.USER:
        record_audit("subscribed", fresh[0].sequence, actor=actor, now=now, changes={"people": [None, len(fresh)]})
