"""A sequence played to a made-up person on a clock of its own; nothing of it touches anybody real."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from channels.models import Channel
from sequencer.workspaces.models import TenantModel, TenantQuerySet, workspace_key
from sequences.models.sequence import Sequence


class Rehearsal(TenantModel):
    """The virtual clock read `virtual_at` at the moment `real_at` and runs `speed` times as fast as ours.

    The columns from `countdown_started_at` on are where the person stands (rules/walk.py), all in virtual time.
    `person` holds the values that texts and zones are made of; `channel` lends its rules.
    """

    sequence = models.ForeignKey(Sequence, models.CASCADE, related_name="+", verbose_name=_("sequence"))
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+", db_index=False, verbose_name=_("channel"))
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    person = models.JSONField(default=dict)
    speed = models.FloatField(default=0)
    started_at = models.DateTimeField()
    virtual_at = models.DateTimeField()
    real_at = models.DateTimeField()
    touched_at = models.DateTimeField(db_index=True)
    countdown_started_at = models.DateTimeField()
    last_step_id = models.BigIntegerField(null=True)
    done_steps = models.JSONField(default=list)
    not_before_at = models.DateTimeField(null=True)
    first_sent_at = models.DateTimeField(null=True)
    last_interaction_at = models.DateTimeField(null=True)
    waits_for_reply = models.BooleanField(default=False)
    ended_because = models.CharField(max_length=30, blank=True, default="")

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("rehearsal")
        verbose_name_plural = _("rehearsals")
        constraints = [workspace_key("rehearsal")]

    def __str__(self) -> str:
        return f"{self.sequence_id} {self.pk}"


class LineKind(models.TextChoices):
    MESSAGE = "message"
    ANSWER = "answer"
    NOTE = "note"


class RehearsalLine(TenantModel):
    """One bubble or note of a rehearsal, in order of `number`; `content` is the bubble's, or what a note says more."""

    rehearsal = models.ForeignKey(Rehearsal, models.CASCADE, related_name="lines", db_index=False)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=LineKind.choices)
    at = models.DateTimeField()
    content = models.JSONField(default=dict)
    code = models.CharField(max_length=40, blank=True, default="")

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            workspace_key("rehearsal_line"),
            models.UniqueConstraint(fields=["rehearsal", "number", "workspace"], name="rehearsal_line_once"),
        ]

    def __str__(self) -> str:
        return f"{self.rehearsal_id}.{self.number}"
