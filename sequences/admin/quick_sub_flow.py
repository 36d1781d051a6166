"""A sub-flow made, or its texts edited, in a dialog of the sequence form; everything else is the full editor's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.requests import access_to, actor_of
from sequencer.workspaces.refusals import Refused
from sequences.actions.save_sub_flow import save_sub_flow, sub_flow_draft_of
from sequences.admin.rows import input_attrs
from sequences.admin.sub_flow_form import CHANGED_MEANWHILE
from sequences.models import SubFlow

# The blocks that hold a text of their own.
WITH_TEXT = ("text", "buttons", "quick_replies")


class QuickForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100, widget=forms.TextInput(input_attrs()))

    def __init__(self, *args: Any, sub_flow: SubFlow, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.blocks: list[dict[str, Any]] = sub_flow.blocks or ([] if sub_flow.pk else [{"type": "text", "text": ""}])
        self.fields["name"].initial = sub_flow.name
        self.others = [block for block in self.blocks if block["type"] not in WITH_TEXT]
        # The edit that the dialog was opened on: texts find their blocks by place, so the places must be the same.
        stored_at = sub_flow.updated_at.isoformat() if sub_flow.pk else ""
        self.seen_at = self.data.get("seen_at", "") if self.is_bound else stored_at
        self.is_stale = self.seen_at != stored_at
        for name, text in self._typed() if self.is_stale else self._stored():
            self.fields[name] = forms.CharField(
                label=_("Text"), required=False, initial=text, widget=forms.Textarea(input_attrs(rows=4))
            )

    def _stored(self) -> Iterator[tuple[str, str]]:
        for index, block in enumerate(self.blocks):
            if block["type"] in WITH_TEXT:
                yield f"text_{index}", block.get("text", "")

    def _typed(self) -> Iterator[tuple[str, str]]:
        """Every text of the old dialog, also of a block that is gone: somebody wants to copy it."""
        yield from ((name, "") for name in self.data if name.startswith("text_"))

    def clean(self) -> dict[str, Any] | None:
        if self.is_stale:
            raise forms.ValidationError(CHANGED_MEANWHILE)
        return super().clean()

    def changed_blocks(self) -> list[dict[str, Any]]:
        texts = {int(name.split("_")[1]): value for name, value in self.cleaned_data.items() if name != "name"}
        return [
            {**block, "text": texts[index].replace("\r\n", "\n")} if index in texts else block
            for index, block in enumerate(self.blocks)
        ]

    def show(self, refused: Refused, explain: Any) -> None:
        """Each problem on the text that has it."""
        for problem in refused.problems:
            parts = problem.field.split(".")
            if parts[0] == "seen_at":  # somebody was quicker by less than this request took
                self.add_error(None, CHANGED_MEANWHILE)
                continue
            name = f"text_{parts[1]}" if parts[0] == "blocks" and len(parts) > 1 else parts[0]
            self.add_error(name if name in self.fields else None, str(explain(problem.code, problem.params)))


class QuickSubFlow:
    """Mixed into the admin of sequences."""

    admin_site: Any

    def quick_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.quick_sub_flow_view)
        return [
            path("sub-flow/", view, name="sequences_sequence_new_sub_flow"),
            path("sub-flow/<int:sub_flow_id>/", view, name="sequences_sequence_sub_flow"),
        ]

    def quick_sub_flow_view(self, request: HttpRequest, sub_flow_id: int | None = None) -> HttpResponse:
        """GET: the form for the dialog. POST: {"id", "name"} of what was stored, or the form and its problems."""
        workspace = access_to(request).workspace
        if not access_to(request).may_change(SubFlow):
            raise PermissionDenied
        sub_flow = SubFlow(workspace=workspace)
        if sub_flow_id is not None:
            found = visible(SubFlow.objects.in_use(), workspace).filter(pk=sub_flow_id).first()
            if found is None:
                raise Http404
            sub_flow = found
        form = QuickForm(request.POST if request.method == "POST" else None, sub_flow=sub_flow)
        if form.is_valid():
            stored = self._stored(request, form, sub_flow)
            if stored is not None:
                return JsonResponse({"id": str(stored.pk), "name": stored.name})
        return self._shown(request, form, sub_flow)

    def _stored(self, request: HttpRequest, form: QuickForm, sub_flow: SubFlow) -> SubFlow | None:
        draft = replace(sub_flow_draft_of(sub_flow), name=form.cleaned_data["name"], blocks=form.changed_blocks())
        row, seen_at = (sub_flow, sub_flow.updated_at) if sub_flow.pk else (None, None)
        workspace, now, actor = access_to(request).workspace, timezone.now(), actor_of(request)
        try:
            return save_sub_flow(workspace, row, draft, now=now, actor=actor, seen_at=seen_at)
        except Refused as refused:
            form.show(refused, self.admin_site.explain)
        except IntegrityError:  # somebody took the name at this very moment
            form.add_error("name", str(self.admin_site.explain("name_taken", {})))
        return None

    def _shown(self, request: HttpRequest, form: QuickForm, sub_flow: SubFlow) -> HttpResponse:
        full = reverse("admin:sequences_subflow_add") + "?from_sequence=1"
        if sub_flow.pk:
            full = reverse("admin:sequences_subflow_change", args=[sub_flow.pk])
        context = {"form": form, "sub_flow": sub_flow, "full": full}
        return render(request, "sequences/quick_sub_flow.html", context)
