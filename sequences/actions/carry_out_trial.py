"""Carry out a test: decided, filled in and sent as the engine would, now, and written down apart from all that counts.

Nothing is ever sent a second time: a part is committed as leaving before its request does, and what was leaving when
a worker died stays in doubt.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from channels import errors
from channels.actions.rename_contacts import move_contact
from channels.messages import DoorResult, Lost, Outgoing
from channels.transports import Doors
from sequences.actions.claim import charge
from sequences.actions.epoch import hold_after_restore
from sequences.actions.recipients import recipient_of
from sequences.actions.trial_stage import Going, Stage, decide_message, leave_the_rest, stage_of
from sequences.models import Step, Trial, TrialPart, TrialPartState, TrialState
from sequences.rules.reasons import Because, Reason

# A test that nobody took up for so long would come as a surprise.
TOO_LATE_AFTER = timedelta(minutes=5)
# Longer than any test may take: whoever carried it out is gone.
DIED_AFTER = timedelta(minutes=5)
LONGEST = timedelta(seconds=90)
AT_ONCE = 100
FORGOTTEN_AFTER = timedelta(days=30)
HELD = "held_after_restore"
Clock = Callable[[], datetime]

_CAUSES: dict[type[errors.ChannelError], str] = {
    errors.ChannelTrouble: Because.CHANNEL_TROUBLE.value,
    errors.ContactBusy: Because.CONTACT_BUSY.value,
    errors.TemporaryFailure: "test_try_later",
    errors.ContactMoved: "test_try_later",
    errors.OutcomeUnknown: Reason.OUTCOME_UNKNOWN.value,
    errors.WindowClosed: Reason.REPLY_WINDOW_CLOSED.value,
    errors.ContactGone: Reason.CONTACT_GONE.value,
    errors.ContactUnreachable: Reason.CONTACT_UNREACHABLE.value,
    errors.UnsupportedMessage: Reason.UNSUPPORTED.value,
}
# The next message of the test would fare no better.
_HOPELESS = (errors.ChannelTrouble, errors.ChannelMisconfigured, errors.ContactGone, errors.ContactBusy)


def carry_out_trial(trial_id: int, doors: Doors, clock: Clock) -> bool:
    """Send everything that may go; False when somebody else did, or does, or when a restored database is held back.

    `clock` gives the database's moment.
    """
    began_at = clock()
    if hold_after_restore(now=began_at):
        _finish(trial_id, now=began_at, is_held=True)
        return False
    mine = Trial.objects.filter(pk=trial_id, state=TrialState.WAITING, requested_at__gt=began_at - TOO_LATE_AFTER)
    if not mine.update(state=TrialState.RUNNING, touched_at=began_at):
        return False
    trial = Trial.objects.get(pk=trial_id)
    for step in _steps_of(trial):
        if clock() > began_at + LONGEST or not _send_message(stage_of(trial, step), doors, clock):
            break
    Trial.objects.filter(pk=trial_id, state=TrialState.RUNNING).update(state=TrialState.DONE, touched_at=clock())
    return True


def finish_lost_trials(*, now: datetime) -> int:
    """Tests whose worker died, or that no worker ever took up, are over; what was leaving stays in doubt."""
    late = Trial.objects.filter(state=TrialState.WAITING, touched_at__lte=now - TOO_LATE_AFTER)
    dead = Trial.objects.filter(state=TrialState.RUNNING, touched_at__lte=now - DIED_AFTER)
    numbers = [number for rows in (late, dead) for number in rows.values_list("pk", flat=True)[:AT_ONCE]]
    for number in numbers:
        _finish(number, now=now)
    return len(numbers)


def give_up_restored_trials(*, now: datetime) -> None:
    """Tests that wait or run in a restored database may have gone before: whoever wants one asks for it again."""
    for number in Trial.objects.exclude(state=TrialState.DONE).values_list("pk", flat=True):
        _finish(number, now=now, is_held=True)


def forget_trials(*, now: datetime) -> int:
    """Drop a batch of old tests; how many."""
    return Trial.objects.filter(touched_at__lte=now - FORGOTTEN_AFTER).order_by("touched_at").drop_first(AT_ONCE)


@transaction.atomic
def _finish(trial_id: int, *, now: datetime, is_held: bool = False) -> None:
    unfinished = Trial.objects.filter(pk=trial_id).exclude(state=TrialState.DONE)
    if not unfinished.update(state=TrialState.DONE, touched_at=now):
        return
    parts = TrialPart.objects.filter(trial=trial_id)
    parts.filter(state=TrialPartState.SENDING).update(state=TrialPartState.UNKNOWN, reason=Reason.OUTCOME_UNKNOWN)
    parts.filter(state=TrialPartState.WAITING).update(state=TrialPartState.NOT_SENT, reason="test_stopped")
    if is_held and not parts.exists():
        trial = Trial.objects.get(pk=trial_id)
        shared = {"workspace_id": trial.workspace_id, "trial": trial, "reason": HELD}
        TrialPart.objects.bulk_create(
            TrialPart(step=step, place=place, state=TrialPartState.NOT_SENT, **shared)
            for place, step in enumerate(_steps_of(trial))
        )


def _steps_of(trial: Trial) -> list[Step]:
    """The message that was named, switched on or not; else all that are switched on, in order."""
    steps = Step.objects.filter(sequence=trial.sequence_id).in_use().in_order()
    return list(steps.filter(pk=trial.step_id) if trial.step_id else steps.filter(is_enabled=True))


def _send_message(stage: Stage, doors: Doors, clock: Clock) -> bool:
    """Send one message; whether the next one has a chance."""
    going = decide_message(stage, now=clock())
    for number, one in enumerate(going, 1):
        error = _send_part(stage, one, doors, clock)
        if error is not None:
            leave_the_rest(stage, going[number:])
            return not isinstance(error, _HOPELESS)
    return True


def _send_part(stage: Stage, one: Going, doors: Doors, clock: Clock) -> errors.ChannelError | None:
    """Commit that it leaves, let it leave, write down what became of it."""
    row = TrialPart.objects.filter(trial=stage.trial, place=one.place)
    message, backend = _outgoing(stage, one, clock()), stage.wire.backend
    recipient = recipient_of(stage.contact, backend, stage.trial.sequence_id)
    try:
        call = backend.build(message, recipient, stage.wire.account)
        if not _mark_leaving(stage, one, clock()):
            return errors.ChannelTrouble("this test was given up")
        doors.start(one.place, call)
        receipt = backend.read(_answer(doors), message)
    except errors.ChannelError as error:
        state = TrialPartState.UNKNOWN if isinstance(error, errors.OutcomeUnknown) else TrialPartState.FAILED
        row.update(state=state, reason=_cause(error), detail=error.detail[:500])
        if isinstance(error, errors.ContactMoved):
            move_contact(stage.contact, error.address, now=clock())
        return error
    sent = {"provider_message_id": receipt.provider_message_id[:255], "sent_at": clock()}
    row.update(state=TrialPartState.SENT, **sent)
    return None


def _mark_leaving(stage: Stage, one: Going, now: datetime) -> bool:
    """Committed; the channel's speed counts it, so that its real messages make room."""
    waiting = TrialPart.objects.filter(trial=stage.trial, place=one.place, state=TrialPartState.WAITING)
    if not waiting.filter(trial__state=TrialState.RUNNING).update(state=TrialPartState.SENDING, request_started_at=now):
        return False
    charge({stage.channel.pk: 1})
    return True


def _outgoing(stage: Stage, one: Going, now: datetime) -> Outgoing:
    """Its key is not a delivery's: no echo and no receipt of it can be taken for one."""
    return Outgoing(
        content=one.part.content,
        key=f"test-{stage.trial.pk}.{one.place}",
        route=one.route,
        content_type=stage.step.content_type,
        notification_type=stage.step.notification_type,
        leaves_at=now,
    )


def _answer(doors: Doors) -> DoorResult:
    """What came back; the door itself knows how long it waits."""
    while doors.in_flight:
        for _ticket, result in doors.poll(1.0):
            return result
    return Lost("nothing came back")


def _cause(error: errors.ChannelError) -> str:
    if isinstance(error, errors.ChannelMisconfigured):
        return error.because
    found = (code for kind, code in _CAUSES.items() if isinstance(error, kind))
    return next(found, Reason.CONTENT_REJECTED.value)
