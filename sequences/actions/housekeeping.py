"""What a dispatcher does between waves, every few seconds: nothing here may be the only thing that saves a message."""

from __future__ import annotations

from datetime import datetime
from time import monotonic

from sequences.actions.carry_out_trial import finish_lost_trials
from sequences.actions.fold_tallies import fold_tallies
from sequences.actions.receipts import match_recent
from sequences.actions.recompute import recompute_next_batch
from sequences.actions.rescue import rescue_dead_runs
from sequences.actions.undelivered import match_failures
from sequences.models import Sequence

EDITS_MAY_TAKE = 1.0


def keep_house(*, now: datetime, may_judge: bool = True) -> None:
    """Take over what dead runs left, carry unfinished edits on to the next people, and what else must not wait."""
    rescue_dead_runs(now=now, may_judge=may_judge)
    _carry_on_edits(now=now)
    match_recent(now=now)
    match_failures(now=now)
    finish_lost_trials(now=now)
    fold_tallies()


def _carry_on_edits(*, now: datetime) -> None:
    """Sequences take turns by one batch each, until all is done or the time for it is over."""
    ends_at = monotonic() + EDITS_MAY_TAKE
    unfinished = list(
        Sequence.objects.filter(recompute_after__isnull=False).order_by("pk").values_list("pk", flat=True)
    )
    while unfinished and monotonic() < ends_at:
        number = unfinished.pop(0)
        if recompute_next_batch(number, now=now):
            unfinished.append(number)
