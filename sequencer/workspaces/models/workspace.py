"""One business: the tenant."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from sequencer.workspaces.public_ids import PublicId


class Workspace(models.Model):
    name = models.CharField(_("name"), max_length=100)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", help_text=_("Used for contacts whose own time zone is not known.")
    )
    created_at = models.DateTimeField(_("created"))
    # Makes stand-ins for erased addresses; "" until the first person is erased.
    erasure_key = models.CharField(max_length=64, blank=True, default="", editable=False)

    public_id = PublicId("wsp")

    class Meta:
        verbose_name = _("workspace")
        verbose_name_plural = _("workspaces")

    def __str__(self) -> str:
        return self.name
