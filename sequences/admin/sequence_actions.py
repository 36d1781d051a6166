"""What can be done with sequences from their list."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from sequences.admin.sequence_list import ACTS, DONE, act_on_each, confirm_archive
from sequences.models import Sequence

MOST_AT_ONCE = 200


class SequenceActions:
    """Mixed into the admin of sequences."""

    actions = ("pause", "resume", "duplicate", "archive")

    @admin.action(description=_("Pause"), permissions=["change"])
    def pause(self, request: HttpRequest, rows: QuerySet[Sequence]) -> None:
        act_on_each(request, rows, ACTS["pause"], DONE["pause"])

    @admin.action(description=_("Resume"), permissions=["change"])
    def resume(self, request: HttpRequest, rows: QuerySet[Sequence]) -> None:
        act_on_each(request, rows, ACTS["resume"], DONE["resume"])

    @admin.action(description=_("Archive (ends it for everybody inside)"), permissions=["change"])
    def archive(self, request: HttpRequest, rows: QuerySet[Sequence]) -> HttpResponse | None:
        """Asks first: what is archived never comes back, and neither do the people inside."""
        if "confirm" in request.POST:
            act_on_each(request, rows, ACTS["archive"], DONE["archive"])
            return None
        chosen = list(rows[:MOST_AT_ONCE])
        address = reverse("admin:sequences_sequence_changelist")
        return confirm_archive(request, chosen, address, action="archive", chosen=ACTION_CHECKBOX_NAME)

    @admin.action(description=_("Duplicate"), permissions=["change"])
    def duplicate(self, request: HttpRequest, rows: QuerySet[Sequence]) -> None:
        act_on_each(request, rows, ACTS["duplicate"], DONE["duplicate"])
