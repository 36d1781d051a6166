"""The list and the page of contacts. Sequences builds on it (subscriptions, bulk actions) and registers it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from channels.actions.contact_values import spelled
from channels.actions.opt_out import opt_in, opt_out
from channels.actions.upsert_contact import change_contact, upsert_contact
from channels.admin.contact_form import ContactForm
from channels.models import Contact
from sequencer.workspaces.admin.paging import CappedPaginator
from sequencer.workspaces.admin.requests import access_to, actor_of
from sequencer.workspaces.admin.scoped import ScopedAdmin
from sequencer.workspaces.models import Role
from sequencer.workspaces.problems import Problem
from sequencer.workspaces.refusals import Refused

ROWS = (("first_name", "last_name"), "language", "time_zone")
CONSENTS = {"reachable": _("Reachable"), "opted_out": _("Opted out"), "blocked": _("Blocked us")}
COLOURS = {"reachable": "success", "opted_out": "warning", "blocked": "danger"}


class ConsentFilter(SimpleListFilter):
    title = _("consent")
    parameter_name = "consent"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(CONSENTS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "reachable":
                return queryset.filter(opted_out_at=None, blocked_at=None)
            case "opted_out":
                return queryset.exclude(opted_out_at=None)
            case "blocked":
                return queryset.exclude(blocked_at=None)
            case _:
                return queryset


class ContactAdmin(ScopedAdmin):
    add_label = _("New contact")
    form = ContactForm
    paginator = CappedPaginator
    list_display = ("shown_name", "address", "channel", "badge_of_consent", "last_interaction_at")
    list_filter = ("channel", ConsentFilter)
    list_select_related = ("channel",)
    search_fields = ("address", "first_name", "last_name")
    ordering = ("-id",)
    readonly_fields = ("last_interaction_at", "shown_consent", "created_at")
    actions: tuple[str, ...] = ("opt_out", "opt_in")

    @display(description=_("name"), ordering="first_name")
    def shown_name(self, row: Contact) -> str:
        return str(row)

    @display(description=_("consent"), label=COLOURS)
    def badge_of_consent(self, row: Contact) -> tuple[str, Any]:
        return _consent(row), CONSENTS[_consent(row)]

    @display(description=_("consent"))
    def shown_consent(self, row: Contact) -> Any:
        return CONSENTS[_consent(row)]

    @display(description=_("tags"))
    def shown_tags(self, row: Contact) -> str:
        return ", ".join(map(str, row.tags or []))

    @display(description=_("fields"))
    def shown_fields(self, row: Contact) -> str:
        return "; ".join(f"{name}: {value}" for name, value in (row.fields or {}).items())

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        person = [("channel", "address"), *ROWS, "shown_tags", "shown_fields"]
        known = [] if obj is None else [("last_interaction_at", "shown_consent"), "created_at"]
        # Mostly a provider's word: people know their time zone.
        offset = (_("Without a time zone"), {"fields": ["utc_offset_minutes"], "classes": ["collapse"]})
        return [(None, {"fields": [*person, *known]}), offset]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Channel and address say who somebody is: they stay."""
        return self.readonly_fields if obj is None else (*self.readonly_fields, "channel", "address")

    def act(self, request: HttpRequest, row: Any, form: Any, formsets: list[Any], change: bool) -> Contact:
        now, actor, values = timezone.now(), actor_of(request), form.values()
        if change:
            return change_contact(row, values, now=now, actor=actor)
        given = form.cleaned_data
        channel, address = given["channel"], spelled(given["channel"].kind, given["address"].strip())
        # Whoever adds somebody does not mean to overwrite a person who is there, nor to empty what is known of them.
        known = Contact.objects.filter(channel=channel, address=address).first()
        values = {name: value for name, value in values.items() if value not in ("", None)}
        contact, is_new = upsert_contact(channel, address, values, now=now, actor=actor)
        if not is_new:
            raise Refused([Problem("address", "address_taken", {"name": str(known or contact)})])
        return contact

    def _posted(self, request: HttpRequest, contact_id: int) -> Contact:
        """One of their contacts; Http404 otherwise."""
        contact: Contact | None = self.get_queryset(request).filter(pk=contact_id).first()
        if contact is None:
            raise Http404
        return contact

    def _back(self, contact: Contact) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:channels_contact_change", args=[contact.pk]))

    def has_owner_permission(self, request: HttpRequest) -> bool:
        return access_to(request).role.includes(Role.OWNER)

    @admin.action(description=_("Opt out"), permissions=["owner"])
    def opt_out(self, request: HttpRequest, rows: QuerySet[Contact]) -> None:
        done = sum(opt_out(row, now=timezone.now(), actor=actor_of(request)) for row in rows[:1000])
        messages.success(request, _("%(count)s opted out; their subscriptions ended.") % {"count": done})

    @admin.action(description=_("Opt in again"), permissions=["owner"])
    def opt_in(self, request: HttpRequest, rows: QuerySet[Contact]) -> None:
        done = sum(opt_in(row, now=timezone.now(), actor=actor_of(request)) for row in rows[:1000])
        messages.success(request, _("%(count)s may be written to again.") % {"count": done})


def _consent(contact: Contact) -> str:
    if contact.opted_out_at:
        return "opted_out"
    return "blocked" if contact.blocked_at else "reachable"
