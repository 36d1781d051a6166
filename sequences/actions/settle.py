"""Write down what became of subscriptions: closed outcomes in, two statements out.

A settlement says what happens to a subscription after its message was decided; `settle` turns a batch of them into the
rows' new values by the settings as they are now, and writes only what is still in this run's hands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from channels.models import Contact
from sequences.actions.planning import PLANNED_COLUMNS, is_still_next
from sequences.actions.plans import Books as Books
from sequences.actions.plans import Plans
from sequences.actions.unsubscribe import close_waiting_deliveries
from sequences.models import Run, Subscription, SubscriptionState
from sequences.rules.reasons import Because, EndedBecause
from sequences.sql import dialect


class Advance(NamedTuple):
    """The step is decided at `at`: the next countdown starts. `sent_at` is set when something really went."""

    at: datetime
    step_id: int
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PutBack:
    """Not now: planned anew, not before `not_before`. `has_begun`: parts of the sub-flow went already.

    `deaths`: of runs that had it in hand, so far.
    """

    not_before: datetime | None = None
    because: Because | None = None
    has_begun: bool = False
    sent_at: datetime | None = None
    deaths: int = 0


@dataclass(frozen=True, slots=True)
class WaitForReply:
    """No due moment until the person writes."""


@dataclass(frozen=True, slots=True)
class End:
    because: EndedBecause
    step_id: int | None = None
    sent_at: datetime | None = None


Effect = Advance | PutBack | WaitForReply | End
NOT_NOW = (PutBack, WaitForReply)  # one tuple: making a union at each look costs more than the look

COLUMNS = (
    "run",
    "channel",
    "countdown_started_at",
    "last_step",
    "done_steps",
    "not_before_at",
    "first_sent_at",
    "deaths",
    *PLANNED_COLUMNS,
)
STATE = 1 + COLUMNS.index("state")


def settle(effects: Iterable[tuple[Subscription, Effect]], books: Books, run: Run, *, now: datetime) -> None:
    """Store the effects; rows that another hand has taken or ended meanwhile are left as they are."""
    listed = list(effects)
    replied = _replies(listed, books)
    moved_on = {subscription.pk for subscription, effect in listed if _moves_on(subscription, effect, books)}
    plans = Plans(books, now)
    rows = [
        (row.pk, *_values(row, effect, plans, replied=replied, has_moved_on=row.pk in moved_on))
        for row, effect in listed
    ]
    written = dialect().update_rows(Subscription, COLUMNS, rows, run=run.pk, state=SubscriptionState.ACTIVE.value)
    if len(written) < len(rows):
        let_go([row[0] for row in rows if row[0] not in written], run)
    put_back = {subscription.pk for subscription, effect in listed if isinstance(effect, NOT_NOW)}
    ended = {row[0] for row in rows if row[STATE] != SubscriptionState.ACTIVE}
    if in_vain := put_back & written & (moved_on | ended):
        close_waiting_deliveries(sorted(in_vain), now=now)


def let_go(subscription_ids: Iterable[int], run: Run) -> None:
    """Subscriptions that ended while they were in this run's hands: nothing of them is due any more."""
    ended = Subscription.objects.filter(pk__in=list(subscription_ids), run=run).exclude(state=SubscriptionState.ACTIVE)
    ended.update(run=None, next_send_at=None, next_because="", not_before_at=None)


def _replies(effects: list[tuple[Subscription, Effect]], books: Books) -> dict[int, datetime | None]:
    """When the people whose sequence stops on a reply last replied; read now, for a reply may have crossed the send."""
    wanted = [subscription.contact_id for subscription, _ in effects if books.stops_on_reply(subscription)]
    return dict(Contact.objects.filter(pk__in=wanted).values_list("pk", "last_reply_at")) if wanted else {}


def _moves_on(subscription: Subscription, effect: Effect, books: Books) -> bool:
    """The step it waits for was taken away while it was in our hands."""
    if not isinstance(effect, NOT_NOW):
        return False
    return not is_still_next(subscription, books.steps.get(subscription.sequence_id, []))


def _values(
    subscription: Subscription,
    effect: Effect,
    plans: Plans,
    *,
    replied: Mapping[int, datetime | None],
    has_moved_on: bool,
) -> tuple[Any, ...]:
    _apply(subscription, effect)
    deaths = effect.deaths if isinstance(effect, PutBack) else 0
    if has_moved_on:
        subscription.not_before_at, effect, deaths = None, PutBack(), 0
    ending = _ending(subscription, effect, replied)
    if ending is not None:
        planned: tuple[Any, ...] = (None, None, "", SubscriptionState.STOPPED.value, ending.value, plans.now)
    elif isinstance(effect, WaitForReply) and not plans.books.is_paused(subscription):
        planned = (subscription.next_step_id, None, Because.REPLY_WINDOW_CLOSED.value, "active", "", None)
    else:
        has_begun, because = (effect.has_begun, effect.because) if isinstance(effect, PutBack) else (False, None)
        planned = plans.after(subscription, has_begun=has_begun, because=because)
    return (
        None,
        subscription.channel_id,
        subscription.countdown_started_at,
        subscription.last_step_id,
        subscription.done_steps,
        subscription.not_before_at,
        subscription.first_sent_at,
        deaths,
        *planned,
    )


def _apply(subscription: Subscription, effect: Effect) -> None:
    """Move the subscription's own marks; its plan is made from them. Only what is put back stays in another's line."""
    if not isinstance(effect, PutBack):
        subscription.channel_id = subscription.contact.channel_id
    sent_at = getattr(effect, "sent_at", None)
    if sent_at is not None and subscription.first_sent_at is None:
        subscription.first_sent_at = sent_at
    match effect:
        case Advance():
            subscription.countdown_started_at = effect.at
            subscription.not_before_at = None
            _done(subscription, effect.step_id)
        case PutBack():
            subscription.not_before_at = effect.not_before
        case End(step_id=step_id) if step_id is not None:
            _done(subscription, step_id)


def _done(subscription: Subscription, step_id: int) -> None:
    subscription.last_step_id = step_id
    if step_id not in subscription.done_steps:
        subscription.done_steps = [*subscription.done_steps, step_id]


def _ending(subscription: Subscription, effect: Effect, replied: Mapping[int, datetime | None]) -> EndedBecause | None:
    if isinstance(effect, End):
        return effect.because
    if not replied:
        return None
    reply_at = replied.get(subscription.contact_id)
    if reply_at == subscription.contact.last_reply_at:
        return None
    if reply_at and subscription.first_sent_at and reply_at >= subscription.first_sent_at:
        return EndedBecause.REPLIED
    return None
