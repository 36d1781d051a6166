"""Change what a member may do, or end their membership; a workspace never loses its last owner."""

from __future__ import annotations

from datetime import datetime

from sequencer.workspaces.actions.audit import record_audit
from sequencer.workspaces.actor import Actor
from sequencer.workspaces.models import Membership, Role, Workspace
from sequencer.workspaces.problems import Problem
from sequencer.workspaces.refusals import Refused
from sequencer.workspaces.transactions import in_one_transaction


@in_one_transaction
def change_role(membership: Membership, role: Role, *, now: datetime, actor: Actor) -> Membership:
    """Raises Refused("last_owner") when nobody would be left to own the workspace."""
    taken = _take(membership)
    if taken.role == role:
        return taken
    _keep_an_owner(taken)
    record_audit("changed", taken, actor=actor, now=now, changes={"role": [taken.role, role.value]})
    taken.role = role
    taken.save(update_fields=["role"])
    return taken


@in_one_transaction
def remove_member(membership: Membership, *, now: datetime, actor: Actor) -> None:
    """The user stays, and stays a member elsewhere. Raises Refused("last_owner")."""
    taken = _take(membership)
    _keep_an_owner(taken)
    record_audit("removed", taken, actor=actor, now=now, changes={"role": [taken.role, None]})
    taken.delete()


def _take(membership: Membership) -> Membership:
    """The row as it is now; the workspace's lock makes two owners who demote each other go one after the other."""
    Workspace.objects.select_for_update(no_key=True).get(pk=membership.workspace_id)
    rows = Membership.objects.select_related("user")
    taken: Membership = rows.get(pk=membership.pk, workspace_id=membership.workspace_id)
    return taken


def _keep_an_owner(membership: Membership) -> None:
    owners = Membership.objects.filter(workspace_id=membership.workspace_id, role=Role.OWNER, user__is_active=True)
    if membership.role == Role.OWNER and not owners.exclude(pk=membership.pk).exists():
        raise Refused([Problem("role", "last_owner")])
