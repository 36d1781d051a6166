from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from sequencer.workspaces.admin.paging import CappedPaginator
from sequencer.workspaces.admin.requests import access_to, actor_of
from sequencer.workspaces.admin.scoped import ReadOnlyAdmin
from sequencer.workspaces.admin.site import site
from sequences.actions.unsubscribe import stop_subscriptions
from sequences.admin.empty_lists import Empty
from sequences.admin.next_message import why
from sequences.models import Subscription, SubscriptionState
from sequences.rules.reasons import EndedBecause

COLOURS = {SubscriptionState.ACTIVE: "success", SubscriptionState.COMPLETED: "info", SubscriptionState.STOPPED: ""}
MOST_AT_ONCE = 5000


@admin.register(Subscription, site=site)
class SubscriptionAdmin(ReadOnlyAdmin):
    """People enter from the list of contacts; here one sees where they are, and can stop them."""

    paginator = CappedPaginator
    list_display = ("contact", "sequence", "shown_state", "next_step", "next_send_at", "shown_why", "subscribed_at")
    list_filter = ("state", "sequence", "channel")
    list_select_related = ("contact", "sequence", "next_step", "channel")
    empty = Empty(
        _("Nobody is in a sequence yet"),
        _("People enter by a flow, by a button of a message, by the API, or by hand from the list of contacts."),
        (("admin:channels_contact_changelist", _("Choose contacts")),),
    )
    search_fields = ("contact__address", "contact__first_name", "contact__last_name")
    ordering = ("-id",)
    fields = (
        "contact",
        "sequence",
        "state",
        "next_step",
        "next_send_at",
        "shown_why",
        "subscribed_at",
        "ended_at",
    )
    actions = ("stop",)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if (row := kwargs.get("obj")) is not None:
            words = {"contact": row.contact, "sequence": row.sequence}
            context["subtitle"] = request.heading = _("%(contact)s in “%(sequence)s”") % words  # type: ignore[attr-defined]
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description=_("state"), label=COLOURS, ordering="state")
    def shown_state(self, row: Subscription) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @display(description=_("why"))
    def shown_why(self, row: Subscription) -> str:
        return why(row, now=timezone.now())

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return access_to(request).may_change(Subscription)

    @admin.action(description=_("Stop"), permissions=["stop"])
    def stop(self, request: HttpRequest, rows: QuerySet[Subscription]) -> None:
        chosen = list(rows.values_list("pk", flat=True)[:MOST_AT_ONCE])
        count = stop_subscriptions(
            chosen, because=EndedBecause.UNSUBSCRIBED, now=timezone.now(), actor=actor_of(request)
        )
        messages.success(request, _("%(count)s stopped.") % {"count": count})
