"""Where a workspace wants to be told of what happens, what there is to tell, and how each try went."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from channels.models import Contact
from sequencer.workspaces.models import Role, TenantModel, TenantQuerySet, workspace_key
from sequencer.workspaces.public_ids import PublicId


class EndpointState(models.TextChoices):
    """An owner enables and disables; the sender disables (see DisabledBecause)."""

    ACTIVE = "active", pgettext_lazy("webhook endpoint", "Active")
    DISABLED = "disabled", pgettext_lazy("webhook endpoint", "Disabled")


class DisabledBecause(models.TextChoices):
    BY_HAND = "by_hand", _("Disabled by hand")
    GONE = "gone", _("It answered 410: it wants nothing more")
    FAILING = "failing", _("It took nothing for five days")


class EndpointQuerySet(TenantQuerySet):
    def active(self) -> Self:
        return self.filter(state=EndpointState.ACTIVE)

    def rested(self, now: datetime) -> Self:
        """Those that did not ask to be left alone."""
        return self.exclude(rests_until__gt=now)


class WebhookEndpoint(TenantModel):
    """`event_types` empty: all of them. `secrets` is a ciphertext bound to this row: the secret and the one before.

    `is_recording`: what happens is kept for it; not while it is disabled, but for one that only fails just now.
    """

    url = models.CharField(_("address"), max_length=2000)
    description = models.CharField(_("description"), max_length=200, blank=True, default="")
    event_types = models.JSONField(_("events"), default=list, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=EndpointState.choices, default=EndpointState.ACTIVE, editable=False
    )
    disabled_because = models.CharField(
        _("disabled because"), max_length=10, choices=DisabledBecause.choices, blank=True, default="", editable=False
    )
    is_recording = models.BooleanField(default=True, editable=False)
    secrets = models.TextField(blank=True, default="", editable=False)
    old_secret_until = models.DateTimeField(_("the old secret signs until"), null=True, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    rests_until = models.DateTimeField(null=True, editable=False)
    owners_told_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), editable=False)

    public_id = PublicId("whe")
    needs_role_to_view: ClassVar[Role] = Role.OWNER
    needs_role_to_change: ClassVar[Role] = Role.OWNER
    objects = EndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        constraints = [workspace_key("webhook_endpoint")]

    def __str__(self) -> str:
        return self.description or self.url


class TellingState(models.TextChoices):
    """Triggers (sql/outbox.py) write WAITING; the sender moves on; a replay moves back to WAITING."""

    WAITING = "waiting", pgettext_lazy("webhook", "Waiting")
    DELIVERED = "delivered", pgettext_lazy("webhook", "Delivered")
    FAILED = "failed", pgettext_lazy("webhook", "Given up")  # after the last of its tries


class WebhookMessage(TenantModel):
    """One thing that happened, for one endpoint: written by the database in the transaction in which it happened.

    `key` is the webhook-id, the same for all tries. `reason` is what stood beside the state then. `body` is filled in
    before the first try and never changes. While `next_attempt_at` is set it waits for that moment. Subscription and
    delivery are plain numbers: history is dropped without asking who was told of it.
    """

    endpoint = models.ForeignKey(
        WebhookEndpoint, models.CASCADE, related_name="messages", db_index=False, verbose_name=_("webhook endpoint")
    )
    key = models.CharField(max_length=40, editable=False)
    type = models.CharField(_("event"), max_length=40)
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="+", verbose_name=_("contact"))
    subscription_id = models.BigIntegerField(null=True)
    delivery_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=40, blank=True, default="")
    at = models.DateTimeField(_("happened"))
    recorded_at = models.DateTimeField()
    state = models.CharField(_("state"), max_length=10, choices=TellingState.choices, default=TellingState.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True)
    ended_at = models.DateTimeField(null=True)
    body = models.TextField(blank=True, default="")

    public_id = PublicId("whm")
    needs_role_to_view: ClassVar[Role] = Role.OWNER
    needs_role_to_change: ClassVar[Role] = Role.OWNER
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook message")
        verbose_name_plural = _("webhook messages")
        constraints = [workspace_key("webhook_message")]
        indexes = [
            models.Index(fields=["endpoint", "id"], name="webhook_message_log"),
            models.Index(
                fields=["endpoint", "next_attempt_at"],
                condition=models.Q(next_attempt_at__isnull=False),
                name="webhook_message_due",
            ),
            models.Index(fields=["recorded_at"], name="webhook_message_old"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.public_id}"


class WebhookAttempt(TenantModel):
    """One try: the status that was answered, or the word for why there was none. Answers' bodies are not kept."""

    message = models.ForeignKey(WebhookMessage, models.CASCADE, related_name="tries")
    at = models.DateTimeField(_("at"))
    status = models.PositiveSmallIntegerField(_("answer"), null=True)
    trouble = models.CharField(_("trouble"), max_length=20, blank=True, default="")
    took = models.PositiveIntegerField(_("took"))  # milliseconds

    needs_role_to_view: ClassVar[Role] = Role.OWNER
    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints = [workspace_key("webhook_attempt")]

    def __str__(self) -> str:
        return f"{self.message_id} {self.status or self.trouble}"
