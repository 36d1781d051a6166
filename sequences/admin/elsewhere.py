"""The dialog of the sequence form in which somebody picks a sub-flow that lives at UChat, ManyChat and their like."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from channels.admin.sub_flows import Told, lists_sub_flows, read_anew
from channels.models import Channel, ExternalSubFlow
from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.requests import access_to, actor_of, number_of
from sequencer.workspaces.refusals import Refused
from sequences.actions.elsewhere import take_over
from sequences.models import SubFlow

MOST_SHOWN = 50


class Elsewhere:
    """Mixed into the admin of sequences."""

    admin_site: Any

    def elsewhere_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.elsewhere_view)
        return [path("sub-flow/elsewhere/", view, name="sequences_sequence_elsewhere")]

    def elsewhere_view(self, request: HttpRequest) -> HttpResponse:
        """The list, searched by POST of `q`; `refresh` reads a channel anew, `take` answers id and name of ours."""
        if not access_to(request).may_change(SubFlow):
            raise PermissionDenied
        if request.method == "POST" and "take" in request.POST:
            return self._elsewhere_taken(request)
        told = self._elsewhere_read(request) if request.method == "POST" and "refresh" in request.POST else None
        return self._elsewhere_shown(request, told)

    def _elsewhere_taken(self, request: HttpRequest) -> HttpResponse:
        rows = visible(ExternalSubFlow.objects.select_related("workspace"), access_to(request).workspace)
        there = rows.filter(pk=number_of(request.POST["take"])).first()
        if there is None:
            raise Http404
        try:
            ours = take_over(there, now=timezone.now(), actor=actor_of(request))
        except (Refused, IntegrityError) as error:  # the latter: somebody took the name at this very moment
            refused = error.problems[0] if isinstance(error, Refused) else None
            why = self.admin_site.explain(*((refused.code, refused.params) if refused else ("conflict", {})))
            return self._elsewhere_shown(request, Told(str(why)))
        return JsonResponse({"id": str(ours.pk), "name": ours.name})

    def _elsewhere_read(self, request: HttpRequest) -> Told:
        number = number_of(request.POST["refresh"])
        channel = next((one for one in listing_channels(request) if one.pk == number), None)
        if channel is None:
            raise Http404
        return read_anew(channel, now=timezone.now(), actor=actor_of(request))

    def _elsewhere_shown(self, request: HttpRequest, told: Told | None) -> HttpResponse:
        text = request.POST.get("q", "").replace("\x00", "").strip()[:200]
        found = list(_found(request, text)[: MOST_SHOWN + 1])
        context = {
            "q": text,
            "told": told,
            "channels": listing_channels(request),
            "found": found[:MOST_SHOWN],
            "is_cut": len(found) > MOST_SHOWN,
            "full": reverse("admin:sequences_subflow_add") + "?from_sequence=1",
        }
        return render(request, "sequences/elsewhere.html", context)


def listing_channels(request: HttpRequest) -> list[Channel]:
    """Those of the workspace at whose provider sub-flows live."""
    mine = visible(Channel.objects.all(), access_to(request).workspace).order_by("name", "pk")
    return [channel for channel in mine if lists_sub_flows(channel)]


def _found(request: HttpRequest, text: str) -> QuerySet[Any]:
    """Each word stands in the name or the folder; or all of it is the reference."""
    rows = visible(ExternalSubFlow.objects.select_related("channel").in_order(), access_to(request).workspace)
    named = Q()
    for word in text.split()[:10]:
        named &= Q(name__icontains=word) | Q(folder__icontains=word)
    return rows.filter(named | Q(reference=text)) if text else rows
