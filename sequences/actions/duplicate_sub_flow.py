"""Begin a new sub-flow with the content of another."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sequencer.workspaces.actor import Actor
from sequences.actions.free_names import name_of_copy
from sequences.actions.save_sub_flow import save_sub_flow, sub_flow_draft_of
from sequences.models import SubFlow


def duplicate_sub_flow(sub_flow: SubFlow, *, now: datetime, actor: Actor) -> SubFlow:
    """The same content under a free name; no message sends it. Raises Refused as `save_sub_flow` does."""
    draft = sub_flow_draft_of(sub_flow)
    taken = set(SubFlow.objects.in_workspace(sub_flow.workspace_id).in_use().values_list("name", flat=True))
    copied = replace(draft, name=name_of_copy(draft.name, taken))
    return save_sub_flow(sub_flow.workspace, None, copied, now=now, actor=actor)
