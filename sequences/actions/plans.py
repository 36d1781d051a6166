"""What comes next for the subscriptions of a batch: each different case is planned once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sequences.actions.planning import PLANNED_COLUMNS, plan_for, planned_values
from sequences.models import Sequence, SequenceState, Subscription
from sequences.rules.reasons import Because
from sequences.rules.steps import StepSettings

# Unless the window or a pause of the sequence is what it really waits for, the effect says why.
_FREE_TO_SAY = (Because.COUNTDOWN, Because.PAUSE_BLOCK)


@dataclass(frozen=True, slots=True)
class Books:
    """The settings that a batch is settled by, read under a lock that keeps edits out."""

    sequences: Mapping[int, Sequence]
    steps: Mapping[int, list[StepSettings]]

    def is_paused(self, subscription: Subscription) -> bool:
        return self.sequences[subscription.sequence_id].state == SequenceState.PAUSED

    def time_zone(self, subscription: Subscription) -> str:
        return self.sequences[subscription.sequence_id].workspace.time_zone

    def stops_on_reply(self, subscription: Subscription) -> bool:
        return self.sequences[subscription.sequence_id].stop_on_reply


class Plans:
    """By the settings in the books; `now` is when a subscription without a further message is complete."""

    def __init__(self, books: Books, now: datetime) -> None:
        self.books, self.now = books, now
        self._known: dict[tuple[object, ...], tuple[Any, ...]] = {}

    def after(self, subscription: Subscription, *, has_begun: bool, because: Because | None) -> tuple[Any, ...]:
        """The values of PLANNED_COLUMNS, by the subscription's own marks; `because`: why it was put back."""
        if has_begun or because or subscription.not_before_at is not None:
            return self._planned(subscription, has_begun, because)
        person = subscription.contact
        case = (
            subscription.sequence_id,
            subscription.last_step_id,
            subscription.countdown_started_at,
            *subscription.done_steps,
            person.time_zone,
            person.utc_offset_minutes,
        )
        if case not in self._known:
            self._known[case] = self._planned(subscription, has_begun, because)
        return self._known[case]

    def _planned(self, subscription: Subscription, has_begun: bool, because: Because | None) -> tuple[Any, ...]:
        is_paused, zone = self.books.is_paused(subscription), self.books.time_zone(subscription)
        steps = self.books.steps.get(subscription.sequence_id, [])
        plan = plan_for(subscription, steps, zone, is_paused=is_paused, has_begun=has_begun)
        values = list(planned_values(plan, now=self.now))
        if because and plan and plan.because in _FREE_TO_SAY:
            values[PLANNED_COLUMNS.index("next_because")] = because.value
        return tuple(values)
