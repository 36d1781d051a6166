"""Pause, resume and archive a sequence, with what that means for the people inside."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F

from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.refusals import Conflict
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.locking import take_sequence
from sequences.actions.recompute import AT_THIS_MOMENT, start_recompute
from sequences.models import Sequence, SequenceState, Subscription

ALLOWED = {
    SequenceState.DRAFT: {SequenceState.ACTIVE, SequenceState.ARCHIVED},
    SequenceState.ACTIVE: {SequenceState.PAUSED, SequenceState.ARCHIVED},
    SequenceState.PAUSED: {SequenceState.ACTIVE, SequenceState.ARCHIVED},
    SequenceState.ARCHIVED: set(),
}


@in_one_transaction
def set_state(
    sequence: Sequence, state: SequenceState, *, now: datetime, actor: Actor, spread: timedelta = AT_THIS_MOMENT
) -> Sequence:
    """Bring a sequence into `state`; doing so twice is doing it once. Raises Conflict("invalid_transition").

    `spread`: over how long the messages leave that are overdue when it goes on.
    """
    taken = take_sequence(sequence.pk)
    before = SequenceState(taken.state)
    if before == state:
        return taken
    if state not in ALLOWED[before]:
        raise Conflict("invalid_transition")
    taken.state, taken.updated_at = state, now
    match state:
        case SequenceState.PAUSED:
            _stand_still(taken, now)
        case SequenceState.ACTIVE if before == SequenceState.PAUSED:
            _go_on(taken, now, spread)
        case SequenceState.ARCHIVED:
            taken.save(update_fields=["state"])
            start_recompute(taken, now=now)
    taken.save(update_fields=["state", "updated_at", "paused_at"])
    record_audit(state.value, taken, actor=actor, now=now, changes={"state": [before.value, state.value]})
    return taken


def pause_sequence(sequence: Sequence, *, now: datetime, actor: Actor) -> Sequence:
    return set_state(sequence, SequenceState.PAUSED, now=now, actor=actor)


def resume_sequence(sequence: Sequence, *, now: datetime, actor: Actor) -> Sequence:
    return set_state(sequence, SequenceState.ACTIVE, now=now, actor=actor)


def archive_sequence(sequence: Sequence, *, now: datetime, actor: Actor) -> Sequence:
    return set_state(sequence, SequenceState.ARCHIVED, now=now, actor=actor)


def _stand_still(sequence: Sequence, now: datetime) -> None:
    sequence.paused_at = now
    sequence.save(update_fields=["state", "paused_at"])
    start_recompute(sequence, now=now)


def _go_on(sequence: Sequence, now: datetime, spread: timedelta) -> None:
    """Countdowns stood still: their start moves by the part of the pause that they were in.

    So does whatever else a message waits for, such as its turn when many of them were spread over some hours.
    """
    paused_at = sequence.paused_at or now
    people = Subscription.objects.active().filter(sequence=sequence)
    started_before = people.filter(countdown_started_at__lte=paused_at)
    started_meanwhile = people.filter(countdown_started_at__gt=paused_at)
    started_meanwhile.update(countdown_started_at=now)
    started_before.update(countdown_started_at=F("countdown_started_at") + (now - paused_at))
    waits_for_its_turn = people.filter(not_before_at__gt=paused_at)
    waits_for_its_turn.update(not_before_at=F("not_before_at") + (now - paused_at))
    sequence.paused_at = None
    sequence.save(update_fields=["state", "paused_at"])
    start_recompute(sequence, now=now, spread=spread)
