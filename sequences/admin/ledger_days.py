"""Where in the ledger a day begins: moments have no index, but rows are numbered in the order they were written."""

from __future__ import annotations

from datetime import datetime, timedelta

from sequences.models import Delivery

# The newest rows are looked through as they are.
LOOKED_THROUGH = 20_000
# A delivery of several parts may wait for its next one, and is decided anew then.
WAITED_AT_MOST = timedelta(days=7)


def first_since(moment: datetime) -> int:
    """A number below which nothing was decided since `moment`, by halving: some twenty looks, whatever the size."""
    rows = Delivery.objects.order_by("pk").values_list("pk", "decided_at")
    newest = Delivery.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    low, high = 0, newest - LOOKED_THROUGH
    while low < high:
        middle = (low + high) // 2
        found = rows.filter(pk__gte=middle).first()
        if found is None or found[1] >= moment - WAITED_AT_MOST:
            high = middle
        else:
            low = found[0] + 1
    return low
