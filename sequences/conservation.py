"""Whether every message that was planned is accounted for: sent, skipped, failed, unknown, or waiting for something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Exists, F, Func, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from sequences.models import Delivery, DeliveryState, Run, Subscription, SubscriptionState
from sequences.rules.reasons import Because

# What is in a worker's hands, or was a moment ago, is still being written down.
SETTLED_FOR = timedelta(minutes=2)
OPEN = (DeliveryState.SENDING, DeliveryState.WAITING)
NAMED_WAITS = (Because.REPLY_WINDOW_CLOSED, Because.SEQUENCE_PAUSED)


@dataclass(frozen=True, slots=True)
class Gap:
    """A subscription of which something is not accounted for; `what` says in one sentence what is missing."""

    subscription: str
    what: str


def gaps(*, now: datetime) -> Iterator[Gap]:
    """Every gap there is. Reads all subscriptions: for a command, not for a page."""
    for what, rows in _suspects(now):
        for row in rows.order_by("pk").only("pk").iterator():
            yield Gap(row.public_id, what)


def _suspects(now: datetime) -> list[tuple[str, QuerySet[Subscription]]]:
    free = Subscription.objects.filter(run=None)
    active, over = free.filter(state=SubscriptionState.ACTIVE), free.exclude(state=SubscriptionState.ACTIVE)
    here = Run.objects.filter(pk=OuterRef("run")).exclude(rescued_at__lt=now - SETTLED_FOR)
    dangling = Delivery.objects.filter(subscription=OuterRef("pk"), state__in=OPEN)
    sending = dangling.filter(state=DeliveryState.SENDING)
    return [
        ("it waits for nothing", active.filter(next_send_at=None).exclude(next_because__in=NAMED_WAITS)),
        ("it is in the hands of a run that is gone", Subscription.objects.exclude(run=None).exclude(Exists(here))),
        ("it ended, and a message of it still waits", over.filter(Exists(dangling))),
        (
            "a message is in nobody's hands and calls itself sending",
            free.filter(Exists(sending)),
        ),
        ("it is past messages of which there is no record", _beyond_its_record(free)),
    ]


def _beyond_its_record(free: QuerySet[Subscription]) -> QuerySet[Subscription]:
    """It remembers more messages as decided than there are deliveries that are.

    There may be more of these: what was begun and then taken out of the sequence is closed, and not counted as done.
    """
    decided = Delivery.objects.filter(subscription=OuterRef("pk")).exclude(state__in=OPEN)
    counted = Subquery(decided.order_by().values("subscription").annotate(n=Count("pk")).values("n"))
    remembered = Func(F("done_steps"), function=_json_length(), output_field=IntegerField())
    return free.annotate(decided=Coalesce(counted, Value(0))).filter(decided__lt=remembered)


def _json_length() -> str:
    return "jsonb_array_length" if connection.vendor == "postgresql" else "json_array_length"
