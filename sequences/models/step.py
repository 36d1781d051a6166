"""One message of a sequence and its settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels.messages import ContentType, NotificationType
from sequencer.workspaces.models import TenantModel, TenantQuerySet, workspace_key
from sequencer.workspaces.public_ids import PublicId
from sequences.models.sequence import Sequence
from sequences.models.subflow import SubFlow
from sequences.rules.steps import StepSettings, kinds_in
from sequences.rules.timing import ALL_DAYS, Schedule


class DelayUnit(models.TextChoices):
    IMMEDIATELY = "immediately", _("immediately")
    SECONDS = "seconds", _("seconds")
    MINUTES = "minutes", _("minutes")
    HOURS = "hours", _("hours")
    DAYS = "days", _("days")
    WEEKS = "weeks", _("weeks")


class OutsideReplyWindow(models.TextChoices):
    """What this message does where the channel's 24-hour rule leaves it no route."""

    SKIP = "skip", _("skip this message and go on")
    HOLD = "hold", _("hold it until they write")
    STOP = "stop", _("stop the sequence for them")


CONTENT_TYPES = [
    (ContentType.DEFAULT.value, _("Default / Other")),
    (ContentType.CONFIRMED_EVENT_UPDATE.value, _("Confirmed event update")),
    (ContentType.POST_PURCHASE_UPDATE.value, _("Post-purchase update")),
    (ContentType.ACCOUNT_UPDATE.value, _("Account update")),
]
NOTIFICATION_TYPES = [
    (NotificationType.REGULAR.value, _("Regular")),
    (NotificationType.SILENT_PUSH.value, _("Silent push")),
    (NotificationType.NO_PUSH.value, _("No push")),
]


class StepQuerySet(TenantQuerySet):
    def in_use(self) -> Self:
        return self.filter(archived_at=None)

    def in_order(self) -> Self:
        return self.order_by("position", "id")


class Step(TenantModel):
    """Archived steps keep their place in the order: "the first step after the last one done" stays answerable."""

    sequence = models.ForeignKey(Sequence, models.CASCADE, related_name="steps", verbose_name=_("sequence"))
    position = models.PositiveIntegerField(_("position"), default=0)
    name = models.CharField(_("name"), max_length=100, blank=True, default="")
    delay_amount = models.PositiveIntegerField(_("wait"), default=0)
    delay_unit = models.CharField(_("unit"), max_length=12, choices=DelayUnit.choices, default=DelayUnit.IMMEDIATELY)
    window_start = models.TimeField(_("from"), null=True, blank=True)
    window_end = models.TimeField(_("until"), null=True, blank=True)
    weekdays = models.PositiveSmallIntegerField(_("weekdays"), default=ALL_DAYS)
    sub_flow = models.ForeignKey(SubFlow, models.PROTECT, related_name="steps", verbose_name=_("sub-flow"))
    is_enabled = models.BooleanField(_("on"), default=True)
    content_type = models.CharField(
        _("content type"), max_length=30, choices=CONTENT_TYPES, default=ContentType.DEFAULT.value
    )
    notification_type = models.CharField(
        _("notification type"), max_length=20, choices=NOTIFICATION_TYPES, default=NotificationType.REGULAR.value
    )
    outside_reply_window = models.CharField(
        _("when the 24-hour rule forbids it"),
        max_length=10,
        choices=OutsideReplyWindow.choices,
        default=OutsideReplyWindow.SKIP,
    )
    fall_back_to = models.CharField(_("also try"), max_length=200, blank=True, default="", db_default="")
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    public_id = PublicId("stp")
    objects = StepQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [workspace_key("step")]

    def __str__(self) -> str:
        return self.name or f"#{self.position + 1}"

    @property
    def title(self) -> str:
        """What people call this message: its own name, else its sub-flow's, which should be loaded."""
        return self.name or str(self.sub_flow)

    @property
    def delay(self) -> timedelta:
        if self.delay_unit == DelayUnit.IMMEDIATELY:
            return timedelta(0)
        return timedelta(**{self.delay_unit: self.delay_amount})

    @property
    def schedule(self) -> Schedule:
        return Schedule(self.delay, self.window_start, self.window_end, self.weekdays)

    @property
    def settings(self) -> StepSettings:
        """The step as the rules see it."""
        return StepSettings(
            id=self.pk,
            schedule=self.schedule,
            is_open=self.is_enabled and self.archived_at is None,
            sub_flow_id=self.sub_flow_id,
            content_type=ContentType(self.content_type),
            notification_type=NotificationType(self.notification_type),
            outside=self.outside_reply_window,
            fall_back_to=kinds_in(self.fall_back_to),
        )
