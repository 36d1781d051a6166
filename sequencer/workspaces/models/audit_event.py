"""Who did what, when: written by the actions, in the transaction of the deed itself."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from sequencer.workspaces.models.membership import Role
from sequencer.workspaces.models.tenant import TenantModel, TenantQuerySet, workspace_key


class AuditEvent(TenantModel):
    """`changes` maps a field to [before, after]; secrets never enter it."""

    at = models.DateTimeField(_("at"))
    actor_kind = models.CharField(_("by"), max_length=10)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(_("who"), max_length=200, blank=True)
    ip_address = models.GenericIPAddressField(_("address"), null=True)
    request_id = models.CharField(max_length=64, blank=True)
    verb = models.CharField(_("did"), max_length=50)
    object_kind = models.CharField(_("to"), max_length=50)
    object_id = models.BigIntegerField(null=True)
    object_label = models.CharField(_("name"), max_length=200, blank=True)
    changes = models.JSONField(_("changes"), default=dict)

    needs_role_to_view: ClassVar[Role] = Role.OWNER

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit log")
        constraints = [workspace_key("audit_event")]
        indexes = [models.Index(fields=["workspace", "object_kind", "object_id"], name="audit_event_of_object")]

    def __str__(self) -> str:
        return f"{self.actor_label} {self.verb} {self.object_kind} {self.object_label}"
