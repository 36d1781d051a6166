"""A test that a marketer sent to one contact: apart from all that counts, and never sent twice."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from channels.models import Channel, Contact
from sequencer.workspaces.models import TenantModel, TenantQuerySet, workspace_key
from sequences.models.sequence import Sequence
from sequences.models.step import Step


class TrialState(models.TextChoices):
    """Who moves a row in and out."""

    WAITING = "waiting", _("Waiting for a worker")  # in: request_trial; out: carry_out_trial, or housekeeping
    RUNNING = "running", _("Sending")  # in: carry_out_trial; out: the same, or housekeeping when it died
    DONE = "done", _("Done")  # final


class TrialPartState(models.TextChoices):
    """What became of one part of one message; all are final but the first two."""

    WAITING = "waiting", _("Waiting")  # in: carry_out_trial, when its message was decided
    SENDING = "sending", _("Sending")  # in: committed before the request leaves
    SENT = "sent", _("Sent")
    NOT_SENT = "not_sent", _("Not sent")  # by rule: no request left
    LEFT_OUT = "left_out", pgettext_lazy("test", "Left out")  # actions and pauses happen to real people only
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Unknown")  # it may have arrived; nobody sends it again


class Trial(TenantModel):
    """`token` comes from the page: the same click heard twice is one test. `step` is None for the whole sequence."""

    sequence = models.ForeignKey(Sequence, models.CASCADE, related_name="+", verbose_name=_("sequence"))
    step = models.ForeignKey(Step, models.CASCADE, null=True, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+", verbose_name=_("contact"))
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+", db_index=False)
    token = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=TrialState.choices, default=TrialState.WAITING)
    sent_by = models.CharField(max_length=200, blank=True, default="")
    requested_at = models.DateTimeField()
    touched_at = models.DateTimeField(db_index=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("test")
        verbose_name_plural = _("tests")
        constraints = [
            workspace_key("trial"),
            models.UniqueConstraint(fields=["token", "workspace"], name="trial_once_a_click"),
        ]
        indexes = [
            models.Index(
                fields=["touched_at"],
                condition=models.Q(state__in=[TrialState.WAITING, TrialState.RUNNING]),
                name="trial_unfinished",
            )
        ]

    def __str__(self) -> str:
        return f"{self.sequence_id} {self.contact_id}"


class TrialPart(TenantModel):
    """One message for the provider, or the reason why there is none. `text` is what a list shows of it."""

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="parts", db_index=False)
    step = models.ForeignKey(Step, models.CASCADE, related_name="+", db_index=False)
    place = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=TrialPartState.choices)
    reason = models.CharField(max_length=40, blank=True, default="")
    detail = models.CharField(max_length=500, blank=True, default="")
    text = models.CharField(max_length=200, blank=True, default="")
    route = models.CharField(max_length=20, blank=True, default="")
    provider_message_id = models.CharField(max_length=255, blank=True, default="")
    request_started_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            workspace_key("trial_part"),
            models.UniqueConstraint(fields=["trial", "place", "workspace"], name="trial_part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.trial_id}.{self.place}"
