"""The contacts of channels/admin, with what sequences know of them: past and future, and what can be done."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from channels.actions.opt_out import opt_in, opt_out
from channels.admin.contacts import ContactAdmin as ChannelsContactAdmin
from channels.models import Contact
from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.requests import access_to, actor_of, number_of
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.models import Role
from sequences.actions.planning import zone_of
from sequences.actions.unsubscribe import stop_subscriptions
from sequences.admin.bulk import choose_sequence
from sequences.admin.contact_future import futures_of
from sequences.admin.contact_past import past_of
from sequences.admin.empty_lists import Empty
from sequences.admin.sequence_page import clock_in
from sequences.models import Sequence, Subscription
from sequences.rules.reasons import EndedBecause

MOST_SHOWN = 30
MAX_NOTE = 200


@admin.register(Contact, site=site)
class ContactAdmin(ChannelsContactAdmin):
    actions: tuple[str, ...] = ("subscribe", "unsubscribe", *ChannelsContactAdmin.actions)
    empty = Empty(
        _("No contact yet"),
        _("People stand here as soon as they write to one of your channels, or a program names them by the API."),
        (("admin:channels_contact_add", _("New contact")), ("admin:channels_channel_changelist", _("Channels"))),
    )
    change_form_outer_before_template = "sequences/contact_life.html"

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("<int:contact_id>/stop/", guarded(self.stop_view), name="channels_contact_stop"),
            path("<int:contact_id>/consent/", guarded(self.consent_view), name="channels_contact_consent"),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        contact = kwargs.get("obj")
        if contact is not None:
            context.update(self._life(request, contact))
        return super().render_change_form(request, context, *args, **kwargs)

    @method_decorator(require_POST)
    def stop_view(self, request: HttpRequest, contact_id: int) -> HttpResponse:
        """Stop one sequence for this person."""
        contact = self._posted(request, contact_id)
        if not access_to(request).may_change(Subscription):
            raise PermissionDenied
        number = number_of(request.POST.get("subscription")) or 0
        mine = Subscription.objects.filter(contact=contact, pk=number).values_list("pk", flat=True)
        now = timezone.now()
        if stop_subscriptions(mine, because=EndedBecause.UNSUBSCRIBED, now=now, actor=actor_of(request)):
            messages.success(request, _("The sequence stopped for this person."))
        return self._back(contact)

    @method_decorator(require_POST)
    def consent_view(self, request: HttpRequest, contact_id: int) -> HttpResponse:
        """Opt out or in by an owner's hand, with a note that the audit log keeps."""
        contact = self._posted(request, contact_id)
        if not access_to(request).role.includes(Role.OWNER):
            raise PermissionDenied
        note = request.POST.get("note", "").replace("\x00", "").strip()[:MAX_NOTE]
        now, actor = timezone.now(), actor_of(request)
        match request.POST.get("consent"):
            case "out" if opt_out(contact, now=now, actor=actor, note=note):
                messages.success(request, _("Opted out: nothing more is sent to this person."))
            case "in" if opt_in(contact, now=now, actor=actor, note=note):
                messages.success(request, _("This person may be written to again."))
        return self._back(contact)

    @admin.action(description=_("Subscribe to a sequence…"), permissions=["change"])
    def subscribe(self, request: HttpRequest, rows: QuerySet[Contact]) -> HttpResponse | None:
        return choose_sequence(self, request, rows, is_leaving=False)

    @admin.action(description=_("Unsubscribe from a sequence…"), permissions=["change"])
    def unsubscribe(self, request: HttpRequest, rows: QuerySet[Contact]) -> HttpResponse | None:
        return choose_sequence(self, request, rows, is_leaving=True)

    def _life(self, request: HttpRequest, contact: Contact) -> dict[str, Any]:
        access, now = access_to(request), timezone.now()
        zone = zone_of(contact, access.workspace.time_zone)
        mine = visible(Subscription.objects.all(), access.workspace).filter(contact=contact)
        rows = list(mine.select_related("sequence__workspace", "next_step", "channel").order_by("-id")[:MOST_SHOWN])
        past = past_of(contact, rows, may_test=access.may_change(Sequence))
        return {
            "futures": futures_of(contact, rows, now=now),
            "past": [(clock_in(zone, line.at), line) for line in past],
            "zone": zone,
            "clock": clock_in(zone, now),
            "may_decide_consent": access.role.includes(Role.OWNER),
        }

    def _posted(self, request: HttpRequest, contact_id: int) -> Contact:
        contact: Contact | None = self.get_queryset(request).filter(pk=contact_id).first()
        if contact is None:
            raise Http404
        return contact

    def _back(self, contact: Contact) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:channels_contact_change", args=[contact.pk]))
