"""What became of each message of a sequence, counted no further than anybody reads."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q

from sequences.models import Delivery, DeliveryState, Sequence, Step, Subscription

MOST_COUNTED = 10_000
RECENT = timedelta(days=30)
ARRIVED = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ)


@dataclass(slots=True)
class Tally:
    """How many of the latest deliveries of a message came to which state; a read one was delivered and sent."""

    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.states.total()

    @property
    def sent(self) -> int:
        return sum(self.states[state] for state in ARRIVED)

    @property
    def delivered(self) -> int:
        return self.states[DeliveryState.DELIVERED] + self.states[DeliveryState.READ]

    @property
    def read(self) -> int:
        return self.states[DeliveryState.READ]

    def add(self, state: str, reason: str, count: int) -> None:
        self.states[state] += count
        if reason and state in (DeliveryState.SKIPPED, DeliveryState.FAILED):
            self.reasons[state, reason] += count


@dataclass(frozen=True, slots=True)
class MessageNumbers:
    """`ever` is capped at MOST_COUNTED, the latest ones; `recent` are those of them of the last 30 days."""

    step: Step
    waiting: int
    ever: Tally
    recent: Tally

    @property
    def is_capped(self) -> bool:
        return self.ever.total >= MOST_COUNTED

    def has_receipts(self) -> bool:
        return self.ever.delivered > 0


def numbers_of(sequence: Sequence, *, now: datetime) -> list[MessageNumbers]:
    """One bounded query a message along its own index, and one for those who wait."""
    steps = Step.objects.filter(sequence=sequence).in_use().in_order().select_related("sub_flow")
    waiting = waiting_at(sequence)
    return [_numbers(step, waiting[step.pk], now - RECENT) for step in steps]


def waiting_at(sequence: Sequence) -> Counter[int]:
    """How many wait at which message, of the first MOST_COUNTED people inside."""
    inside = Subscription.objects.active().filter(sequence=sequence).order_by("id").values("pk")[:MOST_COUNTED]
    rows = Subscription.objects.filter(pk__in=inside).order_by().values_list("next_step").annotate(n=Count("pk"))
    return Counter({step: number for step, number in rows if step is not None})


def _numbers(step: Step, waiting: int, since: datetime) -> MessageNumbers:
    latest = Delivery.objects.filter(step=step).order_by("-id").values("pk")[:MOST_COUNTED]
    counted: Any = Delivery.objects.filter(pk__in=latest).order_by().values_list("state", "reason")
    ever, recent = Tally(), Tally()
    for state, reason, all_of_them, new in counted.annotate(
        n=Count("pk"), new=Count("pk", filter=Q(decided_at__gte=since))
    ):
        ever.add(state, reason, all_of_them)
        recent.add(state, reason, new)
    return MessageNumbers(step, waiting, ever, recent)
