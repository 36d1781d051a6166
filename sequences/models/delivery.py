"""One step to one subscription, and each message of it that the provider accepted."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from channels.models import Channel, Contact
from sequencer.workspaces.models import TenantModel, TenantQuerySet, workspace_key
from sequencer.workspaces.public_ids import PublicId
from sequences.models.step import Step
from sequences.models.subscription import Subscription


class DeliveryState(models.TextChoices):
    """Which files of actions/ move a row in and out; an end of the subscription (unsubscribe) closes what waits."""

    # in: prepare, committed before the request leaves; out: record, leave (put back), recompute, or rescue
    SENDING = "sending", _("Sending")
    # in: record, leave, recompute or rescue, to go on later; out: prepare, or unsubscribe
    WAITING = "waiting", _("Waiting")
    # in: record, when the last part was accepted; prepare or unsubscribe, when the rest of it may not go any more;
    # settle_unknown or an echo, out of UNKNOWN; out: a receipt, or undelivered
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")  # in: a receipt; out: a receipt
    READ = "read", _("Read")  # in: a receipt; final
    # in: record; prepare, when it cannot be rendered; rescue, when workers died of it; settle_unknown; undelivered,
    # when the provider tells it late; final
    FAILED = "failed", _("Failed")
    # in: record, prepare or unsubscribe, without anything sent; final, but for a condition that an edit takes away
    SKIPPED = "skipped", _("Skipped")
    # in: record, rescue or epoch; final unless a person (settle_unknown) or an echo settles it
    UNKNOWN = "unknown", _("Unknown")


class Delivery(TenantModel):
    """Unique per subscription and step: the guard against sending anything twice. Committed before the request leaves.

    `parts_done` counts the blocks of the sub-flow that are behind us; `request_started_at` is set while the request
    for the next one may have left. `contact` and `channel` are where it went: the subscription's own, or, with
    `fell_back_because`, another one of the same person; they stand still once something was accepted.
    `reason` is a stable code (rules/reasons.py), `reason_details` its parameters.
    """

    subscription = models.ForeignKey(
        Subscription, models.CASCADE, related_name="deliveries", db_index=False, verbose_name=_("subscription")
    )
    step = models.ForeignKey(Step, models.PROTECT, related_name="+", db_index=False, verbose_name=_("message"))
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="deliveries", verbose_name=_("contact"))
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+", db_index=False, verbose_name=_("channel"))
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState.choices)
    reason = models.CharField(_("reason"), max_length=40, blank=True, default="")
    reason_details = models.JSONField(default=dict, blank=True)
    fell_back_because = models.CharField(
        _("why on another channel"), max_length=40, blank=True, default="", db_default=""
    )
    route = models.CharField(_("route"), max_length=20, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    parts_done = models.PositiveSmallIntegerField(default=0)
    run = models.ForeignKey("sequences.Run", models.SET_NULL, null=True, related_name="+", db_index=False)
    due_at = models.DateTimeField(_("due"))
    decided_at = models.DateTimeField(_("decided"))
    request_started_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True)
    read_at = models.DateTimeField(_("read"), null=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, default="")

    public_id = PublicId("dlv")

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            workspace_key("delivery"),
            models.UniqueConstraint(fields=["subscription", "step", "workspace"], name="delivery_never_twice"),
        ]
        # Neither column ever changes, so no update of a row costs an entry here: the latest of a message, first.
        indexes = [models.Index(fields=["step", "id"], name="delivery_of_step")]

    def __str__(self) -> str:
        return f"{self.public_id}"


class SentPart(TenantModel):
    """One accepted message of a delivery; receipts find their delivery by the provider's id.

    Without a number of its own: the index of one would cost every message more than any other part of this row.
    """

    pk = models.CompositePrimaryKey("delivery_id", "part", "workspace_id")
    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="parts", db_index=False)
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+", db_index=False)
    part = models.PositiveSmallIntegerField()
    provider_message_id = models.CharField(max_length=255, null=True)  # noqa: DJ001  # NULL: the provider gave none
    left_at = models.DateTimeField(null=True)  # its request: the provider's own moment lies between this and sent_at
    sent_at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["delivery", "part", "workspace"], name="sent_part_once"),
            models.UniqueConstraint(fields=["channel", "provider_message_id", "workspace"], name="sent_part_receipt"),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id}.{self.part}"
