from __future__ import annotations

from datetime import datetime

from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actions.workspace_settings import refuse_wrong_workspace
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.models import Membership, Role, User, Workspace
from sequencer.workspaces.transactions import in_one_transaction


@in_one_transaction
def create_workspace(name: str, *, time_zone: str, owner: User | None, actor: Actor, now: datetime) -> Workspace:
    """A new, empty workspace; `owner` becomes its first member. Raises Refused as `refuse_wrong_workspace` does."""
    name, time_zone = name.strip(), time_zone.strip()
    refuse_wrong_workspace(name, time_zone)
    workspace = Workspace.objects.create(name=name, time_zone=time_zone, created_at=now)
    if owner is not None:
        Membership.objects.create(workspace=workspace, user=owner, role=Role.OWNER, created_at=now)
    record_audit("created", workspace, actor=actor, now=now)
    return workspace
