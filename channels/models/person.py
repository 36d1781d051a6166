"""One human being, whose contacts on several channels somebody linked."""

from __future__ import annotations

from django.db import models

from sequencer.workspaces.models import TenantModel, TenantQuerySet, workspace_key


class Person(TenantModel):
    """Has two contacts or more, at most one on each channel. It says nothing of them: names and consent are theirs."""

    created_at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [workspace_key("person")]

    def __str__(self) -> str:
        return f"#{self.pk}"
