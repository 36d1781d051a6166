"""Carry an edit to the people inside: their due moments become what the rules answer now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from sequencer.workspaces.transactions import committed_as
from sequences.actions.locking import take_sequence
from sequences.actions.planning import PLANNED_COLUMNS, planned_values, replan
from sequences.actions.steps import steps_of
from sequences.actions.unsubscribe import close_waiting_deliveries, end_rows
from sequences.models import Delivery, DeliveryState, Sequence, SequenceState, Subscription, SubscriptionState
from sequences.rules.reasons import EndedBecause
from sequences.sql import dialect

AT_ONCE = 1000
BATCH = 1000
AT_THIS_MOMENT = timedelta()


def start_recompute(sequence: Sequence, *, now: datetime, spread: timedelta = AT_THIS_MOMENT) -> None:
    """Recompute the first people at once, in the edit's own transaction; the dispatcher goes on with the others.

    What becomes overdue by it leaves over the time of `spread`. An edit that says nothing of it leaves to an earlier,
    unfinished one what that one was asked for.
    """
    if spread:
        sequence.spread_from_at, sequence.spread_seconds = now, int(spread.total_seconds())
    sequence.recompute_after = 0
    continue_recompute(sequence, now=now, limit=AT_ONCE)


@committed_as("recompute")
def recompute_next_batch(sequence_id: int, *, now: datetime) -> bool:
    """One batch of an unfinished recompute; whether people remain."""
    sequence = take_sequence(sequence_id)
    if sequence.recompute_after is None:
        return False
    continue_recompute(sequence, now=now, limit=BATCH)
    return sequence.recompute_after is not None


def continue_recompute(sequence: Sequence, *, now: datetime, limit: int) -> None:
    """The next `limit` people behind `sequence.recompute_after`. The caller has taken the sequence."""
    people = Subscription.objects.active().filter(sequence=sequence, id__gt=sequence.recompute_after or 0)
    batch = list(people.select_related("contact").order_by("id")[:limit])
    if sequence.state == SequenceState.ARCHIVED:
        ended = Subscription.objects.filter(pk__in=[row.pk for row in batch])
        close_waiting_deliveries([row.pk for row in batch], now=now)
        end_rows(ended, because=EndedBecause.SEQUENCE_ARCHIVED, now=now)
    else:
        recompute(sequence, batch, now=now)
    sequence.recompute_after = batch[-1].pk if len(batch) == limit else None
    if sequence.recompute_after is None:
        sequence.spread_from_at, sequence.spread_seconds = None, 0
    sequence.save(update_fields=["recompute_after", "spread_from_at", "spread_seconds"])


def recompute(sequence: Sequence, people: Iterable[Subscription], *, now: datetime) -> None:
    """Store each one's plan anew. Of those in a worker's hands, what has not left is recalled: it plans them anew."""
    listed = list(people)
    _recall([row.pk for row in listed if row.run_id is not None])
    people = [row for row in listed if row.run_id is None]
    steps = steps_of([sequence.pk])[sequence.pk]
    begun = begun_among(people)
    is_paused = sequence.state == SequenceState.PAUSED
    rows: list[tuple[Any, ...]] = []
    for row in people:
        plan = replan(
            row, steps, sequence.workspace.time_zone, is_paused=is_paused, begun=begun, spread=sequence.spread
        )
        rows.append((row.pk, row.not_before_at, *planned_values(plan, now=now)))
    columns = ("not_before_at", *PLANNED_COLUMNS)
    updated = dialect().update_rows(Subscription, columns, rows, run=None, state=SubscriptionState.ACTIVE.value)
    _close_passed_over(updated, now=now)


def _recall(subscription_ids: list[int]) -> None:
    """Decided by the settings as they were, and not on its way yet: its worker finds it gone and puts it back."""
    decided = Delivery.objects.filter(
        subscription__in=subscription_ids, state=DeliveryState.SENDING, request_started_at=None
    )
    # Those that are being marked as leaving at this moment leave.
    ids = list(decided.select_for_update(skip_locked=True, no_key=True).order_by("pk").values_list("pk", flat=True))
    Delivery.objects.filter(pk__in=ids).update(state=DeliveryState.WAITING, run=None, attempts=F("attempts") - 1)


def begun_among(people: list[Subscription]) -> set[tuple[int, int | None]]:
    """(subscription, step) of the sub-flows of which a part was accepted and the rest waits."""
    waiting = Delivery.objects.filter(subscription__in=people, state=DeliveryState.WAITING, sent_at__isnull=False)
    return set(waiting.values_list("subscription_id", "step_id"))


def _close_passed_over(subscription_ids: Iterable[int], *, now: datetime) -> None:
    """A delivery that waits for another attempt of a step which is no longer next waits for nothing."""
    waiting = Delivery.objects.filter(subscription__in=list(subscription_ids), state=DeliveryState.WAITING)
    rows = waiting.values_list("subscription_id", "step_id", "subscription__next_step_id")
    passed_over = [subscription for subscription, step, next_step in rows if step != next_step]
    if passed_over:
        close_waiting_deliveries(passed_over, now=now)
