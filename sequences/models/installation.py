"""What there is once per installation: its probe, what it holds back and why, and what it counts for its operator."""

from __future__ import annotations

from django.db import models

from sequencer.workspaces.models import Workspace

THE_ONE = 1


class Installation(models.Model):
    """One row. `canary_*`: the probe that sends itself a message each minute (actions/canary.py).

    `fingerprint` names the database it was when sending was last allowed; while `held_at` is set nothing is claimed
    (actions/epoch.py). `gap` is what the last reconciliation found.
    """

    canary_workspace = models.ForeignKey(Workspace, models.SET_NULL, null=True, related_name="+")
    canary_started_at = models.DateTimeField(null=True)
    fingerprint = models.CharField(max_length=100, blank=True, default="")
    held_at = models.DateTimeField(null=True)
    gap = models.PositiveIntegerField(null=True)
    reconciled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "installation"
        verbose_name_plural = "installations"

    def __str__(self) -> str:
        return "installation"

    @classmethod
    def the_one(cls) -> Installation:
        return cls.objects.get_or_create(pk=THE_ONE)[0]


class Counter(models.Model):
    """A counter of the installation: how often `name` happened with these labels. Runs write to different shards."""

    shard = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)
    labels = models.CharField(max_length=100, blank=True, default="")
    value = models.FloatField(default=0)

    class Meta:
        verbose_name = "counter"
        verbose_name_plural = "counters"
        constraints = [models.UniqueConstraint(fields=["shard", "name", "labels"], name="counter_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.labels}"
