"""End subscriptions: by hand, by the API, by what a person does."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Rows
from dataclasses import dataclass
from datetime import datetime

from channels.models import Contact
from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import SYSTEM, Actor, ActorKind
from sequencer.workspaces.transactions import in_one_transaction
from sequences.models import Delivery, DeliveryState, Sequence, Subscription, SubscriptionState
from sequences.models.subscription import SubscriptionQuerySet
from sequences.rules.reasons import EndedBecause, Reason

PEOPLE = (ActorKind.USER, ActorKind.API_KEY)
_GONE = (EndedBecause.OPTED_OUT, EndedBecause.BLOCKED, EndedBecause.CONTACT_GONE)
_REASONS = dict.fromkeys(_GONE, Reason.CONTACT_GONE)


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    contact: Contact
    stopped: bool
    subscription: Subscription | None = None


@in_one_transaction
def unsubscribe(sequence: Sequence, contacts: Rows[Contact], *, now: datetime, actor: Actor) -> list[Unsubscribed]:
    """Stop the sequence for each contact that is in it; answers in the order given."""
    wanted = [contact.pk for contact in contacts]
    active = {
        row.contact_id: row.pk for row in Subscription.objects.active().filter(sequence=sequence, contact__in=wanted)
    }
    stop_subscriptions(active.values(), because=EndedBecause.UNSUBSCRIBED, now=now, actor=actor)
    ended = Subscription.objects.in_bulk(list(active.values()))
    return [Unsubscribed(contact, contact.pk in active, ended.get(active.get(contact.pk, 0))) for contact in contacts]


@in_one_transaction
def stop_subscriptions(ids: Iterable[int], *, because: EndedBecause, now: datetime, actor: Actor = SYSTEM) -> int:
    """End those that are still active; how many were. What is on its way is still recorded, nothing more leaves."""
    active = Subscription.objects.active().filter(pk__in=list(ids))
    _lock_waiting_deliveries(active)
    locked = list(active.select_for_update(no_key=True).order_by("pk"))
    end_rows(Subscription.objects.filter(pk__in=[row.pk for row in locked]), because=because, now=now)
    close_waiting_deliveries([row.pk for row in locked], now=now, why=_REASONS.get(because, Reason.CONDITION_NOT_MET))
    if actor.kind in PEOPLE:
        for row in locked[:100]:
            record_audit("stopped", row, actor=actor, now=now, changes={"ended_because": [None, because.value]})
    return len(locked)


def end_rows(rows: SubscriptionQuerySet, *, because: EndedBecause, now: datetime) -> None:
    """Stop active rows. One in a worker's hands stays among the due until that worker, or a rescuer, lets go of it."""
    active = rows.active()
    ended = {"state": SubscriptionState.STOPPED, "ended_because": because, "ended_at": now, "next_step": None}
    free = {"next_send_at": None, "next_because": "", "not_before_at": None}
    active.filter(run__isnull=False).update(**ended)
    active.filter(run=None).update(**ended, **free)


def _lock_waiting_deliveries(subscriptions: SubscriptionQuerySet) -> None:
    """Deliveries before subscriptions, as everywhere: see locking.py."""
    waiting = Delivery.objects.filter(subscription__in=subscriptions, state=DeliveryState.WAITING)
    list(waiting.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def close_waiting_deliveries(
    subscriptions: Iterable[int] | SubscriptionQuerySet, *, now: datetime, why: Reason = Reason.CONDITION_NOT_MET
) -> None:
    """What was begun counts as sent, what waited for another attempt as skipped: no row waits for an ended one."""
    waiting = Delivery.objects.filter(subscription__in=subscriptions, state=DeliveryState.WAITING)
    waiting.filter(sent_at__isnull=False).update(state=DeliveryState.SENT, run=None)
    waiting.filter(sent_at=None).update(state=DeliveryState.SKIPPED, reason=why, decided_at=now, run=None)
