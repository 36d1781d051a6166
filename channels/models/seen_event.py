"""What a provider told us already: it repeats itself for hours, and each event counts once."""

from __future__ import annotations

import hashlib

from django.db import models

from channels.models.channel import Channel
from sequencer.workspaces.models import TenantModel, TenantQuerySet, workspace_key


def digest_of(key: str) -> str:
    """What is kept of the provider's name for an event."""
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


class SeenEvent(TenantModel):
    """`key` is a digest of the provider's own name for the event, so that no address is kept here."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=32)
    at = models.DateTimeField(db_index=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            workspace_key("seen_event"),
            models.UniqueConstraint(fields=["channel", "key", "workspace"], name="seen_event_once"),
        ]

    def __str__(self) -> str:
        return self.key
