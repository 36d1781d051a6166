"""Put a sub-flow away that no message sends any more; history keeps it."""

from __future__ import annotations

from datetime import datetime

from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.refusals import Refused
from sequencer.workspaces.transactions import in_one_transaction
from sequences.models import SequenceState, Step, SubFlow
from sequences.rules.problems import Problem


@in_one_transaction
def archive_sub_flow(sub_flow: SubFlow, *, now: datetime, actor: Actor) -> None:
    """Doing so twice is doing it once. Raises Refused("in_use") while a message of a living sequence sends it."""
    taken = SubFlow.objects.select_for_update(no_key=True).get(pk=sub_flow.pk)
    living = Step.objects.filter(sub_flow=taken).in_use().exclude(sequence__state=SequenceState.ARCHIVED)
    if living.exists():
        raise Refused([Problem("name", "in_use")])
    if taken.archived_at is None:
        taken.archived_at = now
        taken.save(update_fields=["archived_at"])
        record_audit("archived", taken, actor=actor, now=now)
