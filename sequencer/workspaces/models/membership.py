"""Who belongs to a workspace, and as what."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from sequencer.workspaces.models.tenant import TenantModel, TenantQuerySet, workspace_key
from sequencer.workspaces.models.user import User


class Role(models.TextChoices):
    """Each role may do all that the ones below it may."""

    VIEWER = "viewer", _("Viewer")
    EDITOR = "editor", _("Editor")
    OWNER = "owner", _("Owner")

    def includes(self, other: Role) -> bool:
        order = list(Role)
        return order.index(self) >= order.index(other)


class Membership(TenantModel):
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("user"))
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.VIEWER)
    created_at = models.DateTimeField(_("since"))

    needs_role_to_view: ClassVar[Role] = Role.OWNER
    needs_role_to_change: ClassVar[Role] = Role.OWNER

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            workspace_key("membership"),
            models.UniqueConstraint(fields=["user", "workspace"], name="membership_once_a_workspace"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"
