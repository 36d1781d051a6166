"""The contacts of channels/admin, with what sequences know of them: past and future, and what can be done."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from channels.actions.erase_contact import erase_contact
from channels.actions.opt_out import opt_in, opt_out
from channels.admin.contact_links import change_links, links_of
from channels.admin.contacts import ContactAdmin as ChannelsContactAdmin
from channels.models import Contact
from sequencer.workspaces.access import visible
from sequencer.workspaces.actions.audit import record_audit
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
from sequences.admin.steering import LONGER, steer
from sequences.export_contact import export_of
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
            path("<int:contact_id>/steer/", guarded(self.steer_view), name="channels_contact_steer"),
            path("<int:contact_id>/consent/", guarded(self.consent_view), name="channels_contact_consent"),
            path("<int:contact_id>/export/", guarded(self.export_view), name="channels_contact_export"),
            path("<int:contact_id>/links/", guarded(self.links_view), name="channels_contact_links"),
            path("<int:contact_id>/erase/", guarded(self.erase_view), name="channels_contact_erase"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Whoever was erased is not there any more."""
        return super().get_queryset(request).filter(erased_at=None)

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
    def steer_view(self, request: HttpRequest, contact_id: int) -> HttpResponse:
        """Another message comes next for this person, or the next one comes later."""
        contact = self._posted(request, contact_id)
        if not access_to(request).may_change(Subscription):
            raise PermissionDenied
        rows = visible(Subscription.objects.all(), access_to(request).workspace).filter(contact=contact)
        row: Subscription | None = rows.filter(pk=number_of(request.POST.get("subscription")) or 0).first()
        if row is not None:
            steer(request, row)
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

    @method_decorator(require_POST)
    def links_view(self, request: HttpRequest, contact_id: int) -> HttpResponse:
        """Say who the same person is on another channel, or that this one is somebody else."""
        contact = self._posted(request, contact_id)
        if not self.has_change_permission(request, contact):
            raise PermissionDenied
        change_links(request, contact)
        return self._back(contact)

    @method_decorator(require_POST)
    def export_view(self, request: HttpRequest, contact_id: int) -> HttpResponse:
        """All that is held about this person, as a file."""
        contact = self._owners(request, contact_id)
        now = timezone.now()
        record_audit("exported", contact, actor=actor_of(request), now=now)
        answer = JsonResponse(export_of(contact, now=now), json_dumps_params={"indent": 2, "ensure_ascii": False})
        answer["Content-Disposition"] = f'attachment; filename="{contact.public_id}.json"'
        answer["Cache-Control"] = "no-store"
        return answer

    @method_decorator(require_POST)
    def erase_view(self, request: HttpRequest, contact_id: int) -> HttpResponse:
        """Erase this person, once somebody ticked that it is for good."""
        contact = self._owners(request, contact_id)
        if request.POST.get("sure") != "yes":
            messages.error(request, _("Tick the box first: what is erased cannot be brought back."))
            return self._back(contact)
        erase_contact(contact, now=timezone.now(), actor=actor_of(request))
        messages.success(request, _("This person was erased. The numbers of what was sent stay."))
        return HttpResponseRedirect(reverse("admin:channels_contact_changelist"))

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
            "longer": LONGER,
            "past": [(clock_in(zone, line.at), line) for line in past],
            "zone": zone,
            "clock": clock_in(zone, now),
            **links_of(request, contact),
            "may_decide_consent": access.role.includes(Role.OWNER),
        }

    def _owners(self, request: HttpRequest, contact_id: int) -> Contact:
        contact = self._posted(request, contact_id)
        if not access_to(request).role.includes(Role.OWNER):
            raise PermissionDenied
        return contact
