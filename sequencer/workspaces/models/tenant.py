"""What every table of a tenant has in common: its workspace, and a unique key that carries it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from sequencer.workspaces.models.workspace import Workspace


class TenantQuerySet(models.QuerySet[Any]):
    def in_workspace(self, workspace: Workspace | int) -> Self:
        """Only this workspace's rows; every face starts here."""
        return self.filter(workspace=workspace)

    def drop_first(self, most: int) -> int:
        """Delete up to `most` of these rows, in their order, with what hangs on them; how many rows that were."""
        numbers = list(self.values_list("pk", flat=True)[:most])
        self.model._default_manager.filter(pk__in=numbers).delete()
        return len(numbers)

    def drop_first_written(self, most: int, *, before: str, moment: datetime) -> int:
        """Delete, of the first `most` rows ever written, those whose `before` lies before the moment; how many.

        For tables that are written in the order of that moment: none of them needs an index for it.
        """
        first = self.filter(pk__in=list(self.order_by("pk").values_list("pk", flat=True)[:most]))
        return first.filter(**{f"{before}__lte": moment}).order_by("pk").drop_first(most)


class TenantModel(models.Model):
    """A row of one workspace. The concrete model lists `workspace_key(...)` among its constraints."""

    workspace = models.ForeignKey(
        Workspace, models.CASCADE, related_name="+", editable=False, db_index=False, verbose_name=_("workspace")
    )

    class Meta:
        abstract = True


def workspace_key(table: str) -> models.UniqueConstraint:
    """The key that composite foreign keys point at; it also serves the lists of one workspace, newest first."""
    return models.UniqueConstraint(fields=["workspace", "id"], name=f"{table}_workspace_id")
