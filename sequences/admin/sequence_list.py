"""The list of sequences: what was sent today, who edited last, and verbs beside each row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import Count, Max
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.requests import access_to, actor_of, number_of
from sequencer.workspaces.admin.scoped import ScopedChangeList
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.models import AuditEvent
from sequencer.workspaces.refusals import Conflict, Refused
from sequences.actions.duplicate_sequence import duplicate_sequence
from sequences.actions.sequence_states import archive_sequence, pause_sequence, resume_sequence
from sequences.models import Delivery, Sequence

# The workspace's latest deliveries: more than this a day is shown as "and more".
LOOKED_THROUGH = 20_000
ACTS: dict[str, Callable[..., Any]] = {
    "pause": pause_sequence,
    "resume": resume_sequence,
    "duplicate": duplicate_sequence,
    "archive": archive_sequence,
}

DONE: dict[str, Any] = {
    "pause": gettext_lazy("Paused"),
    "resume": gettext_lazy("Active again"),
    "duplicate": gettext_lazy("Duplicated as a draft"),
    "archive": gettext_lazy("Archived"),
}


class SequenceChangeList(ScopedChangeList):
    """Adds to the rows of one page what would cost too much for all."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(vars(self)["result_list"])
        sent, is_cut = sent_today(request)
        editors = _editors(request, [row.pk for row in rows])
        for row in rows:
            row.sent_count, row.is_sent_cut = sent.get(row.pk, 0), is_cut
            row.edited_by = editors.get(row.pk, "")
        self.result_list = rows


def sent_today(request: HttpRequest) -> tuple[dict[int, int], bool]:
    """Messages sent since midnight on the workspace's clock, by sequence; whether there may be more."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    newest = visible(Delivery.objects.all(), access_to(request).workspace).order_by("-pk")
    within = newest.values("pk")[:LOOKED_THROUGH]
    today: Any = Delivery.objects.filter(pk__in=within, sent_at__gte=midnight).order_by()
    counts = dict(today.values_list("step__sequence").annotate(n=Count("pk")))
    edge = newest.values_list("decided_at", flat=True)[LOOKED_THROUGH - 1 : LOOKED_THROUGH].first()
    return counts, bool(counts) and edge is not None and edge >= midnight


def sequence_verb(request: HttpRequest) -> HttpResponse:
    """One verb on one sequence; archiving asks first, because it ends the sequence for everybody inside."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    access = access_to(request)
    if not access.may_change(Sequence):
        raise PermissionDenied
    verb, number = f"{request.POST.get('verb', '')}:".split(":")[:2]
    rows = visible(Sequence.objects.all(), access.workspace).in_use()  # type: ignore[attr-defined]
    row = rows.filter(pk=number_of(number) or 0).first()
    if row is None or verb not in ACTS:
        raise Http404
    if verb == "archive" and "confirm" not in request.POST:
        return confirm_archive(request, [row], reverse("admin:sequences_sequence_verb"), verb=f"archive:{row.pk}")
    act_on_each(request, [row], ACTS[verb], DONE[verb])
    back = request.POST.get("back", "")[:500]
    address = reverse("admin:sequences_sequence_changelist")
    return HttpResponseRedirect(f"{address}?{back}" if back else address)


def confirm_archive(request: HttpRequest, rows: Iterable[Sequence], address: str, **hidden: str) -> HttpResponse:
    """The page that asks before people are taken out of sequences for good."""
    context = {
        **site.each_context(request),
        "title": _("Archive"),
        "opts": Sequence._meta,
        "rows": list(rows),
        "address": address,
        "hidden": hidden,
        "back": request.POST.get("back", "")[:500],
    }
    return TemplateResponse(request, "sequences/confirm_archive.html", context)


def act_on_each(request: HttpRequest, rows: Iterable[Sequence], act: Callable[..., Any], done: Any) -> None:
    """Do it, and say for each what became of it."""
    for row in rows:
        try:
            act(row, now=timezone.now(), actor=actor_of(request))
        except Conflict as conflict:
            messages.error(request, f"{row}: {site.explain(conflict.code, {})}")
        except Refused as refused:
            problem = refused.problems[0]
            messages.error(request, f"{row}: {site.explain(problem.code, problem.params)}")
        except IntegrityError:  # somebody took the name at this very moment
            messages.error(request, f"{row}: {site.explain('conflict', {})}")
        else:
            messages.success(request, f"{done}: {row}")


def _editors(request: HttpRequest, numbers: list[int]) -> dict[int, str]:
    """Who did what the audit log knows last of each sequence."""
    events = visible(AuditEvent.objects.all(), access_to(request).workspace)
    mine = events.filter(object_kind="sequence", object_id__in=numbers).exclude(verb="subscribed")
    latest = mine.order_by().values("object_id").annotate(latest=Max("pk")).values("latest")
    return dict(events.filter(pk__in=latest).values_list("object_id", "actor_label"))


site.add_page("sequences/sequence/verb/", sequence_verb, "sequences_sequence_verb")
