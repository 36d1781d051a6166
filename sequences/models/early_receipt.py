"""Receipts and echoes that came before the message they speak of was written down."""

from __future__ import annotations

from django.db import models

from channels.models import Channel, Contact
from sequencer.workspaces.models import TenantModel, TenantQuerySet, workspace_key


class EarlyKind(models.TextChoices):
    DELIVERED = "delivered"
    READ = "read"
    ECHO = "echo"
    FAILED = "failed"


class EarlyReceipt(TenantModel):
    """Parked by the webhook, taken up when a message of the contact is recorded, dropped after a day.

    One message is named by `provider_message_id`, everything up to a moment by `until`; an echo brings `message_key`,
    a late failure `error` (channels/kept_errors.py).
    """

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=EarlyKind.choices)
    provider_message_id = models.CharField(max_length=255, blank=True, default="")
    message_key = models.CharField(max_length=100, blank=True, default="")
    until = models.DateTimeField(null=True)
    error = models.JSONField(default=dict, db_default={})
    at = models.DateTimeField()
    parked_at = models.DateTimeField(db_index=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [workspace_key("early_receipt")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
