"""Play a sequence in the sandbox: start, watch, answer, put the clock forward."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.admin.sandbox_bubbles import drawn, tap_at
from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.requests import access_to, number_of
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.models import User
from sequences.actions.rehearsal_scene import person_of, zone_of
from sequences.actions.rehearse import (
    Ahead,
    Played,
    advance_rehearsal,
    answer_rehearsal,
    put_forward,
    set_speed,
    start_rehearsal,
)
from sequences.admin.rehearsal_form import SPEEDS, RehearsalForm, as_supposed
from sequences.admin.rehearsal_lines import shown_lines, status_of
from sequences.admin.sequence_page import page_of, sequence_of
from sequences.models import LineKind, Rehearsal

MOST_SHOWN = 300


def rehearse(request: HttpRequest, sequence_id: int) -> HttpResponse:
    """Choose the person and the speed, then play."""
    sequence = sequence_of(request, sequence_id, to_change=True)
    form = RehearsalForm(
        sequence, request.POST if request.method == "POST" else None, initial=as_supposed(request.GET, sequence)
    )
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        started = start_rehearsal(
            sequence,
            form.cleaned_data["channel"],
            form.person(),
            wrote_at=form.wrote_at(now),
            speed=form.cleaned_data["speed"],
            user=request.user if isinstance(request.user, User) else None,
            now=now,
        )
        return HttpResponseRedirect(reverse("admin:rehearsal", args=[started.pk]))
    has_channel = form.fields["channel"].queryset.exists()  # type: ignore[attr-defined]
    context = page_of(request, sequence, _("Play it in the sandbox"), form=form, has_channel=has_channel)
    return TemplateResponse(request, "sequences/rehearse.html", context)


def gone_is_not_found(view: Callable[[HttpRequest, int], HttpResponse]) -> Callable[[HttpRequest, int], HttpResponse]:
    """Housekeeping may clear a rehearsal away between the look at it and the lock on it."""

    @wraps(view)
    def shown(request: HttpRequest, rehearsal_id: int) -> HttpResponse:
        try:
            return view(request, rehearsal_id)
        except Rehearsal.DoesNotExist as gone:
            raise Http404 from gone

    return shown


@gone_is_not_found
def rehearsal(request: HttpRequest, rehearsal_id: int) -> HttpResponse:
    """The chat of the made-up person, as far as their clock has come."""
    row = _rehearsal(request, rehearsal_id)
    played = advance_rehearsal(row.pk, now=timezone.now())
    context = page_of(
        request,
        row.sequence,
        _("Rehearsal"),
        rehearsal=played.rehearsal,
        person=person_of(played.rehearsal),
        zone=zone_of(played.rehearsal),
        status=status_of(played),
        lines=_lines(request, played),
        speeds=SPEEDS,
        speed=int(played.rehearsal.speed),
    )
    return TemplateResponse(request, "sequences/rehearsal.html", context)


@gone_is_not_found
def rehearsal_lines(request: HttpRequest, rehearsal_id: int) -> HttpResponse:
    """What came since `after`, and where the rehearsal stands now."""
    row = _rehearsal(request, rehearsal_id)
    played = advance_rehearsal(row.pk, now=timezone.now())
    after = number_of(request.GET.get("after")) or 0
    answer = {"messages": _lines(request, played, after), "status": status_of(played)}
    return JsonResponse(answer, headers={"Cache-Control": "no-store"})


@gone_is_not_found
def rehearsal_answer(request: HttpRequest, rehearsal_id: int) -> HttpResponse:
    """Answer as the person, by text or by a tap on a button that they were shown."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    row = _rehearsal(request, rehearsal_id)
    text, payload = request.POST.get("text", "").replace("\x00", "").strip(), ""
    if "message" in request.POST:
        text, payload = _tapped(row, request.POST["message"], request.POST.get("button", ""))
    if text:
        answer_rehearsal(row.pk, text, payload=payload, now=timezone.now())
    return _back(request, row)


@gone_is_not_found
def rehearsal_clock(request: HttpRequest, rehearsal_id: int) -> HttpResponse:
    """Put the virtual clock forward, or give it another speed."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    row = _rehearsal(request, rehearsal_id)
    ahead, speed = request.POST.get("ahead", ""), number_of(request.POST.get("speed"))
    if ahead in list(Ahead):
        put_forward(row.pk, Ahead(ahead), now=timezone.now())
    elif speed is not None and speed in dict(SPEEDS):
        set_speed(row.pk, speed, now=timezone.now())
    return _back(request, row)


def _rehearsal(request: HttpRequest, rehearsal_id: int) -> Rehearsal:
    """One of this workspace, for editors; it may have been cleared away."""
    rows = visible(Rehearsal.objects.all(), access_to(request).workspace)
    row: Rehearsal | None = rows.filter(pk=rehearsal_id).select_related("sequence__workspace").first()
    if row is None:
        raise Http404
    sequence_of(request, row.sequence_id, to_change=True)
    return row


def _lines(request: HttpRequest, played: Played, after: int = 0) -> list[dict[str, Any]]:
    rows = played.rehearsal.lines.filter(number__gt=after).order_by("-number")[:MOST_SHOWN]
    return shown_lines(request, played.rehearsal, reversed(rows))


def _tapped(row: Rehearsal, number: str, place: str) -> tuple[str, str]:
    line = row.lines.filter(number=number_of(number) or 0, kind=LineKind.MESSAGE).first()
    tap = tap_at(drawn(line.number, line.at, line.content, is_answer=False)["taps"], place) if line else None
    if tap is None:
        raise Http404
    return tap


def _back(request: HttpRequest, row: Rehearsal) -> HttpResponse:
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"taken": True})
    return HttpResponseRedirect(reverse("admin:rehearsal", args=[row.pk]))


site.add_page("sequences/sequence/<int:sequence_id>/rehearse/", rehearse, "sequences_rehearse")
site.add_page("sequences/rehearsal/<int:rehearsal_id>/", rehearsal, "rehearsal")
site.add_page("sequences/rehearsal/<int:rehearsal_id>/lines/", rehearsal_lines, "rehearsal_lines")
site.add_page("sequences/rehearsal/<int:rehearsal_id>/answer/", rehearsal_answer, "rehearsal_answer")
site.add_page("sequences/rehearsal/<int:rehearsal_id>/clock/", rehearsal_clock, "rehearsal_clock")
