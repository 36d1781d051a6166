"""Who went through a sequence long ago: what is left when their subscription is dropped."""

from __future__ import annotations

from django.db import models

from channels.models import Contact
from sequencer.workspaces.models import TenantModel, TenantQuerySet, workspace_key
from sequences.models.sequence import Sequence


class PastEntry(TenantModel):
    """The contact was in the sequence before. Only the rule of who may enter again asks here; kept with the contact."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+", db_index=False)
    sequence = models.ForeignKey(Sequence, models.CASCADE, related_name="+", db_index=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            workspace_key("past_entry"),
            models.UniqueConstraint(fields=["contact", "sequence", "workspace"], name="past_entry_once"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.sequence_id}"
