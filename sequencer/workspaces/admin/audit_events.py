from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from sequencer.workspaces.admin.scoped import ReadOnlyAdmin
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.models import AuditEvent


@admin.register(AuditEvent, site=site)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor_label", "verb", "object_kind", "object_label", "shown_changes")
    list_filter = ("verb", "object_kind", "actor_kind")
    search_fields = ("actor_label", "object_label")
    ordering = ("-at", "-id")
    fields = ("at", "actor_kind", "actor_label", "ip_address", "verb", "object_kind", "object_label", "shown_changes")

    @display(description=_("changes"))
    def shown_changes(self, row: AuditEvent) -> str:
        return "; ".join(
            f"{name}: {pair[0]} → {pair[1]}" if isinstance(pair, list) and len(pair) == 2 else name
            for name, pair in row.changes.items()
        )
