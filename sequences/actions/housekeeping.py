"""What a dispatcher does between waves, every few seconds: nothing here may be the only thing that saves a message."""

from __future__ import annotations

from datetime import datetime
from time import monotonic

from channels.actions.record_events import forget_old_events
from sequences.actions.answer_once import forget_kept_answers
from sequences.actions.carry_out_trial import finish_lost_trials, forget_trials
from sequences.actions.receipts import forget_early_receipts, match_recent
from sequences.actions.recompute import recompute_next_batch
from sequences.actions.record_event import forget_old_contact_events
from sequences.actions.rehearse import forget_rehearsals
from sequences.actions.rescue import rescue_dead_runs
from sequences.models import Sequence
from sequences.sql.tally import fold_tallies

EDITS_MAY_TAKE = 1.0


def keep_house(*, now: datetime, may_judge: bool = True) -> None:
    """Take over what dead runs left, carry unfinished edits on to the next people, and drop what grew old."""
    rescue_dead_runs(now=now, may_judge=may_judge)
    _carry_on_edits(now=now)
    match_recent(now=now)
    forget_early_receipts(now=now)
    forget_old_events(now=now)
    forget_kept_answers(now=now)
    forget_old_contact_events(now=now)
    finish_lost_trials(now=now)
    forget_trials(now=now)
    forget_rehearsals(now=now)
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
