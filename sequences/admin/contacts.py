"""The contacts of channels/admin, with what sequences know of them: subscriptions, deliveries, bulk actions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels.admin.contacts import ContactAdmin as ChannelsContactAdmin
from channels.models import Contact
from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.requests import access_to
from sequencer.workspaces.admin.site import site
from sequences.admin.bulk import choose_sequence
from sequences.admin.empty_lists import Empty
from sequences.admin.next_message import reason_of, with_words
from sequences.models import Delivery, Subscription

MOST_SHOWN = 20


@admin.register(Contact, site=site)
class ContactAdmin(ChannelsContactAdmin):
    actions: tuple[str, ...] = ("subscribe", "unsubscribe", *ChannelsContactAdmin.actions)
    empty = Empty(
        _("No contact yet"),
        _("People stand here as soon as they write to one of your channels, or a program names them by the API."),
        (("admin:channels_contact_add", _("New contact")), ("admin:channels_channel_changelist", _("Channels"))),
    )
    change_form_outer_before_template = "sequences/contact_life.html"

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        contact = kwargs.get("obj")
        if contact is not None:
            context["subscriptions"] = with_words(_subscriptions(request, contact), now=timezone.now())
            context["deliveries"] = [(row, reason_of(row)) for row in _deliveries(request, contact)]
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.action(description=_("Subscribe to a sequence…"), permissions=["change"])
    def subscribe(self, request: HttpRequest, rows: QuerySet[Contact]) -> HttpResponse | None:
        return choose_sequence(self, request, rows, is_leaving=False)

    @admin.action(description=_("Unsubscribe from a sequence…"), permissions=["change"])
    def unsubscribe(self, request: HttpRequest, rows: QuerySet[Contact]) -> HttpResponse | None:
        return choose_sequence(self, request, rows, is_leaving=True)


def _subscriptions(request: HttpRequest, contact: Contact) -> list[Subscription]:
    mine = visible(Subscription.objects.all(), access_to(request).workspace).filter(contact=contact)
    return list(mine.select_related("sequence", "next_step", "channel").order_by("-id")[:MOST_SHOWN])


def _deliveries(request: HttpRequest, contact: Contact) -> list[Delivery]:
    mine = visible(Delivery.objects.all(), access_to(request).workspace).filter(contact=contact)
    return list(mine.select_related("step__sub_flow", "subscription__sequence").order_by("-id")[:MOST_SHOWN])
