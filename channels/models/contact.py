"""One person on one channel."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels.models.channel import Channel
from channels.models.person import Person
from sequencer.workspaces.models import TenantModel, TenantQuerySet, workspace_key
from sequencer.workspaces.public_ids import PublicId

# Unreachable so often in a row, and whoever it is counts as gone: `blocked_at` is set without a wish of theirs.
GONE_AFTER = 2


class Contact(TenantModel):
    """`address` is the provider's name for the person. Messages go out only while nobody opted out or blocked us.

    `person` joins contacts that somebody said are one human being; NULL for all others, and then nobody is meant by it.
    `other_address` is a second name under which the provider may speak of them; empty where it has one only.
    Of somebody who was erased the row stays, for the numbers, with a stand-in for the address (channels/erasure.py).
    """

    channel = models.ForeignKey(
        Channel, models.CASCADE, related_name="contacts", db_index=False, verbose_name=_("channel")
    )
    person = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="contacts", db_index=False, editable=False
    )
    address = models.CharField(_("address"), max_length=200)
    other_address = models.CharField(max_length=200, blank=True, default="", db_default="", editable=False)
    first_name = models.CharField(_("first name"), max_length=100, blank=True, default="")
    last_name = models.CharField(_("last name"), max_length=100, blank=True, default="")
    language = models.CharField(_("language"), max_length=20, blank=True, default="")
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, default="")
    utc_offset_minutes = models.SmallIntegerField(_("UTC offset in minutes"), null=True, blank=True)
    last_interaction_at = models.DateTimeField(_("last interaction"), null=True, blank=True)
    last_reply_at = models.DateTimeField(null=True, blank=True, editable=False)
    opted_out_at = models.DateTimeField(_("opted out"), null=True, blank=True)
    blocked_at = models.DateTimeField(_("blocked us"), null=True, blank=True)
    unreachable_in_a_row = models.PositiveSmallIntegerField(default=0, editable=False)
    tags = models.JSONField(_("tags"), default=list, blank=True)
    fields = models.JSONField(_("fields"), default=dict, blank=True)
    profile_asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    profile_read_at = models.DateTimeField(_("profile read"), null=True, blank=True, editable=False)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"))

    public_id = PublicId("ctc")

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            workspace_key("contact"),
            models.UniqueConstraint(fields=["channel", "address", "workspace"], name="contact_address"),
            models.UniqueConstraint(
                fields=["channel", "other_address", "workspace"],
                condition=~models.Q(other_address=""),
                name="contact_other_address",
            ),
            models.UniqueConstraint(
                fields=["person", "channel", "workspace"],
                condition=models.Q(person__isnull=False),
                name="contact_once_a_channel_of_a_person",
            ),
        ]
        indexes = [models.Index(fields=["workspace", "last_interaction_at"], name="contact_last_wrote")]

    def __str__(self) -> str:
        if self.erased_at:
            return gettext("Erased person")
        return self.full_name or self.address

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def is_available(self) -> bool:
        return self.opted_out_at is None and self.blocked_at is None

    @property
    def is_gone(self) -> bool:
        """Unreachable for good as far as we know, without having asked for it: no opt-out and no block."""
        return self.blocked_at is not None and self.unreachable_in_a_row >= GONE_AFTER and self.opted_out_at is None

    def placeholder_values(self) -> dict[str, Any]:
        return {
            "first_name": self.first_name,
            "last_name": self.last_name,
            "full_name": self.full_name,
            "language": self.language,
            "fields": self.fields,
        }
