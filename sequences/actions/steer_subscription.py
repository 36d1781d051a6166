"""Take somebody's next message out of its turn: move them to another step, or let it wait longer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.moments import check_moment
from sequencer.workspaces.refusals import Conflict, Refused
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.locking import share_sequences
from sequences.actions.planning import PLANNED_COLUMNS, plan_for, planned_values
from sequences.actions.recompute import begun_among
from sequences.actions.steps import steps_of
from sequences.actions.unsubscribe import close_waiting_deliveries
from sequences.models import Delivery, DeliveryState, Sequence, SequenceState, Subscription, SubscriptionState
from sequences.rules.problems import Problem
from sequences.rules.steps import StepSettings
from sequences.sql import dialect

OWN = ("last_step", "done_steps", "countdown_started_at", "not_before_at")
LONGEST = timedelta(days=3650)


@in_one_transaction
def move_to_step(subscription: Subscription, step_id: int, *, now: datetime, actor: Actor) -> Subscription:
    """Their next message is this one; its countdown begins now. What lies between is passed over, and nothing that was
    sent is sent again. Raises Refused; Conflict when they have left, or while a worker has their message in hand.
    """
    sequence, row = _taken(subscription)
    steps = steps_of([sequence.pk])[sequence.pk]
    place = next((place for place, step in enumerate(steps) if step.id == step_id), None)
    if place is None or (why := _why_not(steps[place], row)):
        raise Refused([Problem("step", "not_found" if place is None else why)])
    before = row.next_step
    if (row.pk, row.next_step_id) in begun_among([row]):
        row.done_steps = [*row.done_steps, row.next_step_id]
    row.last_step_id = steps[place - 1].id if place else None
    row.countdown_started_at, row.not_before_at = now, None
    close_waiting_deliveries([row.pk], now=now)
    _store(row, sequence, steps, now=now)
    stored = Subscription.objects.get(pk=row.pk)
    titles = [str(one) if one else None for one in (before, stored.next_step)]
    record_audit("moved", stored, actor=actor, now=now, changes={"next_step": titles})
    return stored


@in_one_transaction
def postpone(
    subscription: Subscription,
    *,
    now: datetime,
    actor: Actor,
    until: datetime | None = None,
    by: timedelta | None = None,
) -> Subscription:
    """Their next message waits until this moment, or by so much longer, and then for its send window.

    A moment before it is due changes nothing: no message gets early by it. Raises Refused, and Conflict as
    `move_to_step`, or when no moment is planned.
    """
    sequence, row = _taken(subscription)
    if row.next_send_at is None:
        raise Conflict("nothing_planned")
    wanted = until if by is None else max(row.next_send_at, now) + by
    if problems := _problems(wanted, now):
        raise Refused(problems)
    before, row.not_before_at = row.next_send_at, wanted
    has_begun = (row.pk, row.next_step_id) in begun_among([row])
    _store(row, sequence, steps_of([sequence.pk])[sequence.pk], now=now, has_begun=has_begun)
    stored = Subscription.objects.get(pk=row.pk)
    moments = [str(one) if one else None for one in (before, stored.next_send_at)]
    record_audit("postponed", stored, actor=actor, now=now, changes={"next_send_at": moments})
    return stored


def _problems(until: datetime | None, now: datetime) -> list[Any]:
    if until is None:
        return [Problem("until", "required")]
    if until <= now:
        return [Problem("until", "in_the_past")]
    return list(check_moment("until", until))


def _taken(subscription: Subscription) -> tuple[Sequence, Subscription]:
    """The row and its sequence as they are now, locked in the one order."""
    sequence = share_sequences([subscription.sequence_id])[subscription.sequence_id]
    waiting = Delivery.objects.filter(subscription=subscription.pk, state=DeliveryState.WAITING)
    list(waiting.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    rows = Subscription.objects.select_for_update(no_key=True, of=("self",)).select_related("contact")
    row: Subscription = rows.get(pk=subscription.pk)
    if row.state != SubscriptionState.ACTIVE:
        raise Conflict("subscription_ended")
    if row.run_id is not None:
        raise Conflict("being_sent")
    return sequence, row


def _why_not(step: StepSettings, row: Subscription) -> str:
    if step.id in row.done_steps:
        return "already_done"
    return "" if step.is_open else "step_is_off"


def _store(
    row: Subscription, sequence: Sequence, steps: list[StepSettings], *, now: datetime, has_begun: bool = False
) -> None:
    is_paused = sequence.state == SequenceState.PAUSED
    plan = plan_for(row, steps, sequence.workspace.time_zone, is_paused=is_paused, has_begun=has_begun)
    own = (row.last_step_id, row.done_steps, row.countdown_started_at, row.not_before_at)
    values = (row.pk, *own, *planned_values(plan, now=now))
    dialect().update_rows(Subscription, (*OWN, *PLANNED_COLUMNS), [values], run=None)
