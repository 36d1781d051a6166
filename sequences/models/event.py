"""Named things that happen to people, and what they mean for sequences."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from channels.models import Contact
from sequencer.workspaces.models import Role, TenantModel, TenantQuerySet, workspace_key
from sequencer.workspaces.public_ids import PublicId
from sequences.models.sequence import Sequence
from sequences.rules.event_names import MAX_NAME


class EventVerb(models.TextChoices):
    """What an event does to a sequence for the person it happened to."""

    START = "start", pgettext_lazy("rule", "starts the sequence")
    STOP = "stop", pgettext_lazy("rule", "stops the sequence")
    RESTART = "restart", pgettext_lazy("rule", "starts the sequence anew")


class EventRule(TenantModel):
    """When `event` happens to somebody, `verb` is done with the sequence for them."""

    sequence = models.ForeignKey(Sequence, models.CASCADE, related_name="rules", db_index=False)
    event = models.CharField(_("event"), max_length=MAX_NAME)
    verb = models.CharField(_("what it does"), max_length=10, choices=EventVerb.choices)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        constraints = [
            workspace_key("event_rule"),
            models.UniqueConstraint(fields=["sequence", "event", "workspace"], name="event_rule_once"),
        ]
        indexes = [models.Index(fields=["workspace", "event"], name="event_rule_by_event")]

    def __str__(self) -> str:
        return f"{self.event} {self.verb}"


class ContactEvent(TenantModel):
    """Something happened to a contact at `at`, as an outside program told us; `data` is its own."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+", verbose_name=_("contact"))
    name = models.CharField(_("event"), max_length=MAX_NAME)
    at = models.DateTimeField(_("happened"))
    data = models.JSONField(_("data"), default=dict, blank=True)
    received_at = models.DateTimeField(db_index=True)

    public_id = PublicId("evt")
    needs_role_to_change: ClassVar[Role] = Role.OWNER
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [workspace_key("contact_event")]

    def __str__(self) -> str:
        return self.name
