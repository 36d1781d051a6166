"""The conversation of a sandbox contact: what they were shown, and what was answered in their name."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels.models.channel import Channel
from channels.models.contact import Contact
from sequencer.workspaces.models import TenantModel, TenantQuerySet, workspace_key


class Direction(models.TextChoices):
    TO_CONTACT = "to_contact", _("to the contact")
    FROM_CONTACT = "from_contact", _("from the contact")


class SandboxMessage(TenantModel):
    """`key` is the engine's idempotency key: the same part of a delivery is shown once, whatever happens."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+", db_index=False)
    direction = models.CharField(max_length=12, choices=Direction.choices)
    key = models.CharField(max_length=64, null=True)  # noqa: DJ001  # NULL: many answers share "no key"
    content = models.JSONField(default=dict)
    at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("sandbox message")
        verbose_name_plural = _("sandbox messages")
        constraints = [
            workspace_key("sandbox_message"),
            models.UniqueConstraint(fields=["channel", "key", "workspace"], name="sandbox_message_once"),
        ]
        indexes = [models.Index(fields=["contact", "id"], name="sandbox_message_chat")]

    def __str__(self) -> str:
        return f"{self.direction} {self.contact_id}"
