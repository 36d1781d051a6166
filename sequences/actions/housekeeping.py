"""What a dispatcher does between waves, every few seconds: nothing here may be the only thing that saves a message."""

from __future__ import annotations

from datetime import datetime

from sequences.actions.recompute import recompute_next_batch
from sequences.actions.rescue import rescue_dead_runs
from sequences.models import Sequence


def keep_house(*, now: datetime, may_judge: bool = True) -> None:
    """Take over what dead runs left, and carry unfinished edits on to the next people."""
    rescue_dead_runs(now=now, may_judge=may_judge)
    unfinished = Sequence.objects.filter(recompute_after__isnull=False).order_by("pk")
    for number in unfinished.values_list("pk", flat=True)[:20]:
        recompute_next_batch(number, now=now)
