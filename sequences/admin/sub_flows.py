from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from sequencer.workspaces.admin.paging import CappedPaginator
from sequencer.workspaces.admin.requests import access_to, actor_of
from sequencer.workspaces.admin.scoped import ScopedAdmin
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.refusals import Refused
from sequences.actions.archive_sub_flow import archive_sub_flow
from sequences.actions.save_sub_flow import save_sub_flow
from sequences.admin.sub_flow_form import SubFlowForm
from sequences.admin.warning_words import say_what_will_not_go
from sequences.channels_in_use import channels_of_sub_flow
from sequences.models import SubFlow

# In the address of the form that the card of a message opens in another tab.
FROM_SEQUENCE = "from_sequence"
SCRIPTS = [f"sequences/{name}.js" for name in ("rows", "blocks", "utility_template", "leaving")]
OTHER_PLACE = ("external_channel", "external_reference", "external_name")


@admin.register(SubFlow, site=site)
class SubFlowAdmin(ScopedAdmin):
    add_label = _("New sub-flow")
    form = SubFlowForm
    paginator = CappedPaginator
    list_display = ("name", "shown_content", "used_in", "updated_at")
    search_fields = ("name",)
    ordering = ("name", "id")
    actions = ("archive",)
    change_form_template = "admin/sequences/subflow/change_form.html"

    @property
    def media(self) -> forms.Media:
        cards = forms.Media(css={"all": ["sequences/cards.css", "sequences/utility_template.css"]}, js=SCRIPTS)
        return super().media + cards  # type: ignore[no-any-return]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).filter(archived_at=None)
        counted: QuerySet[Any] = rows.annotate(step_count=Count("steps", filter=Q(steps__archived_at=None)))
        return counted

    @display(description=_("content"))
    def shown_content(self, row: SubFlow) -> str:
        texts = [str(block.get("text") or block.get("caption") or block.get("type")) for block in row.blocks]
        return (row.external_name or row.external_reference or " · ".join(texts))[:100]

    @display(description=_("used in messages"))
    def used_in(self, row: Any) -> int:
        return int(row.step_count)

    @admin.action(description=_("Archive"), permissions=["change"])
    def archive(self, request: HttpRequest, rows: QuerySet[SubFlow]) -> None:
        for row in rows:
            try:
                archive_sub_flow(row, now=timezone.now(), actor=actor_of(request))
            except Refused as refused:
                problem = refused.problems[0]
                messages.error(request, f"{row}: {self.admin_site.explain(problem.code, problem.params)}")
            else:
                messages.success(request, _("Archived: %(name)s") % {"name": row})

    @display(description=_("lives in"))
    def shown_place(self, row: SubFlow) -> str:
        return f"{row.external_channel}: {row.external_name or row.external_reference}" if row.external_channel else ""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if not access_to(request).may_change(SubFlow):
            return [(None, {"fields": ["name", "shown_content", "shown_place"]})]
        template = ["utility_choice", "utility_name", "utility_language", "utility_parameters"]
        return [
            (None, {"fields": ["name"]}),
            (_("After 24 hours"), {"fields": template, "classes": ["collapse"]}),
            (_("This sub-flow exists in another tool"), {"fields": [*OTHER_PLACE], "classes": ["collapse"]}),
        ]

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(self.preview_view)
        choices = self.admin_site.admin_view(self.choices_view)
        return [
            path("<int:sub_flow_id>/preview/", preview, name="sequences_subflow_preview"),
            path("choices/", choices, name="sequences_subflow_choices"),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest, sub_flow_id: int) -> HttpResponse:
        """The bubbles of one sub-flow, for the card of a message."""
        sub_flow = self.get_queryset(request).filter(pk=sub_flow_id).first()
        if sub_flow is None or not self.has_view_permission(request, sub_flow):
            raise Http404
        return render(request, "sequences/preview.html", {"sub_flow": sub_flow, "is_short": True})

    def choices_view(self, request: HttpRequest) -> HttpResponse:
        """What a message may send, for a form that was open while a sub-flow was made in another tab."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = self.get_queryset(request).order_by("name", "pk").values_list("pk", "name")
        choices = [{"id": str(number), "name": name} for number, name in rows]
        return JsonResponse({"choices": choices}, headers={"Cache-Control": "no-store"})

    def response_add(self, request: HttpRequest, obj: SubFlow, post_url_continue: str | None = None) -> Any:
        if FROM_SEQUENCE not in request.GET:
            return super().response_add(request, obj, post_url_continue)
        messages.success(request, _("Saved: go back to your sequence, where “%(name)s” is a choice.") % {"name": obj})
        return HttpResponseRedirect(reverse("admin:sequences_subflow_change", args=[obj.pk]))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context["may_change"] = access_to(request).may_change(SubFlow)
        return super().render_change_form(request, context, *args, **kwargs)

    def act(self, request: HttpRequest, row: Any, form: Any, formsets: list[Any], change: bool) -> SubFlow:
        workspace = access_to(request).workspace
        stored = row if change else None
        saved = save_sub_flow(workspace, stored, form.draft(), now=timezone.now(), actor=actor_of(request))
        say_what_will_not_go(request, [("", saved)], channels_of_sub_flow(saved))
        return saved
