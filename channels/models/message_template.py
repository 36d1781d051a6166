"""A template that the provider keeps for a channel, as it was last told to us."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from channels.content import Place, Slot
from channels.models.channel import Channel
from sequencer.workspaces.models import TenantModel, TenantQuerySet, workspace_key


class TemplateStatus(models.TextChoices):
    """Only the provider moves a template: we hear of it by reading its list, and by webhook."""

    APPROVED = "approved", pgettext_lazy("template", "Approved")
    PENDING = "pending", pgettext_lazy("template", "Waiting for approval")
    REJECTED = "rejected", pgettext_lazy("template", "Rejected")
    PAUSED = "paused", pgettext_lazy("template", "Paused by the provider")
    DISABLED = "disabled", pgettext_lazy("template", "No longer usable")


class MessageTemplate(TenantModel):
    """`slots` are [place, name] pairs in reading order, null while only a webhook spoke of this template."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="templates", db_index=False)
    provider_id = models.CharField(max_length=100, blank=True, default="")
    name = models.CharField(_("name"), max_length=512)
    language = models.CharField(_("language"), max_length=32)
    category = models.CharField(_("category"), max_length=50, blank=True, default="")
    status = models.CharField(_("state"), max_length=10, choices=TemplateStatus.choices)
    status_reason = models.CharField(max_length=200, blank=True, default="")
    status_at = models.DateTimeField()
    header = models.TextField(blank=True, default="")
    body = models.TextField(_("text"), blank=True, default="")
    buttons = models.JSONField(_("buttons"), default=list, blank=True)
    slots = models.JSONField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        constraints = [
            workspace_key("message_template"),
            models.UniqueConstraint(fields=["channel", "name", "language", "workspace"], name="message_template_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"

    @property
    def is_approved(self) -> bool:
        return self.status == TemplateStatus.APPROVED

    @property
    def places(self) -> tuple[Slot, ...]:
        return tuple(Slot(Place(place), name) for place, name in self.slots or ())

    def fits(self, parameter_count: int) -> bool:
        """Whether so many parameters fill it; while its text was not read, any number may."""
        return self.slots is None or len(self.slots) == parameter_count
