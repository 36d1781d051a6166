"""What can be done with sequences from their list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sequencer.workspaces.admin.requests import actor_of
from sequencer.workspaces.refusals import Conflict, Refused
from sequences.actions.save_sequence import draft_of, save_sequence
from sequences.actions.sequence_states import archive_sequence, pause_sequence, resume_sequence
from sequences.models import Sequence, SequenceState

Act = Callable[..., Any]


class SequenceActions:
    """Mixed into the admin of sequences."""

    actions = ("pause", "resume", "duplicate", "archive")

    @admin.action(description=_("Pause"), permissions=["change"])
    def pause(self, request: HttpRequest, rows: QuerySet[Sequence]) -> None:
        self._for_each(request, rows, pause_sequence, _("Paused"))

    @admin.action(description=_("Resume"), permissions=["change"])
    def resume(self, request: HttpRequest, rows: QuerySet[Sequence]) -> None:
        self._for_each(request, rows, resume_sequence, _("Active again"))

    @admin.action(description=_("Archive (ends it for everybody inside)"), permissions=["change"])
    def archive(self, request: HttpRequest, rows: QuerySet[Sequence]) -> None:
        self._for_each(request, rows, archive_sequence, _("Archived"))

    @admin.action(description=_("Duplicate"), permissions=["change"])
    def duplicate(self, request: HttpRequest, rows: QuerySet[Sequence]) -> None:
        self._for_each(request, rows, _copy, _("Duplicated as a draft"))

    def _for_each(self, request: HttpRequest, rows: QuerySet[Sequence], act: Act, done: Any) -> None:
        for row in rows:
            try:
                act(row, now=timezone.now(), actor=actor_of(request))
            except Conflict as conflict:
                messages.error(request, f"{row}: {self._words(conflict.code, {})}")
            except Refused as refused:
                problem = refused.problems[0]
                messages.error(request, f"{row}: {self._words(problem.code, problem.params)}")
            else:
                messages.success(request, f"{done}: {row}")

    def _words(self, code: str, params: Any) -> str:
        return str(self.admin_site.explain(code, params))  # type: ignore[attr-defined]


@transaction.atomic
def _copy(row: Sequence, *, now: Any, actor: Any) -> Sequence:
    """The same messages under a free name, as a draft."""
    draft = draft_of(row)
    taken = set(Sequence.objects.in_workspace(row.workspace_id).in_use().values_list("name", flat=True))
    names = (gettext("%(name)s (copy %(number)s)") % {"name": draft.name[:80], "number": n} for n in range(1, 10_000))
    name = next(name for name in names if name not in taken)
    steps = tuple(replace(step, id=None) for step in draft.steps)
    copied = replace(draft, name=name, state=SequenceState.DRAFT.value, steps=steps)
    return save_sequence(row.workspace, None, copied, now=now, actor=actor)
