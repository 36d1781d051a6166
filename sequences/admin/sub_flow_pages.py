"""What the editor and other pages ask of sub-flows beside their form: previews, choices, people, a copy."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels.models import Contact
from sequencer.workspaces.admin.requests import access_to, actor_of, number_of
from sequencer.workspaces.refusals import Refused
from sequences.actions.archive_sub_flow import archive_sub_flow
from sequences.actions.duplicate_sub_flow import duplicate_sub_flow
from sequences.actions.elsewhere import gone_there
from sequences.admin.block_list import posted_list, too_large
from sequences.admin.found_people import found_people
from sequences.admin.sub_flow_preview import Choice, live_preview
from sequences.models import SubFlow
from sequences.rules.blocks import MAX_SUBJECT_LENGTH

MOST_OFFERED = 8
_NO_STORE = {"Cache-Control": "no-store"}


class SubFlowPages:
    """Mixed into the admin of sub-flows."""

    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "<int:sub_flow_id>/preview/": (self.preview_view, "preview"),
            "<int:sub_flow_id>/duplicate/": (self.duplicate_view, "duplicate"),
            "<int:sub_flow_id>/archive/": (self.archive_view, "archive"),
            "preview/": (self.draft_view, "draft"),
            "people/": (self.people_view, "people"),
            "choices/": (self.choices_view, "choices"),
        }
        own = [
            path(route, self.admin_site.admin_view(view), name=f"sequences_subflow_{name}")
            for route, (view, name) in pages.items()
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def _row(self, request: HttpRequest, sub_flow_id: int) -> SubFlow:
        row: SubFlow | None = self.get_queryset(request).filter(pk=sub_flow_id).first()  # type: ignore[attr-defined]
        if row is None or not access_to(request).may_view(SubFlow):
            raise Http404
        return row

    def preview_view(self, request: HttpRequest, sub_flow_id: int) -> HttpResponse:
        """The bubbles of one sub-flow, for the card of a message."""
        row = self._row(request, sub_flow_id)
        context = {"sub_flow": row, "is_gone": bool(gone_there([row])), "is_short": True}
        return render(request, "sequences/preview.html", context)

    def choices_view(self, request: HttpRequest) -> HttpResponse:
        """What a message may send, for a form that was open while a sub-flow was made in another tab."""
        if not access_to(request).may_view(SubFlow):
            raise PermissionDenied
        rows = self.get_queryset(request).order_by("name", "pk")  # type: ignore[attr-defined]
        choices = [{"id": str(number), "name": name} for number, name in rows.values_list("pk", "name")]
        return JsonResponse({"choices": choices}, headers=_NO_STORE)

    def draft_view(self, request: HttpRequest) -> HttpResponse:
        """The phone and the notes of a form that is being written; nothing is stored."""
        if refused := _only_editors_post(request):
            return refused
        if why := too_large(request.POST):
            return JsonResponse({"error": str(why)}, status=422, headers=_NO_STORE)
        number = number_of(request.POST.get("sub_flow"))
        row = None if number is None else self._row(request, number)
        choice = Choice(request.POST.get("preview_kind", ""), request.POST.get("preview_person", ""))
        shown = posted_list(request.POST, row.blocks if row else [])
        subject = request.POST.get("subject", "").strip() or request.POST.get("name", "")
        preview = live_preview(request, shown, choice, self.admin_site.explain, subject[:MAX_SUBJECT_LENGTH], row)
        return JsonResponse(preview, headers=_NO_STORE)

    def people_view(self, request: HttpRequest) -> HttpResponse:
        """People to look at a sub-flow with."""
        if not access_to(request).may_view(Contact):
            raise PermissionDenied
        found = found_people(access_to(request).workspace, request.GET.get("q", "")[:100], most=MOST_OFFERED)
        people = [{"id": str(one.pk), "name": str(one), "channel": str(one.channel)} for one in found]
        return JsonResponse({"people": people}, headers=_NO_STORE)

    def duplicate_view(self, request: HttpRequest, sub_flow_id: int) -> HttpResponse:
        if refused := _only_editors_post(request):
            return refused
        row = self._row(request, sub_flow_id)
        try:
            made = duplicate_sub_flow(row, now=timezone.now(), actor=actor_of(request))
        except (Refused, IntegrityError) as error:
            messages.error(request, f"{row}: {self.why_not(error)}")
            return HttpResponseRedirect(reverse("admin:sequences_subflow_change", args=[row.pk]))
        messages.success(request, _("Duplicated: you are looking at the copy."))
        return HttpResponseRedirect(reverse("admin:sequences_subflow_change", args=[made.pk]))

    def archive_view(self, request: HttpRequest, sub_flow_id: int) -> HttpResponse:
        if refused := _only_editors_post(request):
            return refused
        row = self._row(request, sub_flow_id)
        try:
            archive_sub_flow(row, now=timezone.now(), actor=actor_of(request))
        except Refused as error:
            messages.error(request, f"{row}: {self.why_not(error)}")
            return HttpResponseRedirect(reverse("admin:sequences_subflow_change", args=[row.pk]))
        messages.success(request, _("Archived: %(name)s") % {"name": row})
        return HttpResponseRedirect(reverse("admin:sequences_subflow_changelist"))

    def why_not(self, error: Refused | IntegrityError) -> Any:
        if isinstance(error, IntegrityError):  # somebody took the name at this very moment
            return self.admin_site.explain("conflict", {})
        problem = error.problems[0]
        return self.admin_site.explain(problem.code, problem.params)


def _only_editors_post(request: HttpRequest) -> HttpResponse | None:
    if not access_to(request).may_change(SubFlow):
        raise PermissionDenied
    return None if request.method == "POST" else HttpResponseNotAllowed(["POST"])
