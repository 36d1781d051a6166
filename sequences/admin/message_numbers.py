"""What became of a message lately and why some did not go, looked at no further than anybody reads."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q

from sequences.admin.step_numbers import Numbers, numbers_by_state
from sequences.models import Delivery, DeliveryState, Step

MOST_COUNTED = 10_000
RECENT = timedelta(days=30)


@dataclass(slots=True)
class Latest:
    """Of the latest MOST_COUNTED deliveries of a message: those of the last 30 days, and by (state, reason) those that
    did not go. `looked_at`: how many there were.
    """

    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    looked_at: int = 0

    @property
    def recent(self) -> Numbers:
        return numbers_by_state(self.states)

    @property
    def is_cut(self) -> bool:
        return self.looked_at >= MOST_COUNTED

    @property
    def is_recent_cut(self) -> bool:
        """Whether the last 30 days began before the first one that was looked at."""
        return self.states.total() >= MOST_COUNTED


def latest_of(step: Step, *, now: datetime) -> Latest:
    """One bounded query along the message's own index."""
    latest = Delivery.objects.filter(step=step).order_by("-id").values("pk")[:MOST_COUNTED]
    counted: Any = Delivery.objects.filter(pk__in=latest).order_by().values_list("state", "reason")
    new = Count("pk", filter=Q(decided_at__gte=now - RECENT))
    found = Latest()
    for state, reason, all_of_them, recent in counted.annotate(n=Count("pk"), new=new):
        found.looked_at += all_of_them
        found.states[state] += recent
        if reason and state in (DeliveryState.SKIPPED, DeliveryState.FAILED):
            found.reasons[state, reason] += all_of_them
    return found
