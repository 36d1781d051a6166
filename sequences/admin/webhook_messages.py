"""What webhook endpoints were told, with every try; a ledger that owners read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from sequencer.workspaces.admin.paging import CappedPaginator
from sequencer.workspaces.admin.requests import access_to, actor_of
from sequencer.workspaces.admin.scoped import ReadOnlyAdmin
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.refusals import Conflict
from sequences.actions.webhook_records import Trouble
from sequences.actions.webhook_replays import replay
from sequences.models import EndpointState, TellingState, WebhookEndpoint, WebhookMessage

COLOURS = {TellingState.DELIVERED: "success", TellingState.FAILED: "danger", TellingState.WAITING: "info"}
TROUBLES = {
    Trouble.FORBIDDEN_ADDRESS: _("the address may not be reached"),
    Trouble.UNREACHABLE: _("not reached"),
    Trouble.NO_ANSWER: _("no whole answer"),
    Trouble.UNSIGNABLE: _("its secret cannot be read"),
}
MOST = 5


@admin.register(WebhookMessage, site=site)
class WebhookMessageAdmin(ReadOnlyAdmin):
    paginator = CappedPaginator
    list_display = ("at", "type", "endpoint", "contact", "shown_state", "attempts", "next_attempt_at")
    list_filter = ("endpoint", "state")
    list_select_related = ("endpoint", "contact")
    ordering = ("-id",)
    fields = (
        "at",
        "type",
        "endpoint",
        "contact",
        "shown_state",
        "shown_id",
        "next_attempt_at",
        "shown_tries",
        "shown_body",
    )
    readonly_fields = fields
    actions = ("send_again",)

    @display(description=_("webhook id"))
    def shown_id(self, message: WebhookMessage) -> str:
        return message.key

    @display(description=_("content"))
    def shown_body(self, message: WebhookMessage) -> str:
        return message.body or "–"

    @display(description=_("state"), label=COLOURS, ordering="state")
    def shown_state(self, row: WebhookMessage) -> tuple[str, Any]:
        return row.state, row.get_state_display()

    @display(description=_("tries"))
    def shown_tries(self, row: WebhookMessage) -> SafeString:
        lines = (
            (f"{one.at:%Y-%m-%d %H:%M:%S}", one.status or TROUBLES[Trouble(one.trouble)], one.took)
            for one in _tries(row)
        )
        return format_html_join("", "<p>{} UTC: {} ({} ms)</p>", lines)

    def has_again_permission(self, request: HttpRequest) -> bool:
        return access_to(request).may_change(WebhookMessage)

    @admin.action(description=_("Send again"), permissions=["again"])
    def send_again(self, request: HttpRequest, rows: QuerySet[WebhookMessage]) -> None:
        try:
            for row in rows.select_related("endpoint")[:1000]:
                replay(row, now=timezone.now(), actor=actor_of(request))
        except Conflict as conflict:
            messages.error(request, str(self.admin_site.explain(conflict.code, {})))
        else:
            messages.success(request, _("It goes out again."))


def _tries(row: WebhookMessage) -> QuerySet[Any]:
    return row.tries.order_by("-id")[:50]


def disabled_endpoints(request: HttpRequest) -> list[dict[str, Any]]:
    """What owners must know on every page: endpoints that were disabled without their hand."""
    access = access_to(request)
    if not access.may_change(WebhookEndpoint):
        return []
    rows = WebhookEndpoint.objects.in_workspace(access.workspace).filter(state=EndpointState.DISABLED)
    return [
        {
            "text": _("The webhook endpoint %(name)s was disabled: %(why)s.")
            % {"name": row, "why": row.get_disabled_because_display()},
            "link": reverse("admin:sequences_webhookendpoint_change", args=[row.pk]),
            "link_text": _("Look at it"),
        }
        for row in rows.exclude(disabled_because="by_hand").order_by("pk")[:MOST]
    ]


site.notices.append(disabled_endpoints)
