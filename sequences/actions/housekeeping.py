"""What a dispatcher does between waves, every few seconds: nothing here may be the only thing that saves a message."""

from __future__ import annotations

from datetime import datetime

from channels.actions.record_events import forget_old_events
from sequences.actions.receipts import forget_early_receipts, match_recent
from sequences.actions.recompute import recompute_next_batch
from sequences.actions.rescue import rescue_dead_runs
from sequences.models import Sequence


def keep_house(*, now: datetime, may_judge: bool = True) -> None:
    """Take over what dead runs left, carry unfinished edits on to the next people, and drop what grew old."""
    rescue_dead_runs(now=now, may_judge=may_judge)
    unfinished = Sequence.objects.filter(recompute_after__isnull=False).order_by("pk")
    for number in unfinished.values_list("pk", flat=True)[:20]:
        recompute_next_batch(number, now=now)
    match_recent(now=now)
    forget_early_receipts(now=now)
    forget_old_events(now=now)
