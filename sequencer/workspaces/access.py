"""Who may see and change what: the one place that every list, form, chooser, action and endpoint goes through.

A tenant table carries its workspace; a model names the role that its rows need (`needs_role_to_view`,
`needs_role_to_change`; without them viewers read and editors change). Faces ask here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models

from sequencer.workspaces.models import Membership, Role, TenantModel, User, Workspace


@dataclass(frozen=True, slots=True)
class Access:
    """One user looking at one workspace."""

    user: User
    workspace: Workspace
    role: Role

    def may_view(self, model: type[models.Model]) -> bool:
        return issubclass(model, TenantModel) and self.role.includes(getattr(model, "needs_role_to_view", Role.VIEWER))

    def may_change(self, model: type[models.Model]) -> bool:
        return self.may_view(model) and self.role.includes(getattr(model, "needs_role_to_change", Role.EDITOR))


def access_of(user: Any) -> Access | None:
    """The workspace that the user looks at: the last one chosen while they belong to it, else their first."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return None
    memberships = Membership.objects.filter(user=user).select_related("workspace").order_by("created_at", "id")
    chosen = memberships.filter(workspace=user.last_workspace_id).first() or memberships.first()
    return Access(user, chosen.workspace, Role(chosen.role)) if chosen else None


def workspaces_of(user: Any) -> models.QuerySet[Workspace]:
    """What the switch between workspaces offers."""
    return Workspace.objects.filter(pk__in=Membership.objects.filter(user=user).values("workspace")).order_by(
        "name", "id"
    )


def visible(queryset: models.QuerySet[Any], workspace: Workspace | int | None) -> models.QuerySet[Any]:
    """Only the rows of this workspace; nothing at all of a table that does not say whose its rows are."""
    if workspace is None or not issubclass(queryset.model, TenantModel):
        return queryset.none()
    return queryset.filter(workspace=workspace)
