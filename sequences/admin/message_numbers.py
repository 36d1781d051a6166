"""Why messages did not go lately, looked at no further than anybody reads."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sequences.models import Delivery, DeliveryState, Step

MOST_COUNTED = 10_000


@dataclass(slots=True)
class Latest:
    """Of the latest MOST_COUNTED deliveries of a message: by (state, reason) those that did not go. `looked_at`: how
    many there were.
    """

    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    looked_at: int = 0

    @property
    def is_cut(self) -> bool:
        return self.looked_at >= MOST_COUNTED


def latest_of(step: Step) -> Latest:
    """One bounded query along the message's own index."""
    latest = Delivery.objects.filter(step=step).order_by("-id").values_list("state", "reason")[:MOST_COUNTED]
    found = Latest()
    # Counted here: the database would look each of them up once more to group them.
    for (state, reason), number in Counter(latest.iterator()).items():
        found.looked_at += number
        if reason and state in (DeliveryState.SKIPPED, DeliveryState.FAILED):
            found.reasons[state, reason] += number
    return found
