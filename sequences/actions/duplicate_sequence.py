"""Begin a new sequence with the messages of another."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sequencer.workspaces.actor import Actor
from sequences.actions.free_names import name_of_copy
from sequences.actions.save_sequence import draft_of, save_sequence
from sequences.models import Sequence, SequenceState


def duplicate_sequence(sequence: Sequence, *, now: datetime, actor: Actor) -> Sequence:
    """The same messages under a free name, as a draft; nobody is in it. Raises Refused as `save_sequence` does."""
    draft = draft_of(sequence)
    steps = tuple(replace(step, id=None) for step in draft.steps)
    taken = set(Sequence.objects.in_workspace(sequence.workspace_id).in_use().values_list("name", flat=True))
    name = name_of_copy(draft.name, taken)
    copied = replace(draft, name=name, state=SequenceState.DRAFT.value, steps=steps)
    return save_sequence(sequence.workspace, None, copied, now=now, actor=actor)
