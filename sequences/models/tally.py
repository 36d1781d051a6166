"""How many deliveries of a message are in which state, how many people came and left: kept by the database itself."""

from __future__ import annotations

from django.db import models

from sequencer.workspaces.models import TenantModel, TenantQuerySet, workspace_key
from sequences.models.delivery import DeliveryState
from sequences.models.sequence import Sequence
from sequences.models.step import Step


class Tally(TenantModel):
    """`number` deliveries more (or fewer) of `step` are in `state`; the sum is the truth. Triggers (sql/tally.py) add a
    row for each statement that decides deliveries, so that no two dispatchers wait for each other; housekeeping folds
    them. Deliveries on their way are in none.

    `slot` is the quarter of an hour (rules/slots.py) in which they were decided; NULL once StepDay knows of them.
    """

    step = models.ForeignKey(Step, models.CASCADE, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=DeliveryState.choices)
    slot = models.IntegerField(null=True)
    number = models.IntegerField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [workspace_key("tally")]
        indexes = [models.Index(fields=["step", "state"], name="tally_of_step")]

    def __str__(self) -> str:
        return f"{self.step_id} {self.state} {self.number}"


class StepDay(TenantModel):
    """`number` deliveries of `step` that were decided on that day, in the workspace's zone, are in `state`."""

    step = models.ForeignKey(Step, models.CASCADE, related_name="+", db_index=False)
    on = models.DateField()
    state = models.CharField(max_length=10, choices=DeliveryState.choices)
    number = models.IntegerField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            workspace_key("step_day"),
            models.UniqueConstraint(fields=["step", "on", "state", "workspace"], name="step_day_once"),
        ]
        indexes = [models.Index(fields=["on"], name="step_day_on")]

    def __str__(self) -> str:
        return f"{self.step_id} {self.on} {self.state} {self.number}"


class EntryTally(TenantModel):
    """What Tally is for messages, for people: `number` more came in (`word` is "subscribed") or left (why they did)."""

    sequence = models.ForeignKey(Sequence, models.CASCADE, related_name="+", db_index=False)
    word = models.CharField(max_length=30)
    slot = models.IntegerField(null=True)
    number = models.IntegerField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [workspace_key("entry_tally")]
        indexes = [models.Index(fields=["sequence", "word"], name="entry_tally_of_sequence")]

    def __str__(self) -> str:
        return f"{self.sequence_id} {self.word} {self.number}"


class EntryDay(TenantModel):
    """`number` people came into `sequence`, or left it, on that day, in the workspace's zone."""

    sequence = models.ForeignKey(Sequence, models.CASCADE, related_name="+", db_index=False)
    on = models.DateField()
    word = models.CharField(max_length=30)
    number = models.IntegerField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            workspace_key("entry_day"),
            models.UniqueConstraint(fields=["sequence", "on", "word", "workspace"], name="entry_day_once"),
        ]
        indexes = [models.Index(fields=["on"], name="entry_day_on")]

    def __str__(self) -> str:
        return f"{self.sequence_id} {self.on} {self.word} {self.number}"
