"""A named, ordered list of steps."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from channels.models import Channel
from sequencer.workspaces.models import TenantModel, TenantQuerySet, workspace_key
from sequencer.workspaces.public_ids import PublicId
from sequences.rules.spread import Spread


class SequenceState(models.TextChoices):
    """The marketer moves a sequence from one to the other; archived is final."""

    DRAFT = "draft", _("Draft")
    ACTIVE = "active", pgettext_lazy("sequence", "Active")
    PAUSED = "paused", _("Paused")
    ARCHIVED = "archived", _("Archived")


class SequenceQuerySet(TenantQuerySet):
    def in_use(self) -> Self:
        return self.exclude(state=SequenceState.ARCHIVED)


class Sequence(TenantModel):
    """`recompute_after` is set while an edit is being carried to the people inside: all subscriptions up to that id
    have their new due moment. The dispatcher goes on from there until it is NULL again. What that edit makes overdue
    leaves between `spread_from_at` and `spread_seconds` later, where the marketer asked for it.
    """

    name = models.CharField(_("name"), max_length=100)
    state = models.CharField(_("state"), max_length=10, choices=SequenceState.choices, default=SequenceState.ACTIVE)
    stop_on_reply = models.BooleanField(
        _("stop when the person replies"), default=False, help_text=_("A message or a button tap after the first send.")
    )
    reentry = models.BooleanField(_("may be subscribed again after the end"), default=True)
    channels: models.ManyToManyField[Channel, SequenceChannel] = models.ManyToManyField(
        Channel, through="SequenceChannel", related_name="+", blank=True, verbose_name=_("channels")
    )
    paused_at = models.DateTimeField(null=True, blank=True)
    recompute_after = models.BigIntegerField(null=True, blank=True, editable=False)
    spread_from_at = models.DateTimeField(null=True, blank=True, editable=False)
    spread_seconds = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("created"))
    updated_at = models.DateTimeField(_("last edit"))

    public_id = PublicId("seq")
    objects = SequenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("sequence")
        verbose_name_plural = _("sequences")
        constraints = [
            workspace_key("sequence"),
            models.UniqueConstraint(
                fields=["name", "workspace"], condition=~models.Q(state=SequenceState.ARCHIVED), name="sequence_name"
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(recompute_after__isnull=False), name="sequence_recompute")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def spread(self) -> Spread | None:
        """How what an unfinished edit makes overdue leaves; None: at once."""
        if self.spread_from_at is None:
            return None
        return Spread(self.spread_from_at, timedelta(seconds=self.spread_seconds))


class SequenceChannel(TenantModel):
    """A channel that a sequence is meant for: steers warnings and the form's settings, nothing else."""

    sequence = models.ForeignKey(Sequence, models.CASCADE, related_name="+", db_index=False)
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+", db_index=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            workspace_key("sequence_channel"),
            models.UniqueConstraint(fields=["sequence", "channel", "workspace"], name="sequence_channel_once"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence_id} {self.channel_id}"
