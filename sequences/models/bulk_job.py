"""Subscribing, or unsubscribing, many people in the background: the job, what of its file is left, what it refused."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from channels.models import Channel, Contact
from sequencer.workspaces.models import TenantModel, TenantQuerySet, workspace_key
from sequencer.workspaces.public_ids import PublicId
from sequences.models.sequence import Sequence


class BulkVerb(models.TextChoices):
    SUBSCRIBE = "subscribe", _("Subscribe people")
    UNSUBSCRIBE = "unsubscribe", _("Unsubscribe people")


class BulkSource(models.TextChoices):
    """Where the people come from."""

    CSV = "csv", _("a CSV file")
    NDJSON = "ndjson", _("a file of JSON lines")
    FILTER = "filter", _("a filter over the contacts")


class BulkState(models.TextChoices):
    """Who moves a row in and out."""

    WAITING = "waiting", _("Waiting for a worker")  # in: start_bulk_job; out: carry_on_bulk_job or cancel_bulk_job
    RUNNING = "running", pgettext_lazy("bulk job", "Running")  # in: its first batch; out: its last one, or as above
    COMPLETED = "completed", _("Completed")  # final
    CANCELLED = "cancelled", pgettext_lazy("bulk job", "Cancelled")  # in: cancel_bulk_job; what was done stays; final
    FAILED = "failed", _("Failed")  # in: carry_on_bulk_job, when the sequence takes nobody any more; final


UNFINISHED = (BulkState.WAITING, BulkState.RUNNING)


class BulkJobQuerySet(TenantQuerySet):
    def unfinished(self) -> Self:
        return self.filter(state__in=UNFINISHED)

    def forgotten(self, since: datetime) -> Self:
        """Nobody has touched them since: whoever was at them died."""
        return self.unfinished().filter(touched_at__lt=since)


class BulkJob(TenantModel):
    """`position` is how far it has come, committed with each batch: the last chunk done, or the last contact looked at.

    `channel` is that of the lines that name none, or what the filter asks for. `criteria` is the rest of the filter,
    `columns` what the first line of a CSV said, `counts` how many people met which fate.
    """

    sequence = models.ForeignKey(Sequence, models.CASCADE, related_name="+", verbose_name=_("sequence"))
    channel = models.ForeignKey(
        Channel, models.CASCADE, null=True, related_name="+", db_index=False, verbose_name=_("channel")
    )
    verb = models.CharField(_("what it does"), max_length=12, choices=BulkVerb.choices)
    source = models.CharField(_("people from"), max_length=10, choices=BulkSource.choices)
    state = models.CharField(_("state"), max_length=10, choices=BulkState.choices, default=BulkState.WAITING)
    failed_because = models.CharField(max_length=30, blank=True, default="")
    criteria = models.JSONField(default=dict)
    columns = models.JSONField(default=dict)
    total = models.PositiveIntegerField(_("people"), default=0)
    looked_at = models.PositiveIntegerField(default=0)
    position = models.BigIntegerField(default=0)
    until = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict)
    problem_count = models.PositiveIntegerField(_("problems"), default=0)
    requested_by = models.CharField(_("started by"), max_length=200, blank=True, default="")
    requested_at = models.DateTimeField(_("started"))
    started_at = models.DateTimeField(null=True)
    touched_at = models.DateTimeField()
    ended_at = models.DateTimeField(_("ended"), null=True)

    public_id = PublicId("blk")
    objects = BulkJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("bulk job")
        verbose_name_plural = _("bulk jobs")
        constraints = [workspace_key("bulk_job")]
        indexes = [
            models.Index(
                fields=["touched_at"], condition=models.Q(state__in=["waiting", "running"]), name="bulk_job_unfinished"
            ),
            models.Index(fields=["ended_at"], condition=models.Q(ended_at__isnull=False), name="bulk_job_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.public_id}"

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def percent(self) -> int:
        return min(100, 100 * self.looked_at // self.total) if self.total else 100 * (not self.is_unfinished)


class BulkChunk(TenantModel):
    """A stretch of the uploaded file; it goes with the commit that carried it out."""

    job = models.ForeignKey(BulkJob, models.CASCADE, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    first_line = models.PositiveIntegerField()
    content = models.BinaryField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            workspace_key("bulk_chunk"),
            models.UniqueConstraint(fields=["job", "number", "workspace"], name="bulk_chunk_once"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id}.{self.number}"


class BulkProblem(TenantModel):
    """Why one line, or one contact, was refused: a code, and the field it is about. Lines are counted from 1."""

    job = models.ForeignKey(BulkJob, models.CASCADE, related_name="+", db_index=False)
    line = models.PositiveIntegerField(null=True)
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="+")
    field = models.CharField(max_length=100, blank=True, default="")
    code = models.CharField(max_length=40)
    params = models.JSONField(default=dict)

    public_id = PublicId("blp")
    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [workspace_key("bulk_problem")]
        indexes = [models.Index(fields=["job", "id"], name="bulk_problem_of_job")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.line} {self.code}"
