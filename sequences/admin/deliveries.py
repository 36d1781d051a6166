from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from channels.messages import Route
from sequencer.workspaces.admin.paging import CappedPaginator
from sequencer.workspaces.admin.scoped import ReadOnlyAdmin
from sequencer.workspaces.admin.site import site
from sequences.admin.next_message import reason_of
from sequences.models import Delivery, DeliveryState
from sequences.rules.reasons import Reason
from sequences.sentences import sentence

COLOURS = {
    DeliveryState.SENT: "success",
    DeliveryState.DELIVERED: "success",
    DeliveryState.READ: "success",
    DeliveryState.FAILED: "danger",
    DeliveryState.UNKNOWN: "danger",
    DeliveryState.SKIPPED: "warning",
    DeliveryState.WAITING: "info",
    DeliveryState.SENDING: "info",
}
ROUTES: dict[str, Any] = {
    Route.MESSAGE: _("ordinary message"),
    Route.UTILITY_TEMPLATE: _("utility template"),
    Route.MESSAGE_TAG: _("message tag"),
}


class ReasonFilter(SimpleListFilter):
    """The closed list of reasons: no look through the whole ledger for those that occur."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(reason.value, sentence(reason.value)) for reason in Reason]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(reason=self.value()) if self.value() in list(Reason) else queryset


@admin.register(Delivery, site=site)
class DeliveryAdmin(ReadOnlyAdmin):
    """The ledger: what went, what waits, what did not go and why."""

    paginator = CappedPaginator
    list_display = ("decided_at", "contact", "shown_sequence", "shown_step", "shown_state", "shown_reason", "attempts")
    list_filter = ("state", ReasonFilter, "channel", "subscription__sequence")
    list_select_related = ("contact", "step__sub_flow", "subscription__sequence")
    search_fields = ("contact__address", "contact__first_name", "contact__last_name")
    ordering = ("-id",)
    fields = (
        "contact",
        "channel",
        "shown_sequence",
        "shown_step",
        "state",
        "shown_reason",
        "shown_route",
        "attempts",
        "due_at",
        "decided_at",
        "sent_at",
        "delivered_at",
        "read_at",
        "time_zone",
        "provider_ids",
    )

    @display(description=_("sequence"))
    def shown_sequence(self, row: Delivery) -> str:
        return str(row.subscription.sequence)

    @display(description=_("message"))
    def shown_step(self, row: Delivery) -> str:
        return row.step.name or str(row.step.sub_flow)

    @display(description=_("state"), label=COLOURS, ordering="state")
    def shown_state(self, row: Delivery) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @display(description=_("route"))
    def shown_route(self, row: Delivery) -> Any:
        return ROUTES.get(row.route, row.route)

    @display(description=_("reason"))
    def shown_reason(self, row: Delivery) -> str:
        return reason_of(row)

    @display(description=_("ids of the provider"))
    def provider_ids(self, row: Delivery) -> str:
        return ", ".join(part.provider_message_id or "–" for part in row.parts.order_by("part"))
