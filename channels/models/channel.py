"""One connected account of a provider, with what the engine knows of its health and its speed."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from sequencer.workspaces.models import Role, TenantModel, TenantQuerySet, workspace_key
from sequencer.workspaces.public_ids import PublicId


class ChannelState(models.TextChoices):
    """An owner's hand or the account's trouble pauses; an owner's hand resumes."""

    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")


class PausedBecause(models.TextChoices):
    BY_HAND = "by_hand", _("Paused by hand")
    CREDENTIALS_REFUSED = "credentials_refused", _("The provider refused the credentials")
    ACCOUNT_RESTRICTED = "account_restricted", _("The provider restricted the account")


class ProfileHint(models.TextChoices):
    """What the provider keeps from us of people's profiles; times then follow the workspace's zone."""

    NO_PROFILE = "no_profile", _("The provider does not show us people's profiles")
    NO_TIME_ZONE = "no_time_zone", _("The provider does not show us people's time zones")


class ChannelQuerySet(TenantQuerySet):
    def open(self, now: datetime) -> ChannelQuerySet:
        """Channels through which something may leave now: neither paused nor waiting for their provider."""
        return self.filter(state=ChannelState.ACTIVE).exclude(trouble_until__gt=now)


class Channel(TenantModel):
    """`credentials` is a ciphertext bound to this row (channels/secrets.py).

    While `trouble_rounds` is above zero the provider is in trouble: nothing is claimed before `trouble_until`, then
    one probe. `failing` lists what failed since the last good answer: [[contact id, delivery id], ...].
    """

    kind = models.CharField(_("kind"), max_length=20)
    name = models.CharField(_("name"), max_length=100)
    state = models.CharField(_("state"), max_length=10, choices=ChannelState.choices, default=ChannelState.ACTIVE)
    paused_because = models.CharField(
        _("paused because"), max_length=30, choices=PausedBecause.choices, blank=True, default=""
    )
    paused_detail = models.CharField(max_length=300, blank=True, default="")
    paused_at = models.DateTimeField(null=True, blank=True)
    owners_told_at = models.DateTimeField(null=True, blank=True)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    credentials = models.TextField(blank=True, default="", editable=False)
    trouble_until = models.DateTimeField(null=True, blank=True)
    trouble_rounds = models.PositiveSmallIntegerField(default=0)
    failing = models.JSONField(default=list, blank=True)
    tokens = models.FloatField(default=0)
    tokens_at = models.DateTimeField(null=True, blank=True)
    profile_hint = models.CharField(
        _("profiles"), max_length=20, choices=ProfileHint.choices, blank=True, default="", editable=False
    )
    templates_read_at = models.DateTimeField(null=True, blank=True, editable=False)
    sub_flows_read_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"))

    public_id = PublicId("chn")
    needs_role_to_change: ClassVar[Role] = Role.OWNER
    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        constraints = [workspace_key("channel")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_paused(self) -> bool:
        return self.state == ChannelState.PAUSED
