"""A worker's run: what is in flight carries its id, and what it records is fenced by it."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

# How long a run may be silent before others take over. One value for all machines of an installation.
DEAD_AFTER = timedelta(seconds=float(os.environ.get("SEQUENCER_DEAD_AFTER_SECONDS") or 15))
HEARTBEAT_EVERY = DEAD_AFTER / 3
GAP_AFTER = HEARTBEAT_EVERY * 1.6  # more than from one heartbeat to the next


class RunQuerySet(models.QuerySet["Run"]):
    def alive(self, now: datetime) -> Self:
        return self.filter(ended_at=None, heartbeat_at__gte=now - DEAD_AFTER)

    def dead(self, now: datetime) -> Self:
        """Still open by its own word, but silent for too long."""
        return self.filter(ended_at=None, heartbeat_at__lt=now - DEAD_AFTER)


class Run(models.Model):
    """Belongs to the installation, not to a workspace. `tree` names the worker command it runs under,
    `host` where its process number means its process (processes.place).

    `has_slot`: it is the one dispatcher of its tree; one that only finishes what is on its way has handed it over.
    """

    tree = models.CharField(max_length=64)
    host = models.CharField(max_length=200)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=30, blank=True, default="")
    rescued_at = models.DateTimeField(null=True)
    has_slot = models.BooleanField(default=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run of a worker")
        verbose_name_plural = _("runs of workers")
        constraints = [
            models.UniqueConstraint(
                fields=["tree"], condition=models.Q(has_slot=True, ended_at=None), name="run_one_dispatcher_a_tree"
            )
        ]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(rescued_at=None), name="run_unrescued"),
            models.Index(fields=["id"], condition=models.Q(ended_at=None), name="run_open"),
        ]

    def __str__(self) -> str:
        return f"{self.tree} {self.pid}"

    def is_silent(self, now: datetime) -> bool:
        return self.heartbeat_at < now - DEAD_AFTER

    def falters(self, now: datetime) -> bool:
        """Whether a heartbeat is overdue; not yet silent."""
        return self.heartbeat_at < now - GAP_AFTER
