"""Ask for a test: one message, or a whole sequence, to one contact."""

from __future__ import annotations

from datetime import datetime, timedelta

from channels.models import Contact
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.models import Workspace
from sequencer.workspaces.refusals import Conflict
from sequencer.workspaces.transactions import in_one_transaction
from sequences.actions.epoch import hold_after_restore
from sequences.models import Sequence, SequenceState, Step, Trial

# A test costs the account as much as a real message.
MOST_AT_ONCE = 30
AT_ONCE = timedelta(minutes=10)


@in_one_transaction
def request_trial(
    sequence: Sequence, step: Step | None, contact: Contact, *, token: str, now: datetime, actor: Actor
) -> tuple[Trial, bool]:
    """The test, and whether it is new: the same `token` heard twice is one test. `step` None: the whole sequence.

    All are of one workspace. Raises Conflict: "archived_not_tested", "held_after_restore" or "too_many_tests".
    """
    # One after the other, or all who ask at the same moment would find room.
    Workspace.objects.select_for_update(no_key=True).get(pk=sequence.workspace_id)
    known = Trial.objects.in_workspace(sequence.workspace_id).filter(token=token).first()
    if known is not None:
        return known, False
    if sequence.state == SequenceState.ARCHIVED:
        raise Conflict("archived_not_tested")
    if hold_after_restore(now=now):
        raise Conflict("held_after_restore")
    recent = Trial.objects.in_workspace(sequence.workspace_id).filter(touched_at__gt=now - AT_ONCE)
    if recent.count() >= MOST_AT_ONCE:
        raise Conflict("too_many_tests")
    return Trial.objects.get_or_create(
        workspace_id=sequence.workspace_id,
        token=token,
        defaults={
            "sequence": sequence,
            "step": step,
            "contact": contact,
            "channel_id": contact.channel_id,
            "sent_by": actor.label[:200],
            "requested_at": now,
            "touched_at": now,
        },
    )
