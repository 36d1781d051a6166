"""Send a test of one message, or of the whole sequence, to a contact; and what became of it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from channels.models import Contact
from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.requests import access_to, actor_of, number_of
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.refusals import Conflict
from sequences.actions.request_trial import request_trial
from sequences.admin.found_people import MOST_SEARCHED, found_people
from sequences.admin.sequence_page import page_of, sequence_of
from sequences.admin.who_can_receive import receiver, why_not
from sequences.models import Sequence, Step, Trial, TrialPart, TrialPartState, TrialState
from sequences.sentences import sentence
from sequences.tasks import enqueue_trial

MOST_OFFERED = 20
MOST_EARLIER = 5
COLOURS = {
    TrialPartState.SENT: "is-good",
    TrialPartState.NOT_SENT: "is-warning",
    TrialPartState.FAILED: "is-bad",
    TrialPartState.UNKNOWN: "is-bad",
}


def sequence_test(request: HttpRequest, sequence_id: int) -> HttpResponse:
    """Choose what and whom; a search comes back to the same page with all that was chosen."""
    sequence = sequence_of(request, sequence_id, to_change=True)
    steps = Step.objects.filter(sequence=sequence).in_use().in_order().select_related("sub_flow")
    given = request.POST if request.method == "POST" else request.GET
    query = given.get("q", "").replace("\x00", "").strip()[:100]
    chosen = number_of(given.get("contact"))
    people = find_people(request, query, chosen)
    problems: dict[str, str] = {}
    if request.method == "POST" and "send" in request.POST:
        answer = _send(request, sequence, steps, problems)
        if answer is not None:
            return answer
    context = page_of(
        request,
        sequence,
        _("Send a test"),
        steps=list(enumerate(steps, 1)),
        step_id=number_of(given.get("step")),
        people=[receiver(person, now=timezone.now()) for person in people],
        chosen=chosen if any(person.pk == chosen for person in people) else None,
        query=query,
        most_searched=number_format(MOST_SEARCHED, force_grouping=True),
        problems=problems,
        token=given.get("token") or uuid.uuid4().hex,
        earlier=_earlier(sequence),
    )
    return TemplateResponse(request, "sequences/send_test.html", context)


def trial_page(request: HttpRequest, trial_id: int) -> HttpResponse:
    """What became of a test, part by part; `?part` is the list alone, for the page that looks again by itself."""
    trial = _trial(request, trial_id)
    context: dict[str, Any] = {"trial": trial, "is_over": trial.state == TrialState.DONE, "lines": _lines(trial)}
    if "part" in request.GET:
        answer = render(request, "sequences/trial_parts.html", context)
        answer["Cache-Control"] = "no-store"
        return answer
    page = page_of(request, trial.sequence, _("Test"), token=uuid.uuid4().hex, **context)
    return TemplateResponse(request, "sequences/trial.html", page)


def find_people(request: HttpRequest, query: str, chosen: int | None = None) -> list[Contact]:
    """Contacts by words of their name or address; without a word the latest ones, whoever is chosen first."""
    mine = visible(Contact.objects.select_related("channel"), access_to(request).workspace)
    listed = found_people(access_to(request).workspace, query, most=MOST_OFFERED)
    if chosen and all(person.pk != chosen for person in listed):
        listed = [*mine.filter(pk=chosen), *listed]
    return listed


def _send(
    request: HttpRequest, sequence: Sequence, steps: QuerySet[Step], problems: dict[str, str]
) -> HttpResponse | None:
    """The page of the test; None, with the problems by field, when something is missing."""
    mine = visible(Contact.objects.all(), access_to(request).workspace)
    contact = mine.filter(pk=number_of(request.POST.get("contact")) or 0).first()
    wanted = request.POST.get("step", "")
    step = steps.filter(pk=number_of(wanted) or 0).first() if wanted else None
    token = request.POST.get("token", "")
    if contact is None:
        problems["contact"] = _("Choose whom the test goes to.")
    if wanted and step is None:
        problems["step"] = _("This message is not there any more.")
    if not 8 <= len(token) <= 64 or not token.isalnum():
        problems["token"] = _("Open this page anew, then send the test.")
    if contact is None or problems:
        return None
    try:
        trial, is_new = request_trial(sequence, step, contact, token=token, now=timezone.now(), actor=actor_of(request))
    except Conflict as conflict:
        problems["contact"] = sentence(conflict.code)
        return None
    if is_new:
        enqueue_trial(trial.pk)
    else:
        messages.info(request, _("This test was sent already; it was not sent again."))
    return HttpResponseRedirect(reverse("admin:sequences_trial", args=[trial.pk]))


def _trial(request: HttpRequest, trial_id: int) -> Trial:
    rows = visible(Trial.objects.all(), access_to(request).workspace)
    related = ("sequence__workspace", "contact", "channel", "step__sub_flow")
    trial: Trial | None = rows.filter(pk=trial_id).select_related(*related).first()
    if trial is None:
        raise Http404
    sequence_of(request, trial.sequence_id, to_change=True)
    return trial


def _earlier(sequence: Sequence) -> list[Trial]:
    rows = Trial.objects.in_workspace(sequence.workspace_id).filter(sequence=sequence)
    return list(rows.select_related("contact", "step__sub_flow").order_by("-pk")[:MOST_EARLIER])


def _lines(trial: Trial) -> list[dict[str, Any]]:
    rows = trial.parts.select_related("step__sub_flow").order_by("place")
    return [_line(row, trial) for row in rows]


def _line(row: TrialPart, trial: Trial) -> dict[str, Any]:
    return {
        "row": row,
        "message": row.step.title,
        "colour": COLOURS.get(TrialPartState(row.state), ""),
        "reason": why_not(row.reason, trial.contact, now=trial.requested_at),
    }


site.add_page("sequences/sequence/<int:sequence_id>/test/", sequence_test, "sequences_test")
site.add_page("sequences/test/<int:trial_id>/", trial_page, "sequences_trial")
