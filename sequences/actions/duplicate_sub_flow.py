"""Begin a new sub-flow with the content of another."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from sequencer.workspaces.actor import Actor
from sequences.actions.save_sub_flow import save_sub_flow, sub_flow_draft_of
from sequences.models import SubFlow


def duplicate_sub_flow(sub_flow: SubFlow, *, now: datetime, actor: Actor) -> SubFlow:
    """The same content under a free name; no message sends it. Raises Refused as `save_sub_flow` does."""
    draft = sub_flow_draft_of(sub_flow)
    copied = replace(draft, name=_free_name(sub_flow.workspace_id, draft.name))
    return save_sub_flow(sub_flow.workspace, None, copied, now=now, actor=actor)


def _free_name(workspace_id: int, name: str) -> str:
    taken = set(SubFlow.objects.in_workspace(workspace_id).in_use().values_list("name", flat=True))
    names = (_("%(name)s (copy %(number)s)") % {"name": name[:80], "number": n} for n in range(1, len(taken) + 2))
    return next(free for free in names if free not in taken)
