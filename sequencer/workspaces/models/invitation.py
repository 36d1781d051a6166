"""An invitation by e-mail to join a workspace; only a hash of its link is kept."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from sequencer.workspaces.models.membership import Role
from sequencer.workspaces.models.tenant import TenantModel, TenantQuerySet, workspace_key


class Invitation(TenantModel):
    email = models.EmailField(_("e-mail"))
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.EDITOR)
    token_hash = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("sent"), editable=False)
    expires_at = models.DateTimeField(_("expires"), editable=False)
    accepted_at = models.DateTimeField(_("accepted"), null=True, editable=False)

    needs_role_to_view: ClassVar[Role] = Role.OWNER
    needs_role_to_change: ClassVar[Role] = Role.OWNER

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            workspace_key("invitation"),
            models.UniqueConstraint(fields=["token_hash", "workspace"], name="invitation_token"),
        ]

    def __str__(self) -> str:
        return self.email
