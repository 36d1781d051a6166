"""From a stored subscription to its plan: the bridge between rows and rules/plan.py."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from channels.models import Contact
from sequences.models import Subscription, SubscriptionState
from sequences.rules.plan import Plan, Progress, plan_next
from sequences.rules.reasons import Because, EndedBecause
from sequences.rules.spread import Spread
from sequences.rules.steps import StepSettings, next_step
from sequences.rules.zones import Zone, pick_zone

PLANNED_COLUMNS = ("next_step", "next_send_at", "next_because", "state", "ended_because", "ended_at")


def zone_of(contact: Contact, workspace_zone: str) -> Zone:
    return pick_zone(contact.time_zone, contact.utc_offset_minutes, workspace_zone)


def progress_of(subscription: Subscription, *, has_begun: bool = False) -> Progress:
    return Progress(
        countdown_started_at=subscription.countdown_started_at,
        last_step_id=subscription.last_step_id,
        done=subscription.done_steps,
        not_before_at=subscription.not_before_at,
        has_begun=has_begun,
    )


def is_still_next(subscription: Subscription, steps: Sequence[StepSettings]) -> bool:
    """Whether the step it waited for comes next by the settings of now: a retry or a pause belongs to its step."""
    step = next_step(steps, subscription.last_step_id, subscription.done_steps)
    return step is not None and step.id == subscription.next_step_id


def planned_values(plan: Plan | None, *, now: datetime) -> tuple[Any, ...]:
    """The values of PLANNED_COLUMNS; without a plan the subscription is complete."""
    if plan is None:
        return (None, None, "", SubscriptionState.COMPLETED.value, EndedBecause.COMPLETED.value, now)
    return (plan.step.id, plan.next_send_at, plan.because.value, SubscriptionState.ACTIVE.value, "", None)


def plan_for(
    subscription: Subscription,
    steps: Sequence[StepSettings],
    workspace_zone: str,
    *,
    is_paused: bool,
    has_begun: bool = False,
) -> Plan | None:
    """The plan of a stored subscription (its contact loaded) by the settings as they are now."""
    zone = zone_of(subscription.contact, workspace_zone).tz
    plan = plan_next(steps, progress_of(subscription, has_begun=has_begun), zone, is_paused=is_paused)
    if plan and plan.because == Because.COUNTDOWN and subscription.next_because in _KEPT and subscription.not_before_at:
        return Plan(plan.step, plan.next_send_at, Because(subscription.next_because))
    return plan


def replan(
    row: Subscription,
    steps: Sequence[StepSettings],
    workspace_zone: str,
    *,
    is_paused: bool,
    begun: Collection[tuple[int, int | None]],
    spread: Spread | None = None,
) -> Plan | None:
    """The plan of a row whose sequence was edited; its own marks move with it, the rest of the row stays as it was.

    `begun` holds (subscription, step) of the sub-flows of which a part was accepted.
    """
    is_same_step = is_still_next(row, steps)
    row.not_before_at = row.not_before_at if is_same_step else None
    has_begun = is_same_step and (row.pk, row.next_step_id) in begun
    plan = plan_for(row, steps, workspace_zone, is_paused=is_paused, has_begun=has_begun)
    waits_for_reply = is_same_step and row.next_because == Because.REPLY_WINDOW_CLOSED
    if spread is None or plan is None or has_begun or waits_for_reply:
        return plan
    if not spread.is_overdue(row.next_send_at, plan.next_send_at):
        return plan
    row.not_before_at, row.next_because = spread.moment(row.pk), Because.COUNTDOWN.value
    plan = plan_for(row, steps, workspace_zone, is_paused=is_paused)
    if plan and plan.next_send_at and plan.next_send_at > row.not_before_at:
        # All whose moment falls outside the send window would go in the instant in which it opens.
        row.not_before_at = spread.inside(row.pk, plan.next_send_at, plan.step.schedule.open_for)
        return plan_for(row, steps, workspace_zone, is_paused=is_paused)
    return plan


def stand_still_until(countdown_started_at: datetime, paused_at: datetime, now: datetime) -> datetime:
    """Where a countdown starts once the sequence goes on at `now`: the time of the pause does not count."""
    return now if countdown_started_at > paused_at else countdown_started_at + (now - paused_at)


def shifted_by_pause(not_before_at: datetime | None, paused_at: datetime, now: datetime) -> datetime | None:
    """The same for a moment that lay ahead when the sequence was paused, such as a spread gave."""
    lay_ahead = not_before_at is not None and not_before_at > paused_at
    return not_before_at + (now - paused_at) if not_before_at and lay_ahead else not_before_at


# While a retry or a busy contact moves the moment, that is the answer to "why then?".
_KEPT = (Because.RETRY.value, Because.CONTACT_BUSY.value)
