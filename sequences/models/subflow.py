"""The content that a step sends."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels.models import Channel
from sequencer.workspaces.models import TenantModel, TenantQuerySet, workspace_key
from sequencer.workspaces.public_ids import PublicId


class SubFlowQuerySet(TenantQuerySet):
    def in_use(self) -> Self:
        return self.filter(archived_at=None)


class SubFlow(TenantModel):
    """Ordered `blocks` (rules/blocks.py), or a reference to a sub-flow that lives in another platform.

    `subject` is what a mail of it is headed by, with placeholders; blank: the name.
    """

    name = models.CharField(_("name"), max_length=100)
    subject = models.CharField(_("subject"), max_length=200, blank=True, default="", db_default="")
    blocks = models.JSONField(_("blocks"), default=list, blank=True)
    utility_template = models.JSONField(_("utility template"), null=True, blank=True)
    external_channel = models.ForeignKey(
        Channel, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("lives in")
    )
    external_reference = models.CharField(_("reference"), max_length=200, blank=True, default="")
    external_name = models.CharField(_("name there"), max_length=200, blank=True, default="")
    created_at = models.DateTimeField(_("created"))
    updated_at = models.DateTimeField(_("last edit"))
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)

    public_id = PublicId("sfl")
    objects = SubFlowQuerySet.as_manager()

    class Meta:
        verbose_name = _("sub-flow")
        verbose_name_plural = _("sub-flows")
        constraints = [
            workspace_key("sub_flow"),
            models.UniqueConstraint(
                fields=["name", "workspace"], condition=models.Q(archived_at=None), name="sub_flow_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name
