from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from channels.messages import Route
from sequencer.workspaces.admin.paging import CappedPaginator
from sequencer.workspaces.admin.requests import access_to, actor_of
from sequencer.workspaces.admin.scoped import ReadOnlyAdmin
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.refusals import Conflict
from sequences.actions.settle_unknown import settle_unknown
from sequences.admin.empty_lists import Empty
from sequences.admin.ledger_days import first_since
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


class DayFilter(SimpleListFilter):
    """Whole days on the workspace's clock, by the moment of the decision."""

    title = _("day")
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("today", _("Today")),
            ("yesterday", _("Yesterday")),
            ("week", _("Last 7 days")),
            ("month", _("Last 30 days")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        match self.value():
            case "today":
                return _since(queryset, midnight)
            case "yesterday":
                return _since(queryset, midnight - timedelta(days=1)).filter(decided_at__lt=midnight)
            case "week":
                return _since(queryset, midnight - timedelta(days=6))
            case "month":
                return _since(queryset, midnight - timedelta(days=29))
            case _:
                return queryset


def _since(rows: QuerySet[Any], moment: datetime) -> QuerySet[Any]:
    return rows.filter(decided_at__gte=moment, pk__gte=first_since(moment))


@admin.register(Delivery, site=site)
class DeliveryAdmin(ReadOnlyAdmin):
    """The ledger: what went, what waits, what did not go and why."""

    paginator = CappedPaginator
    list_display = (
        "decided_at",
        "contact",
        "channel",
        "shown_sequence",
        "shown_step",
        "shown_state",
        "shown_reason",
        "attempts",
    )
    list_filter = ("state", ReasonFilter, DayFilter, "channel", "subscription__sequence", "step")
    change_form_outer_before_template = "sequences/settle_unknown.html"
    empty = Empty(
        _("No delivery yet"),
        _("Here stands every message that went, waits or did not go, and why. People have to be in a sequence first."),
        (("admin:sequences_sequence_changelist", _("Sequences")), ("admin:channels_contact_changelist", _("Contacts"))),
    )
    list_select_related = ("contact", "channel", "step__sub_flow", "subscription__sequence")
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

    def get_urls(self) -> list[URLPattern]:
        settle = self.admin_site.admin_view(self.settle_view)
        return [path("<int:delivery_id>/settle/", settle, name="sequences_delivery_settle"), *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        row = kwargs.get("obj")
        if row is not None:
            words = {"message": self.shown_step(row), "contact": row.contact}
            context["subtitle"] = request.heading = _("“%(message)s” to %(contact)s") % words  # type: ignore[attr-defined]
        context["is_in_doubt"] = row is not None and row.state == DeliveryState.UNKNOWN
        context["may_settle"] = access_to(request).may_change(Delivery)
        return super().render_change_form(request, context, *args, **kwargs)

    def settle_view(self, request: HttpRequest, delivery_id: int) -> HttpResponse:
        """What somebody found out about a message in doubt."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self.get_queryset(request).filter(pk=delivery_id).first()
        if row is None:
            raise Http404
        if not access_to(request).may_change(Delivery):
            raise PermissionDenied
        arrived = request.POST.get("arrived", "")
        if arrived not in ("yes", "no"):
            messages.error(request, _("Say whether the message arrived."))
        else:
            self._settle(request, row, has_arrived=arrived == "yes")
        return HttpResponseRedirect(reverse("admin:sequences_delivery_change", args=[row.pk]))

    def _settle(self, request: HttpRequest, row: Delivery, *, has_arrived: bool) -> None:
        try:
            settle_unknown(row, has_arrived=has_arrived, now=timezone.now(), actor=actor_of(request))
        except Conflict as conflict:
            messages.error(request, str(self.admin_site.explain(conflict.code, {})))
        else:
            messages.success(request, _("Noted. Nothing was sent for it."))

    @display(description=_("sequence"))
    def shown_sequence(self, row: Delivery) -> str:
        return str(row.subscription.sequence)

    @display(description=_("message"))
    def shown_step(self, row: Delivery) -> str:
        return row.step.title

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
