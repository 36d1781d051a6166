"""Take over what a dead run left behind: what had not left goes out again, what may have left is never doubled."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from channels.backends import backend_for
from channels.models import Channel
from sequencer.faults import Edge
from sequencer.workspaces.transactions import committed_as
from sequences.actions.doubt import doubt_in, noted_doubt
from sequences.actions.ledger import Entry, entries_of, entry_to_be, store_entries
from sequences.actions.locking import share_sequences
from sequences.actions.refusals import noted_refusals, refusals_in
from sequences.actions.runs import declare_dead
from sequences.actions.settle import Advance, Books, Effect, PutBack, settle
from sequences.actions.steps import steps_of
from sequences.actions.telling import tell_decisions, tell_ends
from sequences.actions.unsubscribe import close_waiting_deliveries
from sequences.models import Delivery, DeliveryState, Run, Subscription, SubscriptionState
from sequences.models.subscription import SET_ASIDE_AFTER, SubscriptionQuerySet
from sequences.rules.reasons import Reason
from sequences.rules.steps import next_step
from sequences.sql import dialect

log = logging.getLogger(__name__)

BATCH = 500
# How runs end that may have died of what they had in hand.
DEATHS = ("dead", "failed")
RESCUED = Edge("rescued")
COLUMNS = ("state", "reason", "reason_details", "attempts", "run", "decided_at", "request_started_at")


def rescue_dead_runs(*, now: datetime, may_judge: bool = True) -> int:
    """Declare silent runs dead and clear up after every run that ended; how many subscriptions were given back.

    `may_judge`: whether we have looked on for long enough to call somebody silent (see Sight).
    """
    for silent in Run.objects.dead(now) if may_judge else ():
        declare_dead(silent, now=now)
    rescued = 0
    for run in Run.objects.filter(rescued_at=None, ended_at__isnull=False).order_by("pk"):
        rescued += rescue(run, now=now)
    return rescued


def rescue(run: Run, *, now: datetime) -> int:
    """Clear up after one ended run, batch by batch; whoever else does the same finds nothing left to do."""
    is_death = Run.objects.filter(pk=run.pk, ended_because__in=DEATHS).exists()
    rescued = _clear_up(Subscription.objects.held_by(run, now), run, is_death=is_death, now=now)
    with RESCUED.crossed():
        Run.objects.filter(pk=run.pk, rescued_at=None).update(rescued_at=now)
    return rescued


def give_back_forgotten(run: Run, *, now: datetime) -> int:
    """What a run that stops claiming holds, and has nothing of on its way; how many subscriptions were given back.

    It may not know of them: a commit whose answer was lost with the connection has claimed them all the same.
    """
    leaving = Delivery.objects.filter(
        subscription=OuterRef("pk"), run=run, state=DeliveryState.SENDING, request_started_at__isnull=False
    )
    return _clear_up(Subscription.objects.held_by(run, now).exclude(Exists(leaving)), run, now=now)


def _clear_up(held: SubscriptionQuerySet, run: Run, *, is_death: bool = False, now: datetime) -> int:
    rescued = 0
    channels = Channel.objects.filter(Exists(held.filter(channel=OuterRef("pk"))))
    for channel_id in list(channels.order_by("pk").values_list("pk", flat=True)):
        while batch := _rescue_batch(held.filter(channel=channel_id), run, is_death=is_death, now=now):
            rescued += batch
    return rescued


@committed_as("rescue")
def _rescue_batch(held: SubscriptionQuerySet, run: Run, *, is_death: bool, now: datetime) -> int:
    rows = list(held.select_related("contact", "channel").order_by("pk")[:BATCH])
    sequences = share_sequences(row.sequence_id for row in rows)
    books = Books(sequences, steps_of(sequences))
    for row in rows if is_death else ():
        row.deaths += 1
    # Locked: a dying run may be marking them as leaving at this very moment; then we see it, or it sees us.
    sending = Delivery.objects.filter(subscription__in=rows, run=run, state=DeliveryState.SENDING)
    left = {delivery.subscription_id: delivery for delivery in sending.order_by("pk").select_for_update(no_key=True)}
    _write_deliveries(rows, left, run, now=now)
    doubtful = (row.channel.kind for row in rows if row.pk in left and _is_doubtful(row, left[row.pk]))
    tell_ends(Counter((kind, DeliveryState.UNKNOWN.value) for kind in doubtful))
    effects = {row.pk: (row, _effect(row, left.get(row.pk), now)) for row in rows}
    killers = [row for row, effect in effects.values() if isinstance(effect, PutBack) and _kills(row)]
    effects |= _set_aside(killers, books, now=now)
    settle(effects.values(), books, run, now=now)
    close_waiting_deliveries([row.pk for row in rows if row.state != SubscriptionState.ACTIVE], now=now)
    return len(rows)


def _effect(row: Subscription, delivery: Delivery | None, now: datetime) -> Effect:
    if delivery is None:
        return PutBack(row.not_before_at, deaths=row.deaths)
    if _is_doubtful(row, delivery):
        return Advance(now, delivery.step_id, sent_at=delivery.sent_at)
    has_begun = delivery.sent_at is not None
    return PutBack(row.not_before_at, has_begun=has_begun, sent_at=delivery.sent_at, deaths=row.deaths)


def _is_doubtful(row: Subscription, delivery: Delivery) -> bool:
    """The request may have left, and no second one may: the provider would not recognize it, or we died of it."""
    may_repeat = backend_for(row.channel.kind).capabilities.is_idempotent and not _kills(row)
    return delivery.request_started_at is not None and not may_repeat


def _kills(row: Subscription) -> bool:
    return row.deaths >= SET_ASIDE_AFTER and row.state == SubscriptionState.ACTIVE


def _set_aside(
    killers: Sequence[Subscription], books: Books, *, now: datetime
) -> dict[int, tuple[Subscription, Effect]]:
    """Runs died with these in hand again and again, before anything left: their message fails, the sequence goes on."""
    known = entries_of(row.pk for row in killers) if killers else {}
    closed, effects = list[Entry](), dict[int, tuple[Subscription, Effect]]()
    for row in killers:
        step = next_step(books.steps.get(row.sequence_id, []), row.last_step_id, row.done_steps)
        if step is None:
            continue
        entry = known.get((row.pk, step.id)) or entry_to_be(row, step.id, decided_at=now)
        if not entry.may_go_on:
            continue
        log.error("a message was set aside: workers died of it", extra={"subscription": row.pk, "step": step.id})
        entry.close(DeliveryState.FAILED, Reason.RENDERING_FAILED, "unforeseen", now=now)
        closed.append(entry)
        effects[row.pk] = (row, Advance(now, step.id, sent_at=entry.sent_at))
    store_entries(closed)
    channels = Channel.objects.filter(pk__in={entry.channel_id for entry in closed}) if closed else ()
    tell_decisions(closed, {channel.pk: channel.kind for channel in channels})
    return effects


def _write_deliveries(rows: list[Subscription], left: dict[int, Delivery], run: Run, *, now: datetime) -> None:
    values = []
    for row in rows:
        one = left.get(row.pk)
        if one is None:
            continue
        if _is_doubtful(row, one):
            unknown: tuple[Any, ...] = (
                DeliveryState.UNKNOWN.value,
                Reason.OUTCOME_UNKNOWN.value,
                {},
                one.attempts,
                None,
                now,
            )
            values.append((one.pk, *unknown, one.request_started_at))
        else:
            used = one.attempts if one.request_started_at else one.attempts - 1
            doubt = noted_doubt(doubt_in(one.reason_details) or one.request_started_at)
            doubt |= noted_refusals(refusals_in(one.reason_details))
            values.append((one.pk, DeliveryState.WAITING.value, "", doubt, max(used, 0), None, one.decided_at, None))
    dialect().update_rows(Delivery, COLUMNS, values, run=run.pk, state=DeliveryState.SENDING.value)
