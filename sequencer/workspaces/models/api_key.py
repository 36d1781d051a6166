"""A key of one workspace for outside programs; the secret itself is shown once and never stored."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sequencer.workspaces.models.membership import Role
from sequencer.workspaces.models.tenant import TenantModel, TenantQuerySet, workspace_key
from sequencer.workspaces.public_ids import PublicId


class Scope(models.TextChoices):
    READ = "read", pgettext_lazy("scope of a key", "Read")
    ACTIONS = "actions", _("Actions of a flow builder")
    MANAGE = "manage", _("Change everything else")


class ApiKey(TenantModel):
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("key"), max_length=8, editable=False)
    last_four = models.CharField(max_length=4, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(_("created"), editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    public_id = PublicId("key")
    needs_role_to_view: ClassVar[Role] = Role.OWNER
    needs_role_to_change: ClassVar[Role] = Role.OWNER

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [
            workspace_key("api_key"),
            models.UniqueConstraint(fields=["prefix", "workspace"], name="api_key_prefix"),
        ]
        indexes = [models.Index(fields=["prefix"], name="api_key_by_prefix")]

    def is_valid(self, now: datetime) -> bool:
        """Neither revoked nor over."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def __str__(self) -> str:
        return f"{self.name} (seq_live_{self.prefix}_…{self.last_four})"
