from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import IntegrityError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.paging import CappedPaginator
from sequencer.workspaces.admin.requests import access_to, actor_of
from sequencer.workspaces.admin.scoped import ScopedAdmin
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.refusals import Refused
from sequences.actions.archive_sub_flow import archive_sub_flow
from sequences.actions.duplicate_sub_flow import duplicate_sub_flow
from sequences.actions.elsewhere import gone_there
from sequences.actions.save_sub_flow import save_sub_flow
from sequences.admin.block_cards import TYPES
from sequences.admin.block_list import stored_list
from sequences.admin.elsewhere_form import PICKED, WRITTEN, has_lists
from sequences.admin.known_words import known_words
from sequences.admin.sub_flow_form import SubFlowForm
from sequences.admin.sub_flow_pages import SubFlowPages
from sequences.admin.sub_flow_preview import Choice, phone_context, writes_letters
from sequences.admin.sub_flow_uses import uses_of
from sequences.admin.warning_words import say_what_will_not_go
from sequences.channels_in_use import channels_of_sub_flow
from sequences.models import Sequence, SequenceState, SubFlow

TYPE_NAMES = {kind: name for kind, name, _icon in TYPES}
# In the address of the form that the card of a message opens in another tab.
FROM_SEQUENCE = "from_sequence"
SCRIPTS = [
    f"sequences/{name}.js" for name in ("editor", "editor_values", "editor_preview", "utility_template", "leaving")
]
STYLES = [f"sequences/{name}.css" for name in ("cards", "editor", "phone", "utility_template")]
VALUE_NAMES = [
    ("first_name", _("First name")),
    ("last_name", _("Last name")),
    ("full_name", _("Full name")),
    ("language", _("Language")),
]


@admin.register(SubFlow, site=site)
class SubFlowAdmin(SubFlowPages, ScopedAdmin):
    add_label = _("New sub-flow")
    form = SubFlowForm
    paginator = CappedPaginator
    list_display = ("name", "shown_content", "used_in", "updated_at")
    search_fields = ("name",)
    ordering = ("name", "id")
    actions = ("duplicate", "archive")
    change_form_template = "admin/sequences/subflow/change_form.html"

    @property
    def media(self) -> forms.Media:
        return super().media + forms.Media(css={"all": STYLES}, js=SCRIPTS)  # type: ignore[no-any-return]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).filter(archived_at=None)
        living = Q(steps__archived_at=None) & ~Q(steps__sequence__state=SequenceState.ARCHIVED)
        counted: QuerySet[Any] = rows.annotate(step_count=Count("steps", filter=living))
        return counted

    @display(description=_("content"))
    def shown_content(self, row: SubFlow) -> str:
        said = (
            str(block.get("text") or block.get("caption") or TYPE_NAMES.get(block.get("type"))) for block in row.blocks
        )
        content = " · ".join(islice(said, 5))
        return Truncator(row.external_name or row.external_reference or content).chars(100)

    @display(description=_("used in messages"))
    def used_in(self, row: Any) -> int:
        return int(row.step_count)

    @admin.action(description=_("Duplicate"), permissions=["change"])
    def duplicate(self, request: HttpRequest, rows: QuerySet[SubFlow]) -> None:
        self._for_each(request, rows, duplicate_sub_flow, _("Duplicated"))

    @admin.action(description=_("Archive"), permissions=["change"])
    def archive(self, request: HttpRequest, rows: QuerySet[SubFlow]) -> None:
        self._for_each(request, rows, archive_sub_flow, _("Archived"))

    def _for_each(self, request: HttpRequest, rows: QuerySet[SubFlow], act: Callable[..., Any], done: Any) -> None:
        for row in rows:
            try:
                act(row, now=timezone.now(), actor=actor_of(request))
            except (Refused, IntegrityError) as error:
                messages.error(request, f"{row}: {self.why_not(error)}")
            else:
                messages.success(request, f"{done}: {row}")

    @display(description=_("lives in"))
    def shown_place(self, row: SubFlow) -> str:
        return f"{row.external_channel}: {row.external_name or row.external_reference}" if row.external_channel else ""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if not access_to(request).may_change(SubFlow):
            return [(None, {"fields": ["name", "shown_content", "shown_place"]})]
        template = ["utility_choice", "utility_name", "utility_language", "utility_parameters"]
        other_place = [*([PICKED] if has_lists(access_to(request).workspace) else []), *WRITTEN]
        return [
            (None, {"fields": ["name", *(["subject"] if writes_letters(request) or (obj and obj.subject) else [])]}),
            (_("After 24 hours"), {"fields": template, "classes": ["collapse"]}),
            (_("This sub-flow exists in another tool"), {"fields": other_place, "classes": ["collapse"]}),
        ]

    def response_add(self, request: HttpRequest, obj: SubFlow, post_url_continue: str | None = None) -> Any:
        if FROM_SEQUENCE not in request.GET:
            return super().response_add(request, obj, post_url_continue)
        messages.success(request, _("Saved: go back to your sequence, where “%(name)s” is a choice.") % {"name": obj})
        return HttpResponseRedirect(reverse("admin:sequences_subflow_change", args=[obj.pk]))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        may_change, row = access_to(request).may_change(SubFlow), context.get("original")
        stored = row.blocks if row else []
        shown = context["adminform"].form.blocks if may_change else stored_list(stored, begins_empty=True)
        sequences = visible(Sequence.objects.in_use(), access_to(request).workspace).order_by("name", "pk")
        choices = {one.public_id: one.name for one in sequences.only("pk", "name")}
        if context["adminform"].form.non_field_errors():
            # The form says it itself, and better than "correct the errors below".
            context["errors"] = None
        context |= {
            "may_change": may_change,
            "block_list": shown,
            "sequences": list(choices.items()),
            "sequence_ids": choices,
            "value_names": VALUE_NAMES,
            "known": known_words(access_to(request).workspace),
            "uses": uses_of(row) if row else [],
            "is_gone_there": bool(row and gone_there([row])),
            **phone_context(
                request, shown, Choice(request.GET.get("preview_kind", "")), row and (row.subject or row.name), row
            ),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def act(self, request: HttpRequest, row: Any, form: Any, formsets: list[Any], change: bool) -> SubFlow:
        workspace = access_to(request).workspace
        stored, seen_at = (row, row.updated_at) if change else (None, None)
        now, actor = timezone.now(), actor_of(request)
        saved = save_sub_flow(workspace, stored, form.draft(), now=now, actor=actor, seen_at=seen_at)
        say_what_will_not_go(request, [("", saved)], channels_of_sub_flow(saved))
        return saved
