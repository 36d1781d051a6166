from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from channels.backends import KINDS
from channels.models import Channel
from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.forms import ActionForm
from sequencer.workspaces.admin.paging import CappedPaginator
from sequencer.workspaces.admin.requests import access_to, actor_of
from sequencer.workspaces.admin.scoped import ScopedAdmin
from sequencer.workspaces.admin.site import site
from sequences.actions.save_sequence import SequenceDraft, save_sequence
from sequences.actions.sequence_states import ALLOWED
from sequences.admin.empty_lists import Empty
from sequences.admin.sequence_actions import SequenceActions
from sequences.admin.sequence_counts import MOST_COUNTED, with_counts
from sequences.admin.sequence_list import SequenceChangeList
from sequences.admin.step_inline import StepInline
from sequences.admin.warning_words import say_what_will_not_go
from sequences.channels_in_use import channels_of_sequence
from sequences.models import Sequence, SequenceState, Step, SubFlow

COLOURS = {
    SequenceState.ACTIVE: "success",
    SequenceState.PAUSED: "warning",
    SequenceState.DRAFT: "info",
    SequenceState.ARCHIVED: "",
}


class SequenceForm(ActionForm):
    state = forms.ChoiceField(label=_("state"), widget=UnfoldAdminSelectWidget)
    channels = forms.ModelMultipleChoiceField(
        label=_("channels"),
        queryset=Channel.objects.none(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Leave empty for all channels."),
    )

    class Meta:
        model = Sequence
        fields = ("name", "state", "stop_on_reply", "reentry", "channels")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "channels" in self.fields:
            mine = visible(Channel.objects.all(), access_to(self.request).workspace).order_by("name", "pk")
            self.fields["channels"].queryset = mine  # type: ignore[attr-defined]
        if "state" in self.fields:
            self.initial.setdefault("state", self.instance.state)
            self.fields["state"].choices = _states_from(self.instance)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        """Whoever saves an old page would put away the messages that somebody else added meanwhile."""
        seen_at = self.data.get("seen_at")
        if self.instance.pk and seen_at and seen_at != self.instance.updated_at.isoformat():
            raise forms.ValidationError(
                _("Somebody changed this sequence after you opened it. Open it anew, then make your changes.")
            )
        return super().clean()

    def field_of(self, path: str) -> str | None:
        """Problems of messages stand on their cards."""
        return None if path.startswith("steps.") else super().field_of(path)


@admin.register(Sequence, site=site)
class SequenceAdmin(SequenceActions, ScopedAdmin):
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

    @display(description=_("do"))
    def verbs(self, row: Any) -> str:
        return render_to_string("sequences/row_verb_buttons.html", {"row": row})

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[SequenceChangeList]:
        return SequenceChangeList

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Verbs are for those who may use them."""
        columns = tuple(super().get_list_display(request))
        return columns if access_to(request).may_change(Sequence) else columns[:-1]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [(None, {"fields": [("name", "state"), ("stop_on_reply", "reentry"), "channels"]})]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is archived is only looked at."""
        is_archived = obj is not None and obj.state == SequenceState.ARCHIVED
        return not is_archived and super().has_change_permission(request, obj)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        mine = visible(Channel.objects.all(), access_to(request).workspace)
        kinds = [KINDS[kind].capabilities for kind in mine.values_list("kind", flat=True).distinct() if kind in KINDS]
        context["has_reply_window"] = any(kind.reply_window is not None for kind in kinds)
        context["has_silent"] = any(kind.silent for kind in kinds)
        return super().render_change_form(request, context, *args, **kwargs)

    def act(self, request: HttpRequest, row: Any, form: Any, formsets: list[Any], change: bool) -> Sequence:
        values = form.cleaned_data
        draft = SequenceDraft(
            name=values["name"],
            state=values["state"],
            stop_on_reply=values["stop_on_reply"],
            reentry=values["reentry"],
            channel_ids=tuple(channel.pk for channel in values["channels"]),
            steps=tuple(step.draft() for formset in formsets for step in formset.live_forms()),
        )
        workspace = access_to(request).workspace
        stored = save_sequence(workspace, row if change else None, draft, now=timezone.now(), actor=actor_of(request))
        if stored.state == SequenceState.ACTIVE and not any(step.is_enabled for step in draft.steps):
            messages.warning(request, _("It has no message yet: people who are subscribed complete at once."))
        say_what_will_not_go(request, _sent_by(stored), channels_of_sequence(stored))
        return stored


def _sent_by(sequence: Sequence) -> list[tuple[str, SubFlow]]:
    """The sub-flow of each message that is on, with the words that name the message."""
    steps = Step.objects.filter(sequence=sequence, is_enabled=True).in_use().in_order().select_related("sub_flow")
    words = _("Message %(number)s, “%(name)s”")
    return [
        (str(words) % {"number": number, "name": step.sub_flow.name}, step.sub_flow)
        for number, step in enumerate(steps, start=1)
    ]


def _states_from(sequence: Sequence) -> list[tuple[str, Any]]:
    """Where a sequence can go from here; a new one begins as anything but archived."""
    if not sequence.pk:
        return [choice for choice in SequenceState.choices if choice[0] != SequenceState.ARCHIVED]
    now = SequenceState(sequence.state)
    return [choice for choice in SequenceState.choices if choice[0] == now or SequenceState(choice[0]) in ALLOWED[now]]
