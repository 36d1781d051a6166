"""Drop subscriptions that ended long ago, with their deliveries. That their person was in the sequence stays known."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from sequencer.workspaces.transactions import in_one_transaction
from sequences.models import Delivery, DeliveryState, PastEntry, Subscription

BATCH = 500
OPEN = (DeliveryState.SENDING, DeliveryState.WAITING)


@in_one_transaction
def forget_ended_subscriptions(*, now: datetime, kept_for: timedelta) -> int:
    """Drop a batch of them, the longest ended first; how many.

    A subscription goes with all its deliveries or not at all, so what guards an active one is never touched; and one of
    which something is still open stays for `doctor` to find.
    """
    still_open = Delivery.objects.filter(subscription=OuterRef("pk"), state__in=OPEN)
    ended = Subscription.objects.ended_by(now - kept_for).filter(~Exists(still_open), run=None)
    rows = list(ended.order_by("ended_at")[:BATCH].values_list("pk", "workspace_id", "contact_id", "sequence_id"))
    entries = (PastEntry(workspace_id=place, contact_id=who, sequence_id=what) for _, place, who, what in rows)
    PastEntry.objects.bulk_create(entries, ignore_conflicts=True)
    Subscription.objects.filter(pk__in=[number for number, *_ in rows]).delete()
    return len(rows)
