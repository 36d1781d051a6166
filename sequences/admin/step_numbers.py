"""How many people each message of a sequence has before it and behind it, without counting anybody twice a page."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Sum

from sequences.models import DeliveryState, Sequence, Subscription, SubscriptionState, Tally

MOST_COUNTED = 10_000
ARRIVED = (DeliveryState.DELIVERED, DeliveryState.READ)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of one message. `waiting` is a share in percent where there are more people than anybody counts (`is_share`)."""

    waiting: int = 0
    is_share: bool = False
    sent: int = 0
    delivered: int = 0
    read: int = 0
    skipped: int = 0
    failed: int = 0
    unknown: int = 0

    @property
    def delivered_share(self) -> int:
        return round(100 * self.delivered / self.sent) if self.sent else 0

    @property
    def read_share(self) -> int:
        return round(100 * self.read / self.sent) if self.sent else 0


@dataclass(frozen=True, slots=True)
class People:
    """How many are inside and went through, up to MOST_COUNTED; one more means: more than that."""

    inside: int
    completed: int
    most: int = MOST_COUNTED


def people_of(sequence: Sequence) -> People:
    def counted(state: str) -> int:
        rows = Subscription.objects.filter(sequence=sequence, state=state).order_by("id")
        return int(rows[: MOST_COUNTED + 1].count())

    return People(counted(SubscriptionState.ACTIVE), counted(SubscriptionState.COMPLETED))


def numbers_of(sequence: Sequence) -> dict[int, Numbers]:
    """By the id of the message, for all of them in two queries that grow with neither people nor deliveries."""
    waiting = _waiting(sequence)
    inside = sum(waiting.values())
    tallied: dict[int, Counter[str]] = defaultdict(Counter)
    rows = Tally.objects.filter(step__sequence=sequence).order_by().values("step_id", "state")
    for row in rows.annotate(total=Sum("number")):
        tallied[row["step_id"]][row["state"]] = row["total"]
    is_share = inside > MOST_COUNTED
    return {
        step: numbers_by_state(
            tallied[step], round(100 * waiting[step] / inside) if is_share else waiting[step], is_share
        )
        for step in {*waiting, *tallied}
    }


def _waiting(sequence: Sequence) -> Counter[int]:
    """How many of the first MOST_COUNTED people inside wait for each message."""
    rows = Subscription.objects.active().filter(sequence=sequence).order_by("id")
    steps = rows.values_list("next_step", flat=True)[: MOST_COUNTED + 1]
    # Counted here: the database would look each of them up once more to group them.
    return Counter(step for step in steps.iterator() if step is not None)


def numbers_by_state(states: Counter[str], waiting: int = 0, is_share: bool = False) -> Numbers:
    return Numbers(
        waiting=waiting,
        is_share=is_share,
        sent=states[DeliveryState.SENT] + sum(states[state] for state in ARRIVED),
        delivered=sum(states[state] for state in ARRIVED),
        read=states[DeliveryState.READ],
        skipped=states[DeliveryState.SKIPPED],
        failed=states[DeliveryState.FAILED],
        unknown=states[DeliveryState.UNKNOWN],
    )
