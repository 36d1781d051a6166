from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from sequencer.workspaces.admin.audit_words import ACTORS, VERBS, changes_of, kind_name, kind_of, kinds, verb_of
from sequencer.workspaces.admin.scoped import ReadOnlyAdmin
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.models import AuditEvent, Workspace


class VerbFilter(SimpleListFilter):
    title = _("did")
    parameter_name = "verb"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(VERBS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(verb=self.value()) if self.value() in VERBS else queryset


class KindFilter(SimpleListFilter):
    title = _("to")
    parameter_name = "object_kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        shown = [kind for kind, model in kinds().items() if model is Workspace or site.is_registered(model)]
        return sorted(((kind, kind_name(kind)) for kind in shown), key=lambda choice: choice[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(object_kind=self.value()) if self.value() in kinds() else queryset


class ActorFilter(SimpleListFilter):
    title = _("by")
    parameter_name = "actor_kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(ACTORS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(actor_kind=self.value()) if self.value() in ACTORS else queryset


@admin.register(AuditEvent, site=site)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor_label", "shown_verb", "shown_kind", "object_label", "shown_changes")
    list_filter = (VerbFilter, KindFilter, ActorFilter)
    search_fields = ("actor_label", "object_label")
    ordering = ("-at", "-id")
    fields = (
        "at",
        "shown_actor",
        "actor_label",
        "ip_address",
        "shown_verb",
        "shown_kind",
        "object_label",
        "shown_changes",
    )

    @display(description=_("by"))
    def shown_actor(self, row: AuditEvent) -> Any:
        return ACTORS.get(row.actor_kind, row.actor_kind)

    @display(description=_("did"), ordering="verb")
    def shown_verb(self, row: AuditEvent) -> str:
        return verb_of(row)

    @display(description=_("to"), ordering="object_kind")
    def shown_kind(self, row: AuditEvent) -> str:
        return kind_of(row)

    @display(description=_("changes"))
    def shown_changes(self, row: AuditEvent) -> str:
        return "; ".join(changes_of(row))
