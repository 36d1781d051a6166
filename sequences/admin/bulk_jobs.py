"""Files of people for a sequence: the upload, the jobs, how far each has come and which lines it refused."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from channels.models import Channel
from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.requests import access_to, actor_of, number_of
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.refusals import Conflict, Refused
from sequences.actions.bulk_jobs import MOST_BYTES, BulkRequest, cancel_bulk_job, start_bulk_job
from sequences.actions.carry_on_bulk_job import DONE
from sequences.admin.rows import input_attrs
from sequences.admin.sequence_page import page_of, sequence_of
from sequences.models import BulkJob, BulkProblem, BulkSource, BulkState, BulkVerb, Sequence, Subscription
from sequences.sentences import sentence
from sequences.tasks import enqueue_bulk_job

MOST_LISTED = 30
PAGE = 50
COLOURS = {BulkState.COMPLETED: "is-good", BulkState.FAILED: "is-warning", BulkState.CANCELLED: "is-warning"}


class UploadForm(forms.Form):
    verb = forms.ChoiceField(
        label=gettext_lazy("What to do"), choices=BulkVerb.choices, widget=forms.Select(input_attrs())
    )
    channel = forms.ModelChoiceField(
        label=gettext_lazy("Channel of the people"), queryset=Channel.objects.none(), widget=forms.Select(input_attrs())
    )
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        allow_empty_file=True,
        widget=forms.FileInput(input_attrs(accept=".csv,text/csv")),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(sentence("too_large", {"max": MOST_BYTES // 2**20}))
        return file


def sequence_bulk(request: HttpRequest, sequence_id: int) -> HttpResponse:
    """The form for a file, and the latest jobs."""
    sequence = sequence_of(request, sequence_id)
    may_change = access_to(request).may_change(Subscription)
    if request.method == "POST" and not may_change:
        raise PermissionDenied
    form = UploadForm(request.POST or None, request.FILES or None)
    mine = visible(Channel.objects.all(), access_to(request).workspace).order_by("name", "pk")
    form.fields["channel"].queryset = mine  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid() and (job := _start(request, sequence, form)):
        return HttpResponseRedirect(reverse("admin:sequences_bulk_job", args=[job.pk]))
    jobs = BulkJob.objects.in_workspace(sequence.workspace_id).filter(sequence=sequence).order_by("-pk")
    lines = [_line(job) for job in jobs[:MOST_LISTED]]
    context = page_of(request, sequence, _("Files of people"), "people", form=form, lines=lines, may_change=may_change)
    return TemplateResponse(request, "sequences/bulk.html", context)


def bulk_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """One job; `?part` is its progress alone, for the page that looks again by itself."""
    job = _job(request, job_id)
    if "part" in request.GET:
        answer = render(request, "sequences/bulk_progress.html", {"line": _line(job), "job": job})
        answer["Cache-Control"] = "no-store"
        return answer
    after = number_of(request.GET.get("after")) or 0
    problems = BulkProblem.objects.in_workspace(job.workspace_id).filter(job=job, pk__gt=after).order_by("pk")
    rows = list(problems.select_related("contact")[: PAGE + 1])
    context = page_of(
        request,
        job.sequence,
        _("File of people"),
        "people",
        job=job,
        line=_line(job),
        problems=[(row, sentence(row.code, row.params)) for row in rows[:PAGE]],
        more=rows[PAGE - 1].pk if len(rows) > PAGE else None,
        is_further=bool(after),
        may_change=access_to(request).may_change(Subscription),
    )
    return TemplateResponse(request, "sequences/bulk_job.html", context)


def cancel_job(request: HttpRequest, job_id: int) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    job = _job(request, job_id)
    if not access_to(request).may_change(Subscription):
        raise PermissionDenied
    cancel_bulk_job(job, now=timezone.now(), actor=actor_of(request))
    return HttpResponseRedirect(reverse("admin:sequences_bulk_job", args=[job.pk]))


def _start(request: HttpRequest, sequence: Sequence, form: UploadForm) -> BulkJob | None:
    """The job, which a worker takes up at once; None with the problems on the form."""
    given = form.cleaned_data
    wanted = BulkRequest(sequence, BulkVerb(given["verb"]), BulkSource.CSV, given["channel"])
    try:
        job = start_bulk_job(wanted, given["file"].file, now=timezone.now(), actor=actor_of(request))
    except Refused as refused:
        for one in refused.problems:
            where = one.field.partition(".")[2]
            text = str(site.explain(one.code, one.params))
            form.add_error("file", f"{where}: {text}" if where else text)
        return None
    except Conflict as conflict:
        form.add_error(None, str(site.explain(conflict.code, {})))
        return None
    enqueue_bulk_job(job.pk)
    return job


def _job(request: HttpRequest, job_id: int) -> BulkJob:
    rows = visible(BulkJob.objects.all(), access_to(request).workspace)
    job: BulkJob | None = rows.filter(pk=job_id).select_related("sequence__workspace", "channel").first()
    if job is None:
        raise Http404
    return job


def _line(job: BulkJob) -> dict[str, Any]:
    done = job.counts.get(DONE[BulkVerb(job.verb)], 0)
    return {
        "job": job,
        "colour": COLOURS.get(BulkState(job.state), ""),
        "why": sentence(job.failed_because) if job.failed_because else "",
        "done": _done(done, is_leaving=job.verb == BulkVerb.UNSUBSCRIBE),
        "looked_at": _shown(job.looked_at),
        "total": _shown(job.total),
        "problems": _shown(job.problem_count),
    }


def _done(count: int, *, is_leaving: bool) -> str:
    if is_leaving:
        text = ngettext("%(count)s person left.", "%(count)s people left.", count)
    else:
        text = ngettext("%(count)s person entered.", "%(count)s people entered.", count)
    return text % {"count": _shown(count)}


def _shown(count: int) -> str:
    return number_format(count, force_grouping=True)


site.add_page("sequences/sequence/<int:sequence_id>/files/", sequence_bulk, "sequences_bulk")
site.add_page("sequences/file/<int:job_id>/", bulk_job, "sequences_bulk_job")
site.add_page("sequences/file/<int:job_id>/cancel/", cancel_job, "sequences_bulk_cancel")
