from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from sequencer.workspaces.admin.paging import CappedPaginator
from sequencer.workspaces.admin.requests import access_to, actor_of
from sequencer.workspaces.admin.scoped import ScopedAdmin
from sequencer.workspaces.admin.site import site
from sequencer.workspaces.refusals import Refused
from sequences.actions.save_sequence import SequenceDraft, draft_of, save_sequence
from sequences.admin.channel_line import channel_context
from sequences.admin.elsewhere import Elsewhere
from sequences.admin.empty_lists import Empty
from sequences.admin.foresight import cards_of, late_by_card, stored_cards
from sequences.admin.foresight_views import ForesightViews, draft_from, late_words
from sequences.admin.quick_sub_flow import QuickSubFlow
from sequences.admin.sequence_actions import SequenceActions
from sequences.admin.sequence_counts import MOST_COUNTED, with_counts
from sequences.admin.sequence_form import LOOK, SequenceForm
from sequences.admin.sequence_list import SequenceChangeList
from sequences.admin.step_inline import StepInline
from sequences.admin.step_numbers import people_of
from sequences.admin.warning_words import say_what_will_not_go
from sequences.channels_in_use import channels_of_sequence
from sequences.models import Sequence, SequenceState, Step, SubFlow
from sequences.rules.problems import Problem

COLOURS = {
    SequenceState.ACTIVE: "success",
    SequenceState.PAUSED: "warning",
    SequenceState.DRAFT: "info",
    SequenceState.ARCHIVED: "",
}


@admin.register(Sequence, site=site)
class SequenceAdmin(ForesightViews, QuickSubFlow, Elsewhere, SequenceActions, ScopedAdmin):
    add_label = _("New sequence")
    form = SequenceForm
    inlines = (StepInline,)
    paginator = CappedPaginator
    list_display = ("name", "shown_state", "message_count", "people", "sent", "last_edit", "verbs")
    list_filter = ("state", "stop_on_reply")
    object_history_template = "admin/sequences/sequence/object_history.html"
    list_before_template = "sequences/row_verbs.html"
    empty = Empty(
        _("No sequence yet"),
        _("A sequence sends messages one after the other: a reminder, a question, a coupon."),
        (("admin:sequences_sequence_add", _("New sequence")), ("admin:sequences_recipes", _("Start from a recipe"))),
    )
    search_fields = ("name",)
    ordering = ("-updated_at", "-id")
    change_form_template = "admin/sequences/sequence/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Counts belong to the list; archived ones show only when the filter asks for them."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        if match is None or match.url_name != "sequences_sequence_changelist":
            return rows
        if not any(name.startswith("state") for name in request.GET):
            rows = rows.exclude(state=SequenceState.ARCHIVED)
        return with_counts(rows)

    @display(description=_("state"), label=COLOURS, ordering="state")
    def shown_state(self, row: Sequence) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @display(description=_("messages"))
    def message_count(self, row: Any) -> int:
        return int(row.message_count)

    @display(description=_("people inside"))
    def people(self, row: Any) -> str:
        return f"{MOST_COUNTED:,}+" if row.people_count > MOST_COUNTED else str(row.people_count)

    @display(description=_("sent today"))
    def sent(self, row: Any) -> str:
        return f"{row.sent_count:,}+" if row.is_sent_cut else str(row.sent_count)

    @display(description=_("last edit"), ordering="updated_at")
    def last_edit(self, row: Any) -> str:
        return render_to_string("sequences/last_edit.html", {"row": row})

    @display(description=_("actions"))
    def verbs(self, row: Any) -> str:
        return render_to_string("sequences/row_verb_buttons.html", {"row": row})

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[SequenceChangeList]:
        return SequenceChangeList

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Verbs are for those who may use them."""
        columns = tuple(super().get_list_display(request))
        return columns if access_to(request).may_change(Sequence) else columns[:-1]

    def get_urls(self) -> list[URLPattern]:
        return [*self.foresight_urls(), *self.elsewhere_urls(), *self.quick_urls(), *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [(None, {"fields": ["name", "state", "stop_on_reply", "reentry", "channels", "spread", "confirmed"]})]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is archived is only looked at."""
        is_archived = obj is not None and obj.state == SequenceState.ARCHIVED
        return not is_archived and super().has_change_permission(request, obj)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        row = kwargs.get("obj") if kwargs.get("change") else None
        form, formset = context["adminform"].form, context["inline_admin_formsets"][0].formset
        # The page's own files: nothing on it needs what Django's forms bring along.
        context["media"] = context["inline_admin_formsets"][0].opts.media
        if form.non_field_errors():
            # The form says it itself, and better than "correct the errors below".
            context["errors"] = None
        context |= channel_context(access_to(request).workspace, form)
        # Fifty cards are much to lay out: they do not wait for what the theme does beside them.
        context |= {
            "is_seen_early": True,
            "tab": "messages",
            "people": people_of(row) if row else None,
            "to_confirm": _to_confirm(request),
        }
        context |= self._foresight(request, row, form, formset)
        return super().render_change_form(request, context, *args, **kwargs)

    def _foresight(self, request: HttpRequest, row: Sequence | None, form: Any, formset: Any) -> dict[str, Any]:
        """The panel as the page opens; what costs more is asked for by the script, or by the button without it."""
        now, is_looking = timezone.now(), LOOK in request.POST
        cards = cards_of(formset, self.admin_site.explain) if formset.is_bound else []
        if not formset.is_bound and row is not None:
            cards = stored_cards(draft_of(row).steps)
        context = self.timeline_context(request, row, cards, now)
        if is_looking:
            draft = draft_from(form, cards)
            context["said"] = self.consequence_of(row, draft, now=now)
            shares = late_by_card(cards, row, access_to(request).workspace, draft.channel_ids, now=now)
            formset.show_late({key: late_words(share) for key, share in shares.items()})
        return context

    def act(self, request: HttpRequest, row: Any, form: Any, formsets: list[Any], change: bool) -> Sequence:
        now, workspace = timezone.now(), access_to(request).workspace
        draft = draft_from(form, cards_of(formsets[0], self.admin_site.explain))
        steps = tuple(step.draft() for formset in formsets for step in formset.live_forms())
        draft = dataclasses.replace(draft, steps=steps)
        if change and not form.cleaned_data["confirmed"]:
            self._ask_once_more(request, row, draft, now)
        stored = save_sequence(
            workspace,
            row if change else None,
            draft,
            now=now,
            actor=actor_of(request),
            spread=form.spread_over(),
            seen_at=row.updated_at if change else None,
        )
        if stored.state == SequenceState.ACTIVE and not any(step.is_enabled for step in draft.steps):
            messages.warning(request, _("It has no message yet: people who are subscribed complete at once."))
        say_what_will_not_go(request, _sent_by(stored), channels_of_sequence(stored))
        return stored

    def _ask_once_more(self, request: HttpRequest, row: Sequence, draft: SequenceDraft, now: datetime) -> None:
        """What cannot be taken back for many people is saved only when somebody has seen it."""
        said = self.consequence_of(row, draft, now=now)
        if said.asks:
            request.to_confirm = said  # type: ignore[attr-defined]
            raise Refused([Problem("confirmed", "required")])


def _sent_by(sequence: Sequence) -> list[tuple[str, SubFlow]]:
    """The sub-flow of each message that is on, with the words that name the message."""
    steps = Step.objects.filter(sequence=sequence, is_enabled=True).in_use().in_order().select_related("sub_flow")
    words = _("Message %(number)s, “%(name)s”")
    return [
        (str(words) % {"number": number, "name": step.sub_flow.name}, step.sub_flow)
        for number, step in enumerate(steps, start=1)
    ]


def _to_confirm(request: HttpRequest) -> Any:
    return getattr(request, "to_confirm", None)
