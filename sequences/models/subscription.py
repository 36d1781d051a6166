"""One contact going through one sequence once; every new entry is a new row."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels.models import Channel, Contact
from sequencer.workspaces.models import TenantModel, TenantQuerySet, workspace_key
from sequencer.workspaces.public_ids import PublicId
from sequences.models.run import Run
from sequences.models.sequence import Sequence
from sequences.models.step import Step


class SubscriptionState(models.TextChoices):
    """`subscribe` creates ACTIVE; `advance` moves to COMPLETED, `unsubscribe` and the ends of a contact to STOPPED."""

    ACTIVE = "active", _("Active")
    COMPLETED = "completed", _("Completed")
    STOPPED = "stopped", _("Stopped")


# Runs that died with a message in hand: from here on it is claimed alone, from there on it is set aside.
SUSPECTED_AFTER = 2
SET_ASIDE_AFTER = 3


class SubscriptionQuerySet(TenantQuerySet):
    def active(self) -> Self:
        return self.filter(state=SubscriptionState.ACTIVE)

    def ended_by(self, moment: datetime) -> Self:
        return self.filter(ended_at__lte=moment).exclude(state=SubscriptionState.ACTIVE)

    def held_by(self, run: Run, now: datetime) -> Self:
        """In this run's hands: a row that is claimed keeps its due moment until it is settled."""
        return self.filter(next_send_at__lte=now, run=run)

    def due(self, now: datetime) -> Self:
        """Waiting for nobody but us: due, and in no worker's hands."""
        return self.filter(next_send_at__lte=now, run=None)

    def suspected(self) -> Self:
        """Workers died with them in hand, more often than by chance."""
        return self.filter(deaths__gte=SUSPECTED_AFTER)

    def unsuspected(self) -> Self:
        return self.filter(deaths__lt=SUSPECTED_AFTER)


class Subscription(TenantModel):
    """`next_send_at` alone answers "what is due?"; NULL while nothing can come due by the clock (`next_because` says
    why: the contact's reply, a paused sequence) or after the end. `run` is the worker run that has it in its hands;
    such a row stays among the due, ended or paused meanwhile or not, so that a rescuer finds it there.

    `not_before_at` is the earliest moment after a retry, a busy contact or a pause block. `done_steps` remembers the
    ids of all steps decided here, for ever: nobody gets the same step twice.
    """

    sequence = models.ForeignKey(Sequence, models.CASCADE, related_name="+", db_index=False, verbose_name=_("sequence"))
    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="subscriptions", db_index=False, verbose_name=_("contact")
    )
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+", db_index=False, verbose_name=_("channel"))
    state = models.CharField(
        _("state"), max_length=10, choices=SubscriptionState.choices, default=SubscriptionState.ACTIVE
    )
    ended_because = models.CharField(_("ended because"), max_length=30, blank=True, default="")
    subscribed_at = models.DateTimeField(_("subscribed"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    countdown_started_at = models.DateTimeField()
    next_step = models.ForeignKey(
        Step, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("next message")
    )
    last_step = models.ForeignKey(Step, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    done_steps = models.JSONField(default=list)
    next_send_at = models.DateTimeField(_("next message at"), null=True, blank=True)
    next_because = models.CharField(_("why then"), max_length=30, blank=True, default="")
    not_before_at = models.DateTimeField(null=True, blank=True)
    run = models.ForeignKey(Run, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    first_sent_at = models.DateTimeField(null=True, blank=True)
    # Of runs with this message in hand, one after the other: the rescuer counts, and any settlement begins anew.
    deaths = models.PositiveSmallIntegerField(default=0, db_default=0)

    public_id = PublicId("sub")
    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [
            workspace_key("subscription"),
            # Finds a contact's subscriptions as well: two indexes would cost every message more than this one.
            models.UniqueConstraint(
                "contact",
                "sequence",
                "workspace",
                models.Case(
                    models.When(state=SubscriptionState.ACTIVE, then=0),
                    default="id",
                    output_field=models.BigIntegerField(),
                ),
                name="subscription_once_at_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["channel", "next_send_at"],
                condition=models.Q(next_send_at__isnull=False),
                name="subscription_due",
            ),
            models.Index(fields=["sequence", "state", "id"], name="subscription_people"),
            models.Index(fields=["ended_at"], condition=models.Q(ended_at__isnull=False), name="subscription_ended"),
            models.Index(
                fields=["channel"], condition=models.Q(deaths__gte=SUSPECTED_AFTER), name="subscription_suspects"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.public_id}"
