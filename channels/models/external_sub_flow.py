"""A sub-flow that lives at a channel's provider, as its list was last read."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels.models.channel import Channel
from sequencer.workspaces.models import TenantModel, TenantQuerySet, workspace_key


class ExternalSubFlowQuerySet(TenantQuerySet):
    def in_order(self) -> Self:
        """As people look for them: by channel and folder."""
        return self.order_by("channel__name", "channel", "folder", "name", "pk")


class ExternalSubFlow(TenantModel):
    """What the provider no longer lists has no row."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="external_sub_flows", db_index=False)
    reference = models.CharField(_("reference"), max_length=200)
    name = models.CharField(_("name there"), max_length=200)
    folder = models.CharField(_("folder"), max_length=200, blank=True, default="")

    objects = ExternalSubFlowQuerySet.as_manager()

    class Meta:
        verbose_name = _("sub-flow that lives elsewhere")
        verbose_name_plural = _("sub-flows that live elsewhere")
        constraints = [
            workspace_key("external_sub_flow"),
            models.UniqueConstraint(fields=["channel", "reference", "workspace"], name="external_sub_flow_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.folder} / {self.name}" if self.folder else self.name
