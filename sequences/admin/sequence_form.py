"""The form of a sequence above its messages: name, state, who it is for, and how an edit is carried out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels.models import Channel
from sequencer.workspaces.access import visible
from sequencer.workspaces.admin.forms import ActionForm
from sequencer.workspaces.admin.requests import access_to
from sequencer.workspaces.models import AuditEvent
from sequences.actions.sequence_states import ALLOWED
from sequences.admin.effect_words import spread_choices
from sequences.models import Sequence, SequenceState

# The button of a page without script that only wants to see the timeline.
LOOK = "_timeline"
# What a change of state is called, by where it leads; a draft is activated, a paused one resumed.
VERBS = {
    (SequenceState.DRAFT, SequenceState.ACTIVE): _("Activate"),
    (SequenceState.PAUSED, SequenceState.ACTIVE): _("Resume"),
    (SequenceState.ACTIVE, SequenceState.PAUSED): _("Pause"),
    **{(state, SequenceState.ARCHIVED): _("Archive") for state in SequenceState},
}


class SequenceForm(ActionForm):
    name = forms.CharField(label=_("name"), widget=forms.TextInput({"class": "title-input", "maxlength": 100}))
    state = forms.ChoiceField(label=_("state"))
    channels = forms.ModelMultipleChoiceField(
        label=_("channels"),
        queryset=Channel.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    spread = forms.TypedChoiceField(label=_("send what is overdue"), coerce=int, required=False, empty_value=None)
    confirmed = forms.BooleanField(required=False)

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
        if "spread" in self.fields:
            self.fields["spread"].choices = spread_choices()  # type: ignore[attr-defined]

    def is_valid(self) -> bool:
        """Who only looks at the timeline saves nothing, however right everything is."""
        return super().is_valid() and LOOK not in self.data

    def clean(self) -> dict[str, Any] | None:
        """Whoever saves an old page would put away the messages that somebody else added meanwhile."""
        seen_at = self.data.get("seen_at")
        if self.instance.pk and seen_at and seen_at != self.instance.updated_at.isoformat() and LOOK not in self.data:
            raise forms.ValidationError(self._who_was_quicker(), code="stale")
        return super().clean()

    def _who_was_quicker(self) -> str:
        events = visible(AuditEvent.objects.all(), self.instance.workspace_id)
        last = events.filter(object_kind="sequence", object_id=self.instance.pk).order_by("-id").first()
        words = {
            "who": last.actor_label if last and last.actor_label else gettext("Somebody"),
            "at": timezone.localtime(self.instance.updated_at).strftime("%H:%M"),
        }
        said = (
            gettext(
                "%(who)s changed this sequence at %(at)s, after you opened it. Nothing of yours is saved or lost: it "
                "still stands here. Open the sequence anew in another tab, then carry your changes over."
            )
            % words
        )
        address = reverse("admin:sequences_sequence_change", args=[self.instance.pk])
        return render_to_string("sequences/newer_version.html", {"words": said, "address": address})

    def field_of(self, path: str) -> str | None:
        """Problems of messages stand on their cards; who was quicker is what `clean` tells."""
        return None if path.startswith("steps.") or path == "seen_at" else super().field_of(path)

    def spread_over(self) -> timedelta:
        return timedelta(hours=self.cleaned_data.get("spread") or 0)


def _states_from(sequence: Sequence) -> list[tuple[str, Any]]:
    """Where a sequence can go from here, as verbs; a new one begins as anything but archived."""
    if not sequence.pk:
        return [choice for choice in SequenceState.choices if choice[0] != SequenceState.ARCHIVED]
    now = SequenceState(sequence.state)
    return [
        (state, now.label if state == now else VERBS[now, state])
        for state in SequenceState
        if state == now or state in ALLOWED[now]
    ]
