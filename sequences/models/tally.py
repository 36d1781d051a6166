"""How many deliveries of a message are in which state, kept by the database itself."""

from __future__ import annotations

from django.db import models

from sequencer.workspaces.models import TenantModel, TenantQuerySet, workspace_key
from sequences.models.delivery import DeliveryState
from sequences.models.step import Step


class Tally(TenantModel):
    """`number` deliveries more (or fewer) of `step` are in `state`; the sum is the truth. Triggers (sql/tally.py) add a
    row for each statement that decides deliveries, so that no two dispatchers wait for each other; housekeeping folds
    them. Deliveries on their way are in none.
    """

    step = models.ForeignKey(Step, models.CASCADE, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=DeliveryState.choices)
    number = models.IntegerField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [workspace_key("tally")]
        indexes = [models.Index(fields=["step", "state"], name="tally_of_step")]

    def __str__(self) -> str:
        return f"{self.step_id} {self.state} {self.number}"
