"""What can be done with sequences from their list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sequencer.workspaces.admin.requests import actor_of
from sequencer.workspaces.refusals import Conflict, Refused
from sequences.actions.duplicate_sequence import duplicate_sequence
from sequences.actions.sequence_states import archive_sequence, pause_sequence, resume_sequence
from sequences.models import Sequence

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
        self._for_each(request, rows, duplicate_sequence, _("Duplicated as a draft"))

    def _for_each(self, request: HttpRequest, rows: QuerySet[Sequence], act: Act, done: Any) -> None:
        for row in rows:
            try:
                act(row, now=timezone.now(), actor=actor_of(request))
            except Conflict as conflict:
                messages.error(request, f"{row}: {self._words(conflict.code, {})}")
            except Refused as refused:
                problem = refused.problems[0]
                messages.error(request, f"{row}: {self._words(problem.code, problem.params)}")
            except IntegrityError:  # somebody took the name at this very moment
                messages.error(request, f"{row}: {self._words('conflict', {})}")
            else:
                messages.success(request, f"{done}: {row}")

    def _words(self, code: str, params: Any) -> str:
        return str(self.admin_site.explain(code, params))  # type: ignore[attr-defined]
