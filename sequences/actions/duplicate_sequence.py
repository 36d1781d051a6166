"""Begin a new sequence with the messages of another."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from sequencer.workspaces.actor import Actor
from sequences.actions.save_sequence import draft_of, save_sequence
from sequences.models import Sequence, SequenceState


def duplicate_sequence(sequence: Sequence, *, now: datetime, actor: Actor) -> Sequence:
    """The same messages under a free name, as a draft; nobody is in it. Raises Refused as `save_sequence` does."""
    draft = draft_of(sequence)
    steps = tuple(replace(step, id=None) for step in draft.steps)
    name = _free_name(sequence.workspace_id, draft.name)
    copied = replace(draft, name=name, state=SequenceState.DRAFT.value, steps=steps)
    return save_sequence(sequence.workspace, None, copied, now=now, actor=actor)


def _free_name(workspace_id: int, name: str) -> str:
    taken = set(Sequence.objects.in_workspace(workspace_id).in_use().values_list("name", flat=True))
    names = (_("%(name)s (copy %(number)s)") % {"name": name[:80], "number": n} for n in range(1, len(taken) + 2))
    return next(free for free in names if free not in taken)
