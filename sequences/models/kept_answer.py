"""Answers of the API that are given again to whoever repeats a call under the same Idempotency-Key."""

from __future__ import annotations

from django.db import models

from sequencer.workspaces.models import TenantModel, TenantQuerySet, workspace_key


class KeptAnswer(TenantModel):
    """Written in the transaction of the call's own effect: there is either both or neither. Dropped after 72 hours.

    `fingerprint` is the SHA-256 of what was asked; `body` the answer, byte for byte.
    """

    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.TextField()
    kept_at = models.DateTimeField(db_index=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            workspace_key("kept_answer"),
            models.UniqueConstraint(fields=["key", "workspace"], name="kept_answer_key"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.pk}"
